from odoo.tests import BaseCase, tagged

from odoo.addons.account_credit_allocation.matching import RULES, MatchingOptions, plan_allocation
from odoo.addons.account_credit_allocation.matching.open_item import EXCLUDED, OLDEST_FIRST
from odoo.addons.account_credit_allocation.matching.tests.ledger import USD, evidence, item, left, pairs

from ..journal_first import JOURNAL_FIRST, get_mark, match_journal_first


@tagged("post_install", "-at_install")
class TestJournalFirstRule(BaseCase):
    """The function alone, on little ledgers: no database is needed to try a rule."""

    def plan(self, debts, credits, *rules):
        options = MatchingOptions(rules=(JOURNAL_FIRST, *rules))
        return plan_allocation(debts, credits, options, rules={**RULES, JOURNAL_FIRST: match_journal_first})

    def of(self, *journals):
        return frozenset(map(get_mark, journals))

    def test_invoices_of_the_journal_come_before_older_ones(self):
        debts = [item(1, 800), item(2, 1_200, 5, marks=self.of(7))]
        plan = self.plan(debts, [item(9, 1_300, 9, marks=self.of(7))], OLDEST_FIRST)
        self.assertEqual(pairs(plan), [(2, 9, 1_200, JOURNAL_FIRST), (1, 9, 100, OLDEST_FIRST)])
        self.assertEqual(evidence(plan)[0], (JOURNAL_FIRST,))

    def test_the_oldest_of_them_comes_first_and_the_last_is_paid_in_part(self):
        debts = [item(1, 500, 3, marks=self.of(7)), item(2, 500, 1, marks=self.of(8))]
        plan = self.plan(debts, [item(9, 700, marks=self.of(7, 8))])
        self.assertEqual(pairs(plan), [(2, 9, 500, JOURNAL_FIRST), (1, 9, 200, JOURNAL_FIRST)])
        self.assertEqual(left(plan), {1: (300, "underpaid")})

    def test_a_credit_for_no_journal_or_another_one_settles_nothing(self):
        debts = [item(1, 500, marks=self.of(7))]
        self.assertEqual(pairs(self.plan(debts, [item(8, 500), item(9, 500, marks=self.of(8))])), [])

    def test_what_is_excluded_or_of_another_currency_is_left_alone(self):
        debts = [item(1, 500, marks=self.of(7))]
        credits = [
            item(8, 500, blocked=EXCLUDED, marks=self.of(7)),
            item(9, 500, currency=USD, marks=self.of(7)),
        ]
        self.assertEqual(pairs(self.plan(debts, credits)), [])

    def test_marks_of_other_addons_mean_nothing_to_it(self):
        foreign = frozenset({"overdue"})
        plan = self.plan([item(1, 500, marks=foreign)], [item(9, 500, marks=foreign)])
        self.assertEqual(pairs(plan), [])
