from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CreditPaymentCase


@tagged("post_install", "-at_install")
class TestTopUpRefund(CreditPaymentCase):
    """The provider gives the money of a top-up back, as long as it is not spent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tx = cls.topup(50)

    def refund(self, amount=None, post_process=True):
        """Refund through the wizard of the payment, as people do."""
        payment = self.tx.payment_id
        wizard = self.env["payment.refund.wizard"].with_context(active_id=payment.id).create({})
        if amount:
            wizard.amount_to_refund = amount
        wizard.action_refund()
        refund = self.tx.child_transaction_ids.sorted("id")[-1:]
        if post_process:
            refund._post_process()
        return refund

    def spend(self, amount, invoice_amount=None):
        """Spend credit; the deposit of 100, which is older, goes first."""
        self.pay_with_credit(self.transaction(amount, [self.invoice(invoice_amount or amount)]))

    def test_a_refund_is_reconciled_with_its_top_up(self):
        refund = self.refund()
        self.assertEqual(refund.state, "done")
        self.assertEqual(refund.payment_id.payment_type, "outbound")
        self.assertOpen(self.tx.payment_id, 0)
        self.assertOpen(refund.payment_id, 0)
        self.assertOpen(self.deposit, 100)
        self.assertCredit(100)

    def test_the_entries_of_a_refund(self):
        refund = self.refund()
        debit, credit = self.reservations(refund).move_id.line_ids.sorted("balance", reverse=True)
        self.assertEqual(debit.matched_credit_ids.credit_move_id, self.open_items(self.tx.payment_id))
        self.assertEqual(credit.matched_debit_ids.debit_move_id, self.open_items(refund.payment_id))

    def test_a_part_may_be_refunded(self):
        self.refund(20)
        self.assertOpen(self.tx.payment_id, 30)
        self.assertCredit(130)
        self.refund(30)
        self.assertCredit(100)

    def test_a_refund_is_refused_where_the_top_up_is_spent(self):
        self.spend(110)
        with self.assertRaises(UserError) as refused:
            self.refund(50)
        self.assertIn("is spent already", str(refused.exception))
        self.assertFalse(self.tx.child_transaction_ids)
        self.assertCredit(40)
        self.refund(40)
        self.assertCredit(0)

    def test_other_credit_of_the_customer_is_not_refunded_with_it(self):
        self.spend(150)
        self.payment(500, credit_allocation_excluded=True)
        with self.assertRaisesRegex(UserError, "is spent already"):
            self.refund(50)
        self.assertCredit(500)

    def test_what_is_being_refunded_cannot_be_spent(self):
        refund = self.tx._create_child_transaction(50, is_refund=True)
        self.assertCredit(100)
        self.assertEqual(self.reservations(refund).amount_held, 50)

    def test_a_refund_that_fails_gives_the_credit_back(self):
        for give_up in ("_set_canceled", "_set_error"):
            refund = self.tx._create_child_transaction(50, is_refund=True)
            self.assertCredit(100)
            getattr(refund, give_up)("The bank says no.")
            self.assertCredit(150)

    def test_a_refund_that_failed_and_came_all_the_same_is_in_the_ledger(self):
        refund = self.tx._create_child_transaction(50, is_refund=True)
        refund._set_error("The bank does not answer.")
        self.spend(130)
        self.assertCredit(20)
        refund._set_done()
        refund._post_process()
        self.assertCredit(-30)

    def test_a_refund_that_the_provider_tells_of_is_booked_though_the_credit_is_spent(self):
        self.spend(120)
        refund = self.tx._create_child_transaction(50, is_refund=True)  # as a notification of the provider does
        self.assertEqual(self.reservations(refund).amount_held, 30)
        refund._set_done()
        refund._post_process()
        self.assertEqual(refund.payment_id.payment_type, "outbound")
        self.assertOpen(refund.payment_id, 20)
        self.assertCredit(-20)

    def test_a_refund_that_the_provider_tells_of_takes_other_credit(self):
        self.spend(150)
        self.payment(70, credit_allocation_excluded=True)
        refund = self.tx._create_child_transaction(50, is_refund=True)
        self.assertFalse(self.reservations(refund))
        refund._set_done()
        refund._post_process()
        self.assertOpen(refund.payment_id, 0)
        self.assertCredit(20)

    def test_a_top_up_that_the_bank_reclaims_is_not_withdrawn_as_well(self):
        bank = self.env["res.partner.bank"].create(
            {"acc_number": "AZURE-1", "partner_id": self.customer.id, "allow_out_payment": True}
        )
        self.spend(100)
        withdrawal = self.customer.with_user(self.portal_user).sudo()
        withdrawal = withdrawal._request_credit_withdrawal(50, self.tx.currency_id, bank, self.company)
        refund = self.tx._create_child_transaction(50, is_refund=True)
        refund._set_done()
        refund._post_process()
        self.assertCredit(-50)
        with self.assertRaisesRegex(UserError, "is not there any more"):
            withdrawal.with_user(self.env.user).action_approve()

    def test_however_often_it_is_post_processed_it_is_refunded_once(self):
        refund = self.refund()
        refund._post_process()
        self.assertEqual(len(self.env["account.payment"].search([("payment_transaction_id", "=", refund.id)])), 1)
        self.assertCredit(100)

    def test_the_refund_of_another_online_payment_is_left_as_it_is(self):
        invoice = self.invoice(50)
        self.tx = self.topup(50, is_customer_credit_topup=False, invoices=[invoice])
        refund = self.refund()
        self.assertFalse(self.reservations(refund))
        self.assertEqual(refund.state, "done")
