from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import press
from ..run.run_common import RunCase

HUGE = 1e17


@tagged("post_install", "-at_install")
class TestTooLarge(RunCase):
    """One item of an amount that Odoo cannot count to the cent: it is left with a reason, and nobody else notices.

    Everything else of the company is a payment and an invoice of 100, which are to be allocated.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.others_invoice, cls.others_payment = cls.invoice(100, cls.stranger), cls.payment(100, cls.stranger)
        cls.debt, cls.credit = cls.entry(HUGE, label="Typed twice"), cls.entry(-HUGE, label="Typed twice")

    def assertHuge(self, amount):
        """Odoo itself does not store the 17 digits that somebody typed, but 14 of them."""
        self.assertAlmostEqual(amount / HUGE, 1.0, 13)

    def test_it_is_left_with_a_reason_and_its_amount(self):
        outcome = self.allocate()
        self.assertAllocated(self.others_invoice, self.others_payment, 100)
        self.assertNotAllocated(self.debt, self.credit)
        self.assertLeft(outcome, self.debt, "too_large")
        self.assertLeft(outcome, self.credit, "too_large")
        leftovers = outcome.documents.leftover_ids
        self.assertHuge(leftovers.filtered(lambda left: left.move_id == self.credit).amount)

    def test_the_largest_amount_that_is_counted_to_the_cent_is_allocated(self):
        largest = (2**48 - 1) / 100
        debt, credit = self.entry(largest, self.vendor), self.entry(-largest, self.vendor)
        larger = self.entry(-largest - 0.01, self.vendor)
        outcome = self.allocate()
        self.assertAllocated(debt, credit, largest)
        self.assertLeft(outcome, larger, "too_large")

    def test_how_many_digits_that_is_depends_on_the_currency(self):
        yen = self.setup_other_currency("JPY", rounding=1.0, rates=[("2024-01-01", 1000.0)])

        def entry(amount):
            move = self.entry(amount / 1000, self.vendor, post=False)
            item = self.open_items(move)
            item.write({"currency_id": yen.id, "amount_currency": amount})
            self.assertEqual((item.currency_id, item.amount_currency), (yen, amount))
            move.action_post()
            return move

        debt, credit, larger = entry(2**48 - 1), entry(1 - 2**48), entry(-(2**48))
        outcome = self.allocate(partner_ids=self.vendor._ids)
        self.assertOpen(debt, 0)
        self.assertOpen(credit, 0)
        self.assertLeft(outcome, larger, "too_large")

    def test_it_may_be_too_large_in_the_currency_of_the_company_alone(self):
        """Somebody typed the rate without its point."""
        self.euro.rate_ids.filtered(lambda rate: str(rate.name) == "2024-06-01").rate = 2.5e-11
        debt = self.invoice(100, self.vendor, day="2024-07-01", currency_id=self.euro.id)
        credit = self.credit_note(100, self.vendor, day="2024-07-01", currency_id=self.euro.id)
        outcome = self.allocate()
        self.assertLeft(outcome, debt, "too_large")
        self.assertLeft(outcome, credit, "too_large")

    def test_what_somebody_left_of_it_by_hand_is_left_too(self):
        """The residual was computed from the amount, and is not exact either."""
        part = self.entry(-HUGE)
        self.open_items(self.debt | part).with_context(no_exchange_difference=True).reconcile()
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = 10, amount_residual_currency = 10, reconciled = FALSE"
            " WHERE id = %s",
            self.open_items(self.debt)._ids,
        )
        self.env.invalidate_all()
        self.assertLeft(self.allocate(), self.debt, "too_large")

    def test_a_run_takes_the_others(self):
        run = self.run_now()
        self.assertEqual(run.state, "done")
        self.assertAllocated(self.others_invoice, self.others_payment, 100)
        self.assertHuge(run.debt_amount)
        self.assertEqual(set(run.leftover_ids.mapped("reason")), {"too_large"})
        self.assertEqual(self.row(run, self.customer).state, "done")

    def test_a_preview_lists_it_and_can_be_applied(self):
        documents = self.env["account.credit.allocation"]
        documents._preview_documents(self.others_invoice | self.credit)
        preview = documents.search([("state", "=", "draft")])
        self.assertIn("too_large", preview.leftover_ids.mapped("reason"))
        press(preview, "action_apply")
        self.assertAllocated(self.others_invoice, self.others_payment, 100)

    def test_the_analysis_shows_it(self):
        self.env["account.credit.allocation.unallocated"]._open()
        rows = self.env["account.credit.allocation.unallocated"].search([])
        row = rows.filtered(lambda row: row.line_id in self.credit.line_ids)
        for amount in (row.amount, row.amount_left, row.amount_left_currency):
            self.assertHuge(amount)
        self.assertEqual(row.reason, "too_large")
        self.assertIn("would_be_allocated", rows.mapped("reason"))

    def test_it_is_no_credit_for_the_filter(self):
        invoice = self.invoice(50)
        found = self.env["account.move"].search([("credit_allocation_available", "=", True)])
        self.assertIn(self.others_invoice, found)
        self.assertNotIn(invoice, found)
        self.assertNotIn(self.debt, found)

    def test_the_wizard_refuses_it_as_the_document(self):
        with self.assertRaisesRegex(UserError, "too large to be counted"):
            press(self.debt, "action_open_credit_wizard")
        with self.assertRaisesRegex(UserError, "too large to be counted"):
            press(self.credit, "action_open_invoice_wizard")

    def test_the_wizard_of_another_document_shows_why_it_cannot_be_used(self):
        invoice = self.invoice(50)
        wizard = press(invoice, "action_open_credit_wizard")
        self.assertFalse(wizard.line_ids.amount)
        self.assertIn("too large to be counted", wizard.line_ids.obstacle)
        wizard.write({"line_ids": [Command.update(wizard.line_ids.id, {"amount": 50})]})
        with self.assertRaisesRegex(UserError, "too large to be counted"):
            press(wizard, "action_allocate")
        self.assertOpen(invoice, 50)

    def test_what_names_it_is_kept_for_it(self):
        older, payment = self.invoice(60), self.payment(60, memo=f"Pays {self.debt.name}")
        outcome = self.allocate()
        self.assertLeft(outcome, payment, "named_too_large")
        self.assertNotAllocated(older, payment)

    def test_posting_is_told_and_goes_on(self):
        self.company.credit_allocation_receivable = True
        credit = self.entry(-HUGE, label="Once more")
        self.env.cr.flush()
        self.env.cr.postcommit.run()
        self.env.invalidate_all()
        self.assertIn("Too large to be counted", " ".join(credit.message_ids.mapped("body")))

    def test_the_nightly_check_does_not_count_it_either(self):
        self.allocate()
        self.assertEqual(self.env["account.credit.allocation.check"]._find_problems(self.company), [])
