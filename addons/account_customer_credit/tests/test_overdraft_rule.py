from odoo.tests import BaseCase, tagged

from odoo.addons.account_credit_allocation.matching import RULES, MatchingOptions, plan_allocation
from odoo.addons.account_credit_allocation.matching.open_item import EXACT_AMOUNT, EXCLUDED, OLDEST_FIRST
from odoo.addons.account_credit_allocation.matching.tests.ledger import USD, evidence, item, left, pairs

from ..overdraft import OVERDRAFT, match_overdraft


@tagged("post_install", "-at_install")
class TestOverdraftRule(BaseCase):
    """The function of the rule "overdraft first": what was spent in advance is settled before anything else."""

    def plan(self, debts, credits, *rules):
        options = MatchingOptions(rules=(OVERDRAFT, *rules))
        return plan_allocation(debts, credits, options, rules={**RULES, OVERDRAFT: match_overdraft})

    def overdraft(self, item_id, residual, day=0):
        return item(item_id, residual, day, marks=frozenset({OVERDRAFT}))

    def test_an_overdraft_comes_before_an_older_invoice_of_the_exact_amount(self):
        debts = [item(1, 1_000), self.overdraft(2, 400, 5)]
        plan = self.plan(debts, [item(9, 1_000, 9)], EXACT_AMOUNT, OLDEST_FIRST)
        self.assertEqual(pairs(plan), [(2, 9, 400, OVERDRAFT), (1, 9, 600, OLDEST_FIRST)])
        self.assertEqual(evidence(plan)[0], (OVERDRAFT,))

    def test_the_oldest_overdraft_takes_the_oldest_credit(self):
        debts = [self.overdraft(1, 500, 3), self.overdraft(2, 300, 1)]
        plan = self.plan(debts, [item(8, 200, 5), item(9, 400, 4)])
        self.assertEqual(pairs(plan), [(2, 9, 300, OVERDRAFT), (1, 9, 100, OVERDRAFT), (1, 8, 200, OVERDRAFT)])
        self.assertEqual(left(plan), {1: (200, "underpaid")})

    def test_without_an_overdraft_the_rule_settles_nothing(self):
        self.assertEqual(pairs(self.plan([item(1, 500)], [item(9, 500)])), [])

    def test_an_excluded_credit_and_one_of_another_currency_are_left_alone(self):
        credits = [item(8, 500, blocked=EXCLUDED), item(9, 500, currency=USD)]
        self.assertEqual(pairs(self.plan([self.overdraft(1, 500)], credits)), [])
