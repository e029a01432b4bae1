from odoo import Command
from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import OnPostCase

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderPayment(OnPostCase, OrderCreditCase):
    """The card payment of an order belongs to that order, whatever else the customer owes."""

    def test_payment_of_a_confirmed_order_is_kept_for_it(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        reservation = self.open_items(payment).credit_reservation_id
        self.assertFalse(reservation.move_id)
        self.assertEqual(reservation._get_origin(), order)
        self.assertEqual((reservation.state, reservation.amount_held), ("held", 80))
        self.assertAvailable(0)

    def test_payment_of_a_quotation_is_kept_for_it(self):
        quotation = self.order(80, confirm=False, require_payment=True, prepayment_percent=1)
        self.pay_by_card(30, quotation)
        self.assertEqual(quotation.state, "draft")
        self.assertHeld(30, quotation)
        self.assertAvailable(0)
        self.pay_by_card(50, quotation)
        self.assertEqual(quotation.state, "sale")
        self.assertHeld(80, quotation)

    def test_payment_of_an_order_is_not_for_rules(self):
        old = self.invoice(200)
        payment = self.pay_by_card(80, self.order(80))
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "reserved")
        self.commit()
        self.assertOpen(old, 200)

    def test_payment_of_an_order_is_not_for_the_wizard(self):
        old = self.invoice(200)
        payment, free = self.pay_by_card(80, self.order(80)), self.payment(10)
        action = old.action_open_credit_wizard()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertNotIn(payment.move_id, wizard.line_ids.item_id.move_id)
        self.assertIn(free.move_id, wizard.line_ids.item_id.move_id)

    def test_payment_of_an_order_is_offered_to_its_own_invoice_only(self):
        order, other = self.order(80), self.order(80)
        old, invoice, foreign = self.invoice(200), self.invoice_order(order), self.invoice_order(other)
        payment = self.pay_by_card(100, self.order(100))
        self.assertFalse(self.offers(old))
        self.assertFalse(self.offers(invoice))
        reservation = self.open_items(payment).credit_reservation_id
        reservation.sudo().origin_id = order.id
        self.assertEqual(self.offers(invoice), payment.move_id)
        self.assertFalse(self.offers(foreign))
        self.assertFalse(self.offers(old))

    def test_invoice_is_paid_by_the_card_although_older_credit_exists(self):
        credit = self.payment(80, day="2024-01-01")
        credit.credit_allocation_excluded = True
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        invoice = self.invoice_order(order)
        self.commit()
        self.assertPaid(invoice, payment, 80)
        self.assertOpen(invoice, 0)
        self.assertAvailable(80)
        self.assertAllocated(invoice, payment, 80, rule="credit")

    def test_payment_on_a_cash_account_pays_the_invoice_likewise(self):
        self.use_cash_account()
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        self.assertEqual(payment.state, "paid")
        self.assertHeld(80, order)
        invoice = self.invoice_order(order)
        self.assertPaid(invoice, payment, 80)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertAllocated(invoice, payment, 80, rule="credit")

    def test_payment_of_a_cancelled_order_is_free(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        order._action_cancel()
        self.assertAvailable(80)
        self.assertFalse(self.open_items(payment).credit_reservation_id)
        old = self.invoice(200)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(old, payment, 80)

    def test_payment_of_a_cancelled_order_is_kept_again_when_it_is_taken_up_again(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        order._action_cancel()
        order.action_draft()
        self.assertHeld(80, order)
        order.action_confirm()
        self.assertPaid(self.invoice_order(order), payment, 80)

    def test_payment_that_comes_after_the_cancellation_is_free(self):
        order = self.order(80)
        transaction = self.transaction(80, order)
        order._action_cancel()
        transaction._set_done()
        transaction._post_process()
        self.assertAvailable(80)

    def test_payment_that_is_reset_to_draft_is_kept_for_nothing_until_it_is_posted_again(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        payment.action_draft()
        self.assertFalse(order._get_credit_reservations())
        payment.action_post()
        self.assertHeld(80, order)
        payment.action_draft()
        payment.action_cancel()
        self.assertFalse(order._get_credit_reservations())
        self.assertAvailable(0)

    def test_payment_that_is_cancelled_after_it_paid_is_kept_for_nothing(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        invoice = self.invoice_order(order)
        payment.action_draft()
        payment.action_cancel()
        self.assertOpen(invoice, 80)
        self.assertFalse(order._get_credit_reservations())

    def test_payment_for_a_deleted_quotation_is_free(self):
        quotation = self.order(80, confirm=False, require_payment=True, prepayment_percent=1)
        self.pay_by_card(30, quotation)
        quotation.sudo().unlink()
        self.assertAvailable(30)

    def test_orders_of_one_customer_do_not_steal_each_others_payment(self):
        first, second = self.order(80), self.order(50)
        payment, other = self.pay_by_card(50, second), self.pay_by_card(80, first)
        invoice = self.invoice_order(first)
        self.assertPaid(invoice, other, 80)
        self.assertOpen(payment, 50)
        self.assertPaid(self.invoice_order(second), payment, 50)

    def test_payment_of_two_orders_is_kept_for_both(self):
        first, second = self.order(80), self.order(50)
        payment = self.pay_by_card(130, first | second)
        reservation = self.open_items(payment).credit_reservation_id
        self.assertEqual(reservation._get_origin(), payment.payment_transaction_id)
        self.assertEqual(reservation._get_sale_orders(), first | second)
        self.assertPaid(self.invoice_order(first), payment, 80)
        self.assertHeld(50, second)
        self.assertAvailable(0)
        second._action_cancel()
        self.assertAvailable(50)

    def test_common_invoice_takes_no_more_for_an_order_than_the_orders_share(self):
        first, second = self.order(100, quantity=10), self.order(80)
        payment = self.pay_by_card(100, first)
        invoice = (first | second)._create_invoices(final=True)
        self.assertEqual(len(invoice), 1)
        invoice.invoice_line_ids.filtered(lambda line: line.sale_line_ids.order_id == first).quantity = 4
        invoice.action_post()
        self.assertPaid(invoice, payment, 40)
        self.assertOpen(invoice, 80)
        self.assertHeld(60, first)
        self.pay_by_card(80, second)
        self.assertOpen(invoice, 0)
        self.assertHeld(60, first)

    def test_captured_parts_of_an_authorized_payment_belong_to_the_order(self):
        order = self.order(80)
        self.provider.support_manual_capture = "partial"
        source = self.transaction(80, order)
        source._set_authorized()
        source._post_process()
        self.assertFalse(order._get_credit_reservations())
        part = source._create_child_transaction(50)
        part._set_done()
        part._post_process()
        self.assertHeld(50, order)
        invoice = self.invoice_order(order)
        self.assertPaid(invoice, part.payment_id, 50)

    def test_refund_by_the_provider_is_taken_from_the_payment(self):
        order = self.order(80)
        payment = self.pay_by_card(80, order)
        refund = payment.payment_transaction_id._create_child_transaction(30, is_refund=True)
        refund._set_done()
        refund._post_process()
        self.assertHeld(50, order)
        self.assertAvailable(0)
        self.assertPaid(refund.payment_id, payment, 30)
        order._action_cancel()
        self.assertAvailable(50)
        refund = payment.payment_transaction_id._create_child_transaction(50, is_refund=True)
        refund._set_done()
        refund._post_process()
        self.assertAvailable(0)
        self.assertOpen(payment, 0)
        self.assertOpen(refund.payment_id, 0)

    def test_payment_of_a_contact_pays_the_invoice_to_another_contact_of_the_company(self):
        office = self.env["res.partner"].create({"name": "Accounts", "parent_id": self.customer.id, "type": "invoice"})
        buyer = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        order = self.order(80, partner=buyer, partner_invoice_id=office.id)
        payment = self.pay_by_card(80, order, partner_id=buyer.id)
        self.assertHeld(80, order)
        invoice = self.invoice_order(order)
        self.assertEqual(invoice.partner_id, office)
        self.assertPaid(invoice, payment, 80)

    def test_payment_by_a_stranger_pays_its_order_and_no_other_invoice(self):
        for cash in (False, True):
            if cash:
                self.use_cash_account()
            order = self.order(80)
            payment = self.pay_by_card(80, order, partner_id=self.stranger.id)
            self.assertHeld(80, order)
            self.assertAvailable(0)
            self.assertAvailable(0, partner=self.stranger)
            own = self.invoice(80, partner=self.stranger)
            self.allocate()
            self.assertOpen(own, 80)
            invoice = self.invoice_order(order)
            self.assertPaid(invoice, payment, 80)
            own.button_cancel() if own.state == "draft" else own.button_draft()

    def test_payment_by_a_stranger_goes_back_to_the_stranger(self):
        order = self.order(80)
        self.pay_by_card(80, order, partner_id=self.stranger.id)
        order._action_cancel()
        self.assertAvailable(0)
        self.assertAvailable(80, partner=self.stranger)

    def test_payments_from_before_the_installation_are_kept_for_their_orders(self):
        from ..hooks import _earmark_payments_of_orders, _release_payments_of_orders

        order, invoiced = self.order(80), self.order(50)
        payment = self.pay_by_card(80, order)
        self.pay_by_card(50, invoiced)
        self.invoice_order(invoiced)
        _release_payments_of_orders(self.env)
        self.assertAvailable(80)
        _earmark_payments_of_orders(self.env)
        self.assertAvailable(0)
        self.assertHeld(80, order)
        self.assertEqual(self.open_items(payment).credit_reservation_id._get_origin(), order)

    def test_earmark_does_not_end_before_the_order_does(self):
        quotation = self.order(80, confirm=False, require_payment=True, prepayment_percent=1)
        self.pay_by_card(30, quotation)
        reservation = quotation._get_credit_reservations()
        self.assertFalse(reservation.date_expiry)
        self.assertFalse(reservation._is_stale())

    def test_invoices_that_are_linked_to_the_transaction_are_paid_at_once(self):
        order = self.order(80)
        invoice = self.invoice_order(order)
        payment = self.pay_by_card(100, order, invoice_ids=[Command.set(invoice.ids)])
        self.assertPaid(invoice, payment, 80)
        self.assertAvailable(20)
