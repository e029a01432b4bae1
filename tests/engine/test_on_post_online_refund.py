from odoo import Command
from odoo.tests import tagged

from .test_on_post_online_payment import OnlinePaymentCase


@tagged("post_install", "-at_install")
class TestOnPostOnlineRefund(OnlinePaymentCase):
    """What a provider pays back belongs to the credit note that comes later, or to the payment that it returns."""

    def setUp(self):
        super().setUp()
        self.prepayment = self.payment(500, credit_allocation_excluded=True)
        self.commit()
        self.old.button_cancel()

    def refund(self, source, amount):
        """The payment to the customer that Odoo makes once the provider has confirmed the refund."""
        refund = source._create_child_transaction(amount, is_refund=True)
        refund._set_done()
        self.prepayment.credit_allocation_excluded = False
        refund._post_process()
        self.commit()
        self.assertEqual(refund.payment_id.payment_type, "outbound")
        return refund.payment_id

    def paid_invoice(self, amount=80):
        invoice = self.invoice(amount)
        transaction = self.transaction(amount, invoice_ids=[Command.set(invoice.ids)])
        transaction._set_done()
        transaction._post_process()
        self.commit()
        self.assertOpen(invoice, 0)
        return invoice, transaction

    def credit(self, invoice, amount=None):
        """A credit note of the invoice by Odoo's own wizard, of all of it or of an amount."""
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id, "date": "2024-05-01"})
        )
        reversal.refund_moves()
        credit_note = reversal.new_move_ids
        if amount:
            credit_note.invoice_line_ids.price_unit = amount
        credit_note.action_post()
        self.commit()
        return credit_note

    def left(self):
        return self.allocate(partner_ids=(self.customer.id,))

    def test_refund_waits_for_the_credit_note_of_its_invoice(self):
        invoice, transaction = self.paid_invoice()
        refund = self.refund(transaction, 80)
        self.assertOpen(self.prepayment, 500)
        self.assertLeft(self.left(), refund, "reserved")
        credit_note = self.credit(invoice)
        self.assertAllocated(refund, credit_note, 80, "reference")
        self.assertOpen(self.prepayment, 500)

    def test_credit_note_that_is_still_a_draft_is_waited_for(self):
        invoice, transaction = self.paid_invoice()
        reversal = invoice._reverse_moves([{"invoice_date": "2024-05-01"}])
        self.assertEqual(reversal.state, "draft")
        refund = self.refund(transaction, 80)
        self.assertLeft(self.left(), refund, "reserved")

    def test_refund_of_a_part_takes_the_credit_note_of_that_part(self):
        invoice, transaction = self.paid_invoice()
        first = self.refund(transaction, 20)
        self.assertAllocated(first, self.credit(invoice, 20), 20)
        second = self.refund(transaction, 30)
        self.assertLeft(self.left(), second, "reserved")
        self.assertAllocated(second, self.credit(invoice, 30), 30)
        self.assertOpen(self.prepayment, 500)

    def test_refund_after_its_credit_note(self):
        invoice, transaction = self.paid_invoice()
        credit_note = self.credit(invoice)
        self.assertOpen(credit_note, 80)
        self.assertAllocated(self.refund(transaction, 80), credit_note, 80)

    def test_refund_whose_credit_note_was_used_for_something_else_is_a_debt(self):
        invoice, transaction = self.paid_invoice()
        self.invoice(80, day="2024-01-02")
        credit_note = self.credit(invoice)
        self.assertOpen(credit_note, 0)
        self.assertAllocated(self.refund(transaction, 80), self.prepayment, 80)

    def test_refund_of_an_invoiced_order(self):
        order, transaction = self.paid_order(80)
        invoice = order._create_invoices()
        invoice.action_post()
        self.commit()
        self.assertOpen(invoice, 0)
        refund = self.refund(transaction, 80)
        self.assertLeft(self.left(), refund, "reserved")
        credit_note = self.credit(invoice)
        self.assertAllocated(refund, credit_note, 80)
        self.assertOpen(self.prepayment, 500)

    def test_refund_of_an_order_that_is_not_invoiced_waits_until_the_order_is_cancelled(self):
        order, transaction = self.paid_order(80)
        refund = self.refund(transaction, 80)
        self.assertOpen(self.prepayment, 500)
        self.assertLeft(self.left(), refund, "reserved")
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.left()
        self.assertAllocated(refund, transaction.payment_id, 80, "reference")
        self.assertOpen(self.prepayment, 500)

    def test_refund_of_what_was_taken_off_the_order_before_it_was_invoiced(self):
        order, transaction = self.paid_order(80)
        refund = self.refund(transaction, 30)
        order.order_line.price_unit = 50
        invoice = order._create_invoices()
        invoice.action_post()
        self.commit()
        self.assertTrue(self.partials_between(invoice, transaction.payment_id), "Odoo itself has paid the invoice")
        self.left()
        self.assertAllocated(refund, transaction.payment_id, 30, "reference")
        self.assertOpen(self.prepayment, 500)

    def test_refund_of_a_payment_for_nothing_in_particular_takes_that_payment(self):
        transaction = self.transaction(80)
        transaction._set_done()
        transaction._post_process()
        self.commit()
        refund = self.refund(transaction, 80)
        self.assertAllocated(refund, transaction.payment_id, 80, "reference")
        self.assertOpen(self.prepayment, 500)
