from odoo.tests import tagged

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderCancelledEntry(OrderCreditCase):
    """Some program took back the entry that kept credit for an order: the order goes on."""

    def setUp(self):
        super().setUp()
        self.payment(50)
        self.sales_order = self.order(80)
        self.reservation = self.sales_order._use_credit(50)
        move = self.reservation.move_id
        move.line_ids.remove_move_reconcile()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET state = 'cancel' WHERE id = %s", (move.id,))
        self.env.cr.execute("UPDATE account_move_line SET parent_state = 'cancel' WHERE move_id = %s", (move.id,))
        self.env.invalidate_all()

    def test_its_invoice_is_posted_and_says_why_it_is_not_paid(self):
        invoice = self.invoice_order(self.sales_order)
        self.assertEqual(invoice.state, "posted")
        self.assertOpen(invoice, 80)
        self.assertIn("is not posted", " ".join(invoice.message_ids.mapped("body")))
        self.assertHeld(0, self.sales_order)
        self.assertAvailable(50)

    def test_its_credit_is_released_by_the_button(self):
        self.sales_order.action_release_credit()
        self.assertHeld(0, self.sales_order)
        self.assertAvailable(50)

    def test_it_is_cancelled(self):
        self.sales_order._action_cancel()
        self.assertEqual(self.sales_order.state, "cancel")
        self.assertAvailable(50)

    def test_it_is_invoiced_though_nothing_can_be_released(self):
        self.receivable.active = False  # nothing can be posted on it
        invoice = self.invoice_order(self.sales_order, post=False)
        invoice.line_ids.filtered(lambda line: line.account_id == self.receivable).account_id = self.receivable.copy(
            {"code": "121990", "active": True}
        )
        with self.assertLogs("odoo.addons.sale_customer_credit", "WARNING"):
            invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertIn("could not be released", " ".join(self.sales_order.message_ids.mapped("body")))
