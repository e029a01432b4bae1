from unittest import SkipTest

from odoo import Command
from odoo.tests import tagged

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderPayWithCredit(OrderCreditCase):
    """The customer pays an order online with credit, which needs the addon for online payments, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        providers = cls.env["payment.provider"].sudo()
        pattern = providers.search([("code", "=", "customer_credit")], limit=1)
        if not pattern:
            raise SkipTest("Credit is no payment provider here.")
        cls.credit_provider = pattern.copy({"company_id": cls.company.id})
        cls.credit_provider.state = "enabled"
        cls.payment(100)

    def pay_with_credit(self, amount, order):
        transaction = self.transaction(
            amount,
            order,
            provider_id=self.credit_provider.id,
            payment_method_id=self.credit_provider.with_context(active_test=False).payment_method_ids[:1].id,
            operation="online_redirect",
        )
        transaction._process("customer_credit", {"reference": transaction.reference})
        transaction._post_process()
        self.assertEqual(transaction.state, "done", transaction.state_message)
        return transaction

    def test_it_pays_the_orders_share_of_a_common_invoice_only(self):
        order, other = self.order(100, quantity=10), self.order(70)
        self.pay_with_credit(100, order)
        invoice = self.invoice_order(order | other, post=False)
        invoice.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == order).quantity = 3
        invoice.action_post()
        self.assertEqual(invoice.amount_total, 100)
        self.assertOpen(invoice, 70)
        self.assertHeld(70, order)
        rest = self.invoice_order(order)
        self.assertOpen(rest, 0)

    def test_what_is_held_for_another_order_is_no_reason_to_refuse_a_payment(self):
        order, other = self.order(100, quantity=10), self.order(70)
        self.pay_with_credit(100, order)
        invoice = self.invoice_order(order | other, post=False)
        invoice.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == order).quantity = 3
        invoice.action_post()
        self.payment(70)
        self.pay_with_credit_for(invoice, 70)
        self.assertOpen(invoice, 0)
        self.assertHeld(70, order)

    def pay_with_credit_for(self, invoice, amount):
        transaction = self.transaction(
            amount,
            provider_id=self.credit_provider.id,
            payment_method_id=self.credit_provider.with_context(active_test=False).payment_method_ids[:1].id,
            operation="online_redirect",
            invoice_ids=[Command.set(invoice.ids)],
        )
        transaction._process("customer_credit", {"reference": transaction.reference})
        transaction._post_process()
        self.assertEqual(transaction.state, "done", transaction.state_message)

    def test_order_that_is_invoiced_to_somebody_else_afterwards_can_be_invoiced(self):
        order = self.order(100)
        self.pay_with_credit(100, order)
        order.partner_invoice_id = self.stranger
        invoice = self.invoice_order(order)
        self.assertEqual(invoice.state, "posted")
        self.assertOpen(invoice, 0)  # the customer paid for this order, as with a card
        self.assertAvailable(0)

    def test_part_by_card_part_by_credit(self):
        order = self.order(150)
        self.pay_by_card(90, order)
        self.pay_with_credit(60, order)
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 0)
        self.assertAvailable(40)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertHeld(150, order)
        order._action_cancel()
        self.assertHeld(0, order)
        self.assertAvailable(190)
