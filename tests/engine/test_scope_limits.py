from odoo.tests import tagged

from ...models.engine.open_item_reader import ItemLimits
from ..common import AllocationCase
from ..rule.test_tolerance import ToleranceCase


@tagged("post_install", "-at_install")
class TestScopeLimits(AllocationCase):
    """What a run leaves out is neither settled nor spent nor listed, but keeps its name."""

    def limited(self, rule_ids=None, **limits):
        return self.allocate(
            partner_ids=(self.customer.id,),
            account_types=("asset_receivable",),
            limits=ItemLimits(**limits),
            rule_ids=rule_ids,
        )

    def assertNotListed(self, outcome, *records):
        listed = {left.item.document for left in outcome.credits_left + outcome.debts_left}
        for record in records:
            self.assertNotIn(self.open_items(record).move_id.id, listed)

    def test_debts_of_some_journals(self):
        journal = self.company_data["default_journal_sale"].copy(
            {"code": "SHOP", "default_account_id": self.revenue.id}
        )
        old, shop = self.invoice(100, day="2024-01-01"), self.invoice(100, journal_id=journal.id)
        payment = self.payment(150)
        outcome = self.limited(debt_journal_ids=(journal.id,))
        self.assertAllocated(shop, payment, 100)
        self.assertOpen(old, 100)
        self.assertLeft(outcome, payment, "overpaid")
        self.assertNotListed(outcome, old)

    def test_credits_of_some_journals(self):
        invoice, credit_note, payment = self.invoice(100), self.credit_note(30, day="2024-01-01"), self.payment(40)
        outcome = self.limited(credit_journal_ids=(self.bank_journal.id,))
        self.assertAllocated(invoice, payment, 40)
        self.assertOpen(credit_note, 30)
        self.assertNotListed(outcome, credit_note)

    def test_debts_by_due_date(self):
        early, due, late = (self.invoice(100, due=day) for day in ("2024-03-01", "2024-03-31", "2024-04-30"))
        payment = self.payment(250, day="2024-01-01")
        outcome = self.limited(due_from=self.day("2024-03-02"), due_to=self.day("2024-03-31"))
        self.assertAllocated(due, payment, 100)
        self.assertNotListed(outcome, early, late)

    def test_the_limits_themselves_are_inside(self):
        invoice, payment = self.invoice(100, day="2024-03-01", due="2024-03-31"), self.payment(100, day="2024-03-15")
        self.limited(
            due_from=self.day("2024-03-31"),
            due_to=self.day("2024-03-31"),
            date_from=self.day("2024-03-01"),
            date_to=self.day("2024-03-15"),
            min_amount=100,
        )
        self.assertAllocated(invoice, payment, 100)

    def test_both_sides_by_invoice_or_accounting_date(self):
        before, inside = self.invoice(50, day="2024-01-31"), self.invoice(60, day="2024-02-01")
        payment, after = self.payment(70, day="2024-02-29"), self.payment(80, day="2024-03-01")
        outcome = self.limited(date_from=self.day("2024-02-01"), date_to=self.day("2024-02-29"))
        self.assertAllocated(inside, payment, 60)
        self.assertOpen(before, 50)
        self.assertOpen(after, 80)
        self.assertNotListed(outcome, before, after)

    def test_small_amounts_are_left_out_in_the_companys_currency(self):
        small = self.invoice(9.99, day="2024-01-01")
        # in January a dollar buys two euros
        few_euros = self.invoice(19, currency_id=self.euro.id, day="2024-01-02")
        euros = self.invoice(20, currency_id=self.euro.id, day="2024-01-03")
        invoice, payment = self.invoice(10), self.payment(15)
        euro_payment = self.payment(30, currency_id=self.euro.id, day="2024-02-01")
        outcome = self.limited(min_amount=10)
        self.assertAllocated(invoice, payment, 10)
        self.assertAllocated(euros, euro_payment, 10)
        self.assertOpen(small, 9.99)
        self.assertOpen(few_euros, 19)
        self.assertNotListed(outcome, small, few_euros)

    def test_small_is_what_is_open_not_what_the_document_was(self):
        invoice = self.invoice(100)
        (self.open_items(invoice) + self.open_items(self.payment(95))).reconcile()
        payment = self.payment(5)
        outcome = self.limited(min_amount=10)
        self.assertFalse(outcome.documents)
        self.assertNotListed(outcome, invoice, payment)

    def test_a_credit_that_names_an_invoice_outside_of_the_limits_is_kept_for_it(self):
        inside, outside = self.invoice(100, due="2024-03-01"), self.invoice(100, due="2024-06-01")
        payment = self.payment(100, memo=outside.name)
        outcome = self.limited(due_to=self.day("2024-03-31"))
        self.assertFalse(outcome.documents)
        self.assertLeft(outcome, payment, "named_outside")
        self.assertLeft(outcome, inside, "no_counterpart")
        self.assertNotListed(outcome, outside)

    def test_what_names_an_excluded_invoice_outside_of_the_limits_is_kept_for_it(self):
        inside = self.invoice(100, due="2024-03-01")
        disputed = self.invoice(100, due="2024-06-01", credit_allocation_excluded=True)
        payment = self.payment(100, memo=disputed.name)
        outcome = self.limited(due_to=self.day("2024-03-31"))
        self.assertLeft(outcome, payment, "named_outside")
        self.assertOpen(inside, 100)
        self.assertNotListed(outcome, disputed)

    def test_only_the_chosen_rules_run(self):
        named, equal = self.invoice(70), self.invoice(100)
        by_name, by_amount = self.payment(50, memo=named.name), self.payment(100)
        outcome = self.limited(self.rule("exact_amount").ids)
        self.assertAllocated(equal, by_amount, 100, "exact_amount")
        self.assertLeft(outcome, by_name, "no_counterpart")

    def test_a_chosen_rule_runs_even_if_the_company_has_switched_it_off(self):
        rules = self.rule("oldest_first") + self.rule("reference")
        rules.enabled = False
        invoice, named = self.invoice(100, day="2024-01-01"), self.invoice(100)
        payment = self.payment(120, memo=named.name)
        self.limited(tuple(rules.ids))
        self.assertAllocated(named, payment, 100, "reference")
        self.assertAllocated(invoice, payment, 20, "oldest_first")

    def test_no_chosen_rule_allocates_nothing(self):
        invoice, payment = self.invoice(100), self.payment(100)
        outcome = self.limited(())
        self.assertNotAllocated(invoice, payment)
        self.assertLeft(outcome, payment, "no_counterpart")

    def test_a_chosen_rule_that_is_not_set_up_is_left_out(self):
        invoice = self.invoice(100)
        payment = self.payment(99.99, memo=invoice.name)
        self.limited(tuple((self.rule("tolerance") + self.rule("reference")).ids))
        self.assertAllocated(invoice, payment, 99.99)
        self.assertOpen(invoice, 0.01)


