from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import OnPostCase
from ..report.test_unallocated import UnallocatedCase


@tagged("post_install", "-at_install")
class TestVoidDocuments(OnPostCase, UnallocatedCase):
    """An item is as good as its document: a payment that was rejected keeps a posted entry, and is no money."""

    def rejected(self, amount=100, **vals):
        payment = self.payment(amount, **vals)
        self.commit()
        payment.mark_as_sent()
        payment.action_reject()
        self.assertEqual(payment.move_id.state, "posted")
        self.assertOpen(payment, amount)
        return payment

    def test_rejected_payment_does_not_pay_the_next_invoice(self):
        payment = self.rejected()
        invoice = self.invoice(100)
        self.commit()
        self.assertOpen(invoice, 100)
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "void")

    def test_not_even_the_invoice_that_it_names(self):
        invoice = self.invoice(100, post=False)
        invoice.name = "INV/2024/77"
        payment = self.rejected(memo="INV/2024/77")
        invoice.action_post()
        self.commit()
        self.assertNotAllocated(invoice, payment)

    def test_payment_that_was_rejected_before_it_was_allocated(self):
        """Posting starts the allocation after the commit; by then the bank may have said no."""
        invoice = self.invoice(100)
        payment = self.payment(100)
        payment.action_reject()
        self.commit()
        self.assertNotAllocated(invoice, payment)

    def test_whatever_state_says_that_no_money_came(self):
        invoice = self.invoice(100)
        payment = self.payment(100)
        for state in ("canceled", "rejected"):
            payment.write({"state": state})
            outcome = self.allocate(partner_ids=(self.customer.id,))
            self.assertNotAllocated(invoice, payment)
            self.assertLeft(outcome, payment, "void")

    def test_payment_whose_entry_was_confirmed_by_itself_is_money(self):
        payment = self.payment(100)
        payment.action_draft()
        payment.move_id.action_post()
        self.assertEqual(payment.state, "draft")
        invoice = self.invoice(100)
        self.commit()
        self.assertAllocated(invoice, payment, 100)

    def test_rejected_payment_that_is_confirmed_again_is_money(self):
        payment = self.rejected()
        invoice = self.invoice(100)
        self.commit()
        payment.action_draft()
        payment.action_post()
        self.commit()
        self.assertAllocated(invoice, payment, 100)

    def test_rejected_payment_to_a_vendor(self):
        bill = self.bill(100)
        payment = self.vendor_payment(100)
        payment.action_reject()
        self.assertLeft(self.allocate(partner_ids=(self.vendor.id,)), payment, "void")
        self.assertOpen(bill, 100)

    def test_rejected_refund_is_no_debt(self):
        """Money that was to go to a customer and did not is nothing that the customer owes."""
        refund = self.payment(100, payment_type="outbound")
        refund.action_reject()
        payment = self.payment(100)
        self.commit()
        self.assertNotAllocated(refund, payment)
        self.assertOpen(payment, 100)

    def test_filter_with_available_credit(self):
        invoice = self.invoice(100)
        payment = self.payment(50)
        available = [("credit_allocation_available", "=", True)]
        self.assertEqual(self.env["account.move"].search(available), invoice)
        payment.action_reject()
        self.assertFalse(self.env["account.move"].search(available))
        self.assertFalse(invoice.credit_allocation_available)

    def test_wizard_offers_it_to_no_invoice_and_refuses_it(self):
        payment, credit_note = self.payment(100), self.credit_note(30)
        payment.action_reject()
        invoice = self.invoice(100)
        wizard = self.env["account.credit.allocation.wizard"].browse(invoice.action_open_credit_wizard()["res_id"])
        self.assertEqual(wizard.line_ids.item_id.move_id, credit_note)
        with self.assertRaisesRegex(UserError, "was rejected or cancelled"):
            payment.action_open_invoice_wizard()

    def test_preview_is_not_applied_after_the_bank_has_rejected_the_payment(self):
        invoice, payment = self.invoice(100), self.payment(100)
        preview = self.env["account.credit.allocation"].browse(invoice.action_preview_credit_allocation()["res_id"])
        payment.action_reject()
        with self.assertRaisesRegex(UserError, "Its payment was rejected or cancelled"):
            preview.action_apply()
        self.assertNotAllocated(invoice, payment)

    def test_analysis_of_unallocated_credits_says_so(self):
        payment = self.rejected()
        self.invoice(100)
        self.assertRecordValues(self.row(payment), [{"reason": "void", "amount_left": 100}])

    def test_payment_of_a_transaction_that_was_voided_and_not_yet_processed(self):
        if "payment.transaction" not in self.env:
            self.skipTest("online payments are not installed")
        provider = self.env["payment.provider"].create(
            {
                "name": "Card",
                "code": "none",
                "state": "test",
                "company_id": self.company.id,
            }
        )
        self._create_dummy_payment_method_for_provider(provider=provider, journal=self.bank_journal)
        for state in ("cancel", "error"):
            transaction = self.env["payment.transaction"].create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                    "reference": state,
                    "amount": 100,
                    "currency_id": self.company.currency_id.id,
                    "partner_id": self.customer.id,
                    "operation": "online_direct",
                    "state": "pending",
                }
            )
            payment = transaction._create_payment()
            (transaction._set_canceled if state == "cancel" else transaction._set_error)("No")
            invoice = self.invoice(100)
            self.commit()
            self.assertNotAllocated(invoice, payment)
            self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "void")
            payment.action_cancel()
            invoice.button_cancel()
