from odoo.exceptions import UserError
from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditVoid(CustomerCreditCase):
    """A payment that the bank rejected keeps a posted entry; the customer has nothing of it."""

    def setUp(self):
        super().setUp()
        self.paid = self.payment(100)

    def assertBalance(self, amount):
        """What is available, and what the movements add up to, which is the same."""
        self.env.invalidate_all()
        self.assertAvailable(amount)
        movements = self.env["customer.credit.movement"].search([("partner_id", "=", self.customer.id)])
        self.assertAlmostEqual(sum(movements.mapped("amount")), amount)
        self.assertAlmostEqual(self.customer.customer_credit_balance, amount)

    def test_rejected_payment_is_no_credit(self):
        self.assertBalance(100)
        self.paid.action_reject()
        self.assertBalance(0)
        with self.assertRaisesRegex(UserError, "may spend"):
            self.reserve(10)

    def test_rejected_payment_is_not_spent(self):
        self.paid.action_reject()
        other = self.payment(30, day="2024-04-01")
        reservation = self.reserve(30)
        self.assertOpen(other, 0)
        self.assertOpen(self.paid, 100)
        self.assertEqual(reservation.amount_held, 30)
        self.assertBalance(0)

    def test_rejected_payment_cannot_be_earmarked(self):
        self.paid.action_reject()
        with self.assertRaisesRegex(UserError, "is no free credit"):
            self.customer._credit_earmark(self.open_items(self.paid), self.stranger)

    def test_what_is_kept_of_a_rejected_payment_pays_nothing(self):
        reservation = self.customer._credit_earmark(self.open_items(self.paid), self.stranger)
        self.paid.action_reject()
        invoice = self.invoice(60)
        self.assertEqual(reservation._credit_settle(invoice), 0)
        self.assertOpen(invoice, 60)
        self.assertBalance(0)

    def test_reservation_that_took_a_payment_which_was_rejected_is_not_backed(self):
        reservation = self.reserve(30)
        self.assertBalance(70)
        self.paid.action_reject()
        self.assertEqual(reservation._get_unbacked_amount(), 30)
        self.assertBalance(0)

    def test_what_was_spent_before_the_payment_was_rejected(self):
        invoice = self.invoice(60)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(invoice, 0)
        self.assertBalance(40)
        self.paid.action_reject()
        self.assertBalance(0)

    def test_rejected_payment_to_the_customer_takes_no_credit(self):
        sent = self.payment(40, payment_type="outbound")
        self.assertBalance(60)
        sent.action_reject()
        self.assertBalance(100)

    def test_rejected_payment_to_the_customer_that_had_taken_credit(self):
        sent = self.payment(40, payment_type="outbound")
        (self.open_items(sent) | self.open_items(self.paid)).reconcile()
        self.assertBalance(60)
        sent.action_reject()
        self.assertBalance(60)