@tagged("post_install", "-at_install")
class TestChosenTolerance(ToleranceCase):
    def test_a_chosen_tolerance_writes_off_though_it_is_switched_off(self):
        self.rule.enabled = False
        invoice = self.invoice(100)
        self.payment(99.5, memo=invoice.name)
        rules = self.env["account.credit.allocation.rule"].search([("company_id", "=", self.company.id)])
        outcome = self.allocate(partner_ids=(self.customer.id,), rule_ids=tuple(rules.ids))
        self.assertEqual(len(outcome.documents.line_ids.write_off_move_id), 1)
        self.assertOpen(invoice, 0)


@tagged("post_install", "-at_install")
class TestChosenDocumentsKeepTheirNames(AllocationCase):
    """A number means the same whatever is selected."""

    def allocate_chosen(self, *moves):
        return self.allocate(partner_ids=(self.customer.id,), documents=frozenset(move.id for move in moves))

    def test_a_payment_that_names_another_invoice_is_not_spent_on_the_chosen_one(self):
        chosen, other = self.invoice(100, day="2024-01-01"), self.invoice(100)
        payment = self.payment(100, memo=other.name)
        outcome = self.allocate_chosen(chosen)
        self.assertNotAllocated(chosen, payment)
        self.assertLeft(outcome, payment, "named_outside")

    def test_a_number_of_two_invoices_is_ambiguous_though_only_one_is_chosen(self):
        chosen, other = self.invoice(100, ref=False), self.invoice(80)
        (chosen + other).payment_reference = "PO-12345"
        payment = self.payment(100, memo="PO-12345")
        outcome = self.allocate_chosen(chosen)
        self.assertNotAllocated(chosen, payment)
        self.assertLeft(outcome, payment, "ambiguous_reference")

    def test_a_payment_that_names_a_chosen_invoice_and_another_settles_the_chosen_one_and_keeps_the_rest(self):
        other, chosen, third = self.invoice(100, day="2024-01-01"), self.invoice(60), self.invoice(70)
        payment = self.payment(110, memo=f"{other.name}, {chosen.name}")
        outcome = self.allocate_chosen(chosen, third)
        self.assertAllocated(chosen, payment, 60, "reference")
        self.assertLeft(outcome, payment, "named_outside")
        self.assertOpen(third, 70)

    def test_a_chosen_payment_pays_what_it_names_and_others_claim_nothing(self):
        invoice, other = self.invoice(100), self.payment(100, day="2024-01-01")
        other.move_id.line_ids.name = invoice.name
        payment = self.payment(100)
        self.allocate_chosen(payment.move_id)
        self.assertAllocated(invoice, payment, 100)
        self.assertOpen(other, 100)

    def test_chosen_documents_and_limits_both_count(self):
        chosen, late = self.invoice(100, due="2024-03-01"), self.invoice(100, due="2024-06-01")
        other, payment = self.invoice(100, due="2024-02-01"), self.payment(300)
        outcome = self.allocate(
            partner_ids=(self.customer.id,),
            documents=frozenset((chosen + late).ids),
            limits=ItemLimits(due_to=self.day("2024-03-31")),
        )
        self.assertAllocated(chosen, payment, 100)
        self.assertOpen(late, 100)
        self.assertOpen(other, 100)
        self.assertEqual(outcome.debts_left, [])
