from lxml.html import fromstring

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...matching.open_item import TOLERANCE
from ..common import AllocationCase


class ToleranceCase(AllocationCase):
    """A company that writes off differences of up to 5.00 and 2 %."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.write_off_account = cls.company_data["default_account_expense"]
        cls.rule = cls.env["account.credit.allocation.rule"]._get_tolerance_rule(cls.company)
        cls.rule.write(
            {
                "tolerance_amount": 5,
                "tolerance_percent": 2,
                "write_off_account_id": cls.write_off_account.id,
                "write_off_journal_id": cls.misc_journal.id,
                "enabled": True,
            }
        )

    def allocate_customer(self):
        return self.allocate(partner_ids=(self.customer.id,))

    def assertWrittenOff(self, outcome, amount):
        """The allocation has one line for a write-off of ``amount``: positive for a loss, negative for a gain."""
        line = outcome.documents.line_ids.filtered("write_off_move_id")
        self.assertEqual(len(line), 1)
        self.assertEqual(line.rule, TOLERANCE)
        entry = line.write_off_move_id
        self.assertEqual(entry.state, "posted")
        self.assertEqual(entry.journal_id, self.misc_journal)
        written_off = entry.line_ids.filtered(lambda item: item.account_id == self.write_off_account)
        self.assertAlmostEqual(written_off.balance, amount)
        return line


@tagged("post_install", "-at_install")
class TestTolerance(ToleranceCase):
    """Small differences are written off where the company wants that, openly, and can be undone."""

    def test_a_named_invoice_that_was_paid_a_little_short_is_paid(self):
        invoice = self.invoice(100)
        payment = self.payment(99.5, memo=invoice.name)
        outcome = self.allocate_customer()
        self.assertAllocated(invoice, payment, 99.5, "reference")
        line = self.assertWrittenOff(outcome, 0.5)
        self.assertEqual(line.debt_move_id, invoice)
        self.assertEqual(line.credit_move_id, line.write_off_move_id)
        self.assertOpen(invoice, 0)
        self.assertTrue(self.open_items(invoice).full_reconcile_id)

    def test_a_little_too_much_is_a_gain(self):
        invoice = self.invoice(100)
        payment = self.payment(101, memo=invoice.name)
        outcome = self.allocate_customer()
        line = self.assertWrittenOff(outcome, -1)
        self.assertEqual(line.credit_move_id, payment.move_id)
        self.assertOpen(payment, 0)
        self.assertOpen(invoice, 0)

    def test_the_only_invoice_and_the_only_payment_may_differ_a_little(self):
        invoice, payment = self.invoice(100), self.payment(98.5)
        outcome = self.allocate_customer()
        self.assertAllocated(invoice, payment, 98.5, TOLERANCE)
        self.assertWrittenOff(outcome, 1.5)

    def test_a_bill_that_was_paid_a_little_short(self):
        bill = self.bill(100)
        self.vendor_payment(99, memo=bill.name)
        outcome = self.allocate(partner_ids=(self.vendor.id,))
        self.assertWrittenOff(outcome, -1)
        self.assertOpen(bill, 0)

    def test_beyond_the_amount_or_the_percentage_nothing_is_written_off(self):
        for amount, paid in ((1000, 994), (10, 9.5)):
            invoice = self.invoice(amount)
            self.payment(paid, memo=invoice.name)
            outcome = self.allocate_customer()
            self.assertFalse(outcome.documents.line_ids.write_off_move_id)
            self.assertOpen(invoice, amount - paid)

    def test_what_oldest_first_leaves_is_never_written_off(self):
        first, second = self.invoice(60), self.invoice(40.5)
        self.payment(100)
        outcome = self.allocate_customer()
        self.assertEqual(set(outcome.documents.line_ids.mapped("rule")), {"oldest_first"})
        self.assertOpen(first, 0)
        self.assertOpen(second, 0.5)

    def test_a_difference_in_a_foreign_currency_leaves_nothing_in_either(self):
        # 100 euros are 50 dollars in March and 25 dollars in July
        invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
        payment = self.payment(99, currency_id=self.euro.id, day="2024-07-01", memo=invoice.name)
        outcome = self.allocate_customer()
        line = self.assertWrittenOff(outcome, 0.5)
        self.assertEqual((line.debt_amount, line.credit_amount, line.amount), (1, 1, 0.5))
        self.assertFalse(line.exchange_move_id, "the difference was written off at the rate of the invoice")
        items = self.open_items(invoice) + self.open_items(payment)
        self.assertEqual(items.mapped("amount_residual"), [0, 0])
        self.assertEqual(items.mapped("amount_residual_currency"), [0, 0])

    def test_it_is_off_unless_switched_on(self):
        self.rule.enabled = False
        invoice = self.invoice(100)
        self.payment(99.5, memo=invoice.name)
        self.allocate_customer()
        self.assertOpen(invoice, 0.5)

    def assertTotals(self, document):
        """A credit of 99.50 on an invoice of 100.00: 99.50 is allocated, 0.50 is not."""
        self.assertEqual((document.amount_total, document.amount_written_off), (99.5, 0.5))
        self.assertEqual((document.credit_count, document.debt_count), (1, 1))

    def test_a_write_off_is_no_credit_in_any_total(self):
        invoice = self.invoice(100)
        self.payment(99.5, memo=invoice.name)
        self.company.credit_allocation_receivable = False
        preview = invoice.action_preview_credit_allocation()
        self.assertTotals(self.env["account.credit.allocation"].browse(preview["res_id"]))
        run = self.env["account.credit.allocation.run"].create(
            {"company_id": self.company.id, "in_background": False, "partner_scope": "partners"}
            | {"partner_ids": [(6, 0, self.customer.ids)]}
        )
        run.action_start()
        self.assertTotals(run.allocation_ids)
        self.assertEqual((run.amount_allocated, run.amount_written_off), (99.5, 0.5))
        self.assertEqual((run.item_rate, run.money_rate, run.used_credit_count, run.settled_debt_count), (1, 1, 1, 1))
        progress = run.get_progress()
        self.assertEqual((progress["amount"], progress["pairs"]), (99.5, 1))
        self.assertEqual(sum(run.rule_result_ids.mapped("amount")), 99.5)
        self.assertEqual((run.allocation_ids.amount_in_force, run.allocation_ids.amount_undone), (99.5, 0))
        self.assertFalse(self.env["account.credit.allocation.check"]._find_problems(self.company))
        run.allocation_ids.line_ids._undo()
        self.assertEqual((run.allocation_ids.amount_in_force, run.allocation_ids.amount_undone), (0, 99.5))

    def test_message_and_print_name_what_was_written_off(self):
        for paid, written_off in ((99.5, "0.50"), (101, "1.00")):
            invoice = self.invoice(100)
            self.payment(paid, memo=invoice.name)
            message = invoice.action_allocate_credits()["params"]["message"]
            self.assertIn(f"Total: $\xa0{min(paid, 100):.2f}.", message)
            self.assertIn(f"Written off: $\xa0{written_off}.", message)
            document = self.env["account.credit.allocation"].search([("line_ids.debt_move_id", "=", invoice.id)])
            html, _type = self.env["ir.actions.report"]._render_qweb_html(
                "account_credit_allocation.report_credit_allocation", document.ids
            )
            [row] = fromstring(html).xpath("//tr[@name='written_off']")
            self.assertIn(written_off, row.text_content())
            [total] = fromstring(html).xpath("//tr[@name='total']")
            self.assertIn(f"{min(paid, 100):.2f}", total.text_content())

    def test_a_context_of_a_client_loosens_nothing(self):
        """A preview is older than the manager's decision, and the client names the rule in its context."""
        billing = self.new_billing_user()
        invoice = self.invoice(100)
        self.payment(99.5, memo=invoice.name)
        action = invoice.with_user(billing).action_preview_credit_allocation()
        self.rule.enabled = False
        draft = self.env["account.credit.allocation"].with_user(billing).browse(action["res_id"])
        forged = draft.with_context(credit_allocation_rule_ids=self.rule.ids)
        with (
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
            self.assertRaisesRegex(UserError, "more than the rule Tolerance allows now"),
        ):
            forged.action_apply()
        self.assertOpen(invoice, 100)

    def test_a_rule_that_is_switched_off_writes_off_only_for_whoever_may_switch_it_on(self):
        self.rule.enabled = False
        invoice = self.invoice(100)
        self.payment(99.5, memo=invoice.name)
        reference = self.env["account.credit.allocation.rule"].search(
            [("company_id", "=", self.company.id), ("code", "=", "reference")]
        )
        run = self.env["account.credit.allocation.run"].with_user(self.new_billing_user())
        vals = {
            "company_id": self.company.id,
            "in_background": False,
            "rule_ids": [(6, 0, (reference | self.rule).ids)],
        }
        with self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"):
            run = run.create(vals)
            run.action_start()
        self.assertIn("more than the rule Tolerance allows now", run.failed_row_ids.message)
        self.assertOpen(invoice, 100)
        self.env["account.credit.allocation.run"].create(vals).action_start()
        self.assertOpen(invoice, 0)

    def test_undo_cancels_a_write_off_that_somebody_reset_to_draft(self):
        invoice = self.invoice(100)
        payment = self.payment(99.5, memo=invoice.name)
        document = self.allocate_customer().documents
        entry = document.line_ids.write_off_move_id
        entry.button_draft()
        document.line_ids._undo()
        self.assertEqual(entry.state, "cancel")
        self.assertFalse(entry.reversal_move_ids, "what is not in the books was reversed in the books")
        self.assertEqual(set(document.line_ids.mapped("state")), {"undone"})
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 99.5)

    def test_an_archived_account_leaves_everything_as_it_was(self):
        invoice = self.invoice(100)
        payment = self.payment(99.5, memo=invoice.name)
        self.rule.write_off_account_id.active = False
        with self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"):
            outcome = self.allocate_customer()
        self.assertLeft(outcome, payment, "failed")
        self.assertOpen(invoice, 100)
