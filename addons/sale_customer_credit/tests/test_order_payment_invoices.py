from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import OnPostCase

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderPaymentInvoices(OnPostCase, OrderCreditCase):
    """However an order is invoiced, its payment pays as much as the invoices need, and what is left becomes free."""

    def test_automatic_invoice_is_paid_by_its_payment(self):
        self.payment(80, day="2024-01-01")
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        order = self.order(80, confirm=False, require_payment=True, prepayment_percent=1)
        payment = self.pay_by_card(80, order)
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertPaid(order.invoice_ids, payment, 80)
        self.commit()
        self.assertFalse(order._get_credit_reservations())
        self.assertAvailable(80)

    def test_automatic_down_payment_invoice_is_paid_by_its_payment(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        order = self.order(80)
        payment = self.pay_by_card(30, order)
        self.assertTrue(order.invoice_ids._is_downpayment())
        self.assertPaid(order.invoice_ids, payment, 30)
        self.assertAvailable(0)

    def test_down_payment_and_final_invoice(self):
        for cash in (False, True):
            if cash:
                self.use_cash_account()
            order = self.order(100)
            payment = self.pay_by_card(60, order)
            down_payment = self.invoice_down_payment(order, 40)
            self.assertPaid(down_payment, payment, 40)
            self.assertHeld(20, order)
            self.assertAvailable(0)
            final = self.invoice_order(order)
            self.assertEqual(final.amount_total, 60)
            self.assertPaid(final, payment, 20)
            self.assertOpen(final, 40)
            self.assertHeld(0, order)

    def test_two_invoices_of_parts(self):
        for cash in (False, True):
            if cash:
                self.use_cash_account()
            order = self.order(100, quantity=10)
            payment = self.pay_by_card(100, order)
            first = self.invoice_part(order, 3)
            self.assertPaid(first, payment, 30)
            self.assertHeld(70, order)
            self.assertAvailable(0)
            second = self.invoice_order(order)
            self.assertPaid(second, payment, 70)
            self.assertHeld(0, order)

    def test_two_payments_and_one_invoice(self):
        order = self.order(100)
        first, second = self.pay_by_card(30, order), self.pay_by_card(70, order)
        invoice = self.invoice_order(order)
        self.assertPaid(invoice, first, 30)
        self.assertPaid(invoice, second, 70)

    def test_overpayment_becomes_free_when_the_order_is_invoiced(self):
        for cash in (False, True):
            if cash:
                self.use_cash_account()
            order = self.order(100, partner=self.env["res.partner"].create({"name": "Generous"}))
            self.pay_by_card(120, order)
            self.assertAvailable(0, partner=order.partner_id)
            invoice = self.invoice_order(order, post=False)
            self.assertHeld(120, order)
            invoice.action_post()
            self.assertOpen(invoice, 0)
            self.assertHeld(0, order)
            self.assertAvailable(20, partner=order.partner_id)

    def test_payment_of_an_order_with_an_open_invoice_pays_that_at_once(self):
        order = self.order(100, quantity=10)
        invoice = self.invoice_part(order, 4)
        payment = self.pay_by_card(100, order)
        self.assertPaid(invoice, payment, 40)
        self.assertHeld(60, order)

    def test_payment_of_an_invoiced_order_pays_its_invoice_at_once(self):
        old, order = self.invoice(50, day="2024-01-01"), self.order(100)
        invoice = self.invoice_order(order)
        payment = self.pay_by_card(130, order)
        self.assertPaid(invoice, payment, 100)
        self.assertOpen(old, 50)
        self.assertAvailable(30)

    def test_payment_is_kept_for_the_order_when_its_invoice_is_cancelled(self):
        order = self.order(100)
        payment = self.pay_by_card(100, order)
        invoice = self.invoice_order(order)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertHeld(100, order)
        self.assertAvailable(0)
        self.assertPaid(self.invoice_order(order), payment, 100)

    def test_foreign_currency(self):
        order = self.order(100, currency=self.euro, quantity=10)
        self.assertEqual(order.currency_id, self.euro)
        payment = self.pay_by_card(120, order)
        self.assertAvailable(0, self.euro)
        self.assertHeld(120, order)
        part = self.invoice_part(order, 4)
        self.assertEqual(part.currency_id, self.euro)
        self.assertOpen(part, 0)
        self.assertOpen(payment, 80)
        self.assertHeld(80, order)
        final = self.invoice_order(order)
        self.assertOpen(final, 0)
        self.assertAvailable(20, self.euro)

    def test_credit_note_is_not_touched(self):
        order = self.order(100)
        self.pay_by_card(100, order)
        invoice = self.invoice_order(order)
        refund = invoice._reverse_moves()
        refund.action_post()
        self.assertEqual(refund.move_type, "out_refund")
        self.assertOpen(refund, 100)
        self.assertAvailable(100)

    def test_invoice_on_another_account_is_paid(self):
        order = self.order(100)
        payment = self.pay_by_card(100, order)
        other = self.receivable.copy({"code": "121099"})
        self.customer.with_company(self.company).property_account_receivable_id = other
        invoice = self.invoice_order(order)
        self.assertEqual(self.open_items(invoice).account_id, other)
        self.assertOpen(invoice, 0)
        self.assertOpen(payment, 0)
        self.assertAvailable(0)
