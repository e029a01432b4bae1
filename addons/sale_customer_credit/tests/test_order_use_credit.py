from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.account_customer_credit.exceptions import InsufficientCreditError

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderUseCredit(OrderCreditCase):
    """Somebody uses a customer's credit for an order of that customer."""

    def use_credit(self, order, amount=None):
        """What the dialog does, with the proposed amount or another one."""
        action = order.action_use_credit()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        if amount is not None:
            form.amount = amount
        wizard = form.save()
        proposed = wizard.amount
        wizard.action_use_credit()
        return proposed

    def release_stale(self):
        """What the schedule does, without its commits."""
        Reservation = self.env["customer.credit.reservation"]
        for reservation in Reservation.search(Reservation._get_stale_domain(), order="id"):
            if reservation._is_stale():
                reservation._credit_release()

    def test_credit_of_the_customer_is_shown_on_the_order(self):
        order = self.order(80)
        self.assertEqual((order.customer_credit_available, order.customer_credit_usable), (0, False))
        self.payment(50)
        self.payment(30, currency_id=self.euro.id)
        order.invalidate_recordset()
        self.assertEqual((order.customer_credit_available, order.customer_credit_usable), (50, True))

    def test_credit_of_many_orders_is_read_by_one_query(self):
        orders = self.env["sale.order"]
        for number in range(6):
            partner = self.env["res.partner"].create({"name": f"Customer {number}"})
            self.payment(10 + number, partner=partner)
            orders |= self.order(80, partner=partner)
        self.env.flush_all()
        self.env.invalidate_all()
        orders.mapped("customer_credit_available")
        orders.invalidate_recordset(["customer_credit_available"])
        with self.assertQueryCount(4):
            credits = orders.mapped("customer_credit_available")
        self.assertEqual(sum(credits), 75)

    def test_proposed_is_what_there_is_and_what_is_to_be_paid(self):
        self.payment(50)
        order = self.order(80)
        self.assertEqual(self.use_credit(order), 50)
        self.payment(50)
        order.invalidate_recordset()
        self.assertEqual(self.use_credit(order), 30)
        self.assertAvailable(20)
        self.assertEqual(order.customer_credit_reserved, 80)
        self.assertFalse(order.customer_credit_usable)

    def test_used_credit_pays_the_invoice(self):
        payment, old = self.payment(50), self.invoice(70)
        order = self.order(80)
        self.use_credit(order)
        self.assertAvailable(0)
        self.allocate()
        self.assertOpen(old, 70)
        self.assertOpen(payment, 0)
        invoice = self.invoice_order(order)
        reservation = order._get_credit_reservations(held=False)
        self.assertEqual((reservation.state, reservation.amount_settled), ("settled", 50))
        self.assertAllocated(invoice, reservation.move_id, 50, rule="credit")
        self.assertOpen(invoice, 30)

    def test_used_credit_pays_an_invoice_of_the_order_that_is_open(self):
        order = self.order(80)
        invoice = self.invoice_order(order)
        self.payment(100)
        self.assertEqual(self.use_credit(order), 80)
        self.assertOpen(invoice, 0)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertAvailable(20)

    def test_credit_and_card_pay_an_order_together(self):
        self.payment(50)
        order = self.order(80)
        self.use_credit(order)
        self.assertEqual(order.amount_paid, 50)
        self.pay_by_card(30, order)
        self.assertEqual(order.amount_paid, 80)
        self.assertTrue(order._is_paid())
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 0)

    def test_credit_and_card_pay_an_automatic_invoice_together(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        self.payment(50)
        order = self.order(80)
        self.use_credit(order)
        self.pay_by_card(30, order)
        self.assertEqual(order.invoice_ids.amount_total, 80)
        self.assertOpen(order.invoice_ids, 0)

    def test_down_payment_and_final_invoice(self):
        self.payment(60)
        order = self.order(100)
        self.use_credit(order)
        down_payment = self.invoice_down_payment(order, 40)
        self.assertOpen(down_payment, 0)
        self.assertHeld(20, order)
        final = self.invoice_order(order)
        self.assertOpen(final, 40)
        self.assertHeld(0, order)

    def test_cancelled_order_gives_the_credit_back(self):
        payment = self.payment(50)
        order = self.order(80)
        self.use_credit(order)
        order._action_cancel()
        self.assertAvailable(50)
        self.assertOpen(payment, 50)
        self.assertEqual(order.amount_paid, 0)

    def test_deleted_quotation_gives_the_credit_back(self):
        self.payment(50)
        order = self.order(80, confirm=False)
        self.use_credit(order)
        order.sudo().unlink()
        self.assertAvailable(50)

    def test_released_credit_is_available_again_and_payments_stay_with_the_order(self):
        self.payment(50)
        order = self.order(80)
        self.pay_by_card(20, order)
        self.use_credit(order)
        self.assertHeld(70, order)
        order.action_release_credit()
        self.assertAvailable(50)
        self.assertHeld(20, order)
        self.assertEqual((order.amount_paid, order.customer_credit_reserved), (20, 0))

    def test_what_the_invoices_do_not_need_is_released(self):
        self.payment(100)
        order = self.order(100, quantity=10)
        self.use_credit(order)
        order.order_line.write({"product_uom_qty": 7, "price_unit": 10})
        invoice = self.invoice_order(order)
        self.assertEqual(invoice.amount_total, 70)
        self.assertOpen(invoice, 0)
        self.assertAvailable(30)

    def test_what_a_lowered_quantity_leaves_is_released_by_the_schedule(self):
        self.payment(100)
        order = self.order(100, quantity=10)
        self.use_credit(order)
        self.invoice_part(order, 7)
        order.order_line.write({"product_uom_qty": 7, "price_unit": 10})
        self.assertHeld(30, order)
        self.release_stale()
        self.assertAvailable(30)

    def test_no_more_than_is_to_be_paid(self):
        self.payment(500)
        order = self.order(80)
        self.pay_by_card(30, order)
        with self.assertRaisesRegex(UserError, "Only .*50.00 of .* is still to be paid"):
            self.use_credit(order, 60)
        self.assertAvailable(500)

    def test_no_more_than_the_customer_has(self):
        self.payment(20)
        order = self.order(80)
        with self.assertRaises(InsufficientCreditError):
            self.use_credit(order, 30)
        self.assertAvailable(20)

    def test_overdraft_that_is_allowed_may_be_used(self):
        self.payment(20)
        self.company.customer_credit_overdraft = "limit"
        self.company.customer_credit_overdraft_limit = 50
        order = self.order(80)
        self.assertEqual(self.use_credit(order, 60), 60)
        self.assertAvailable(-40)
        self.assertHeld(60, order)
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 20)
        self.assertAvailable(-40)

    def test_what_goes_beyond_the_credit_is_named_as_owed_before_it_happens(self):
        self.payment(20)
        self.company.customer_credit_overdraft = "limit"
        self.company.customer_credit_overdraft_limit = 50
        with Form.from_action(self.env, self.order(80).action_use_credit()) as dialog:
            self.assertEqual((dialog.amount, dialog.amount_owed), (20, 0))
            dialog.amount = 60
            self.assertEqual(dialog.amount_owed, 40)

    def test_nothing_and_less_than_nothing_cannot_be_used(self):
        self.payment(20)
        order = self.order(80)
        for amount in (0, -5):
            with self.assertRaises(UserError):
                self.use_credit(order, amount)

    def test_credit_cannot_be_used_for_a_cancelled_order(self):
        self.payment(20)
        order = self.order(80)
        order._action_cancel()
        with self.assertRaisesRegex(UserError, "is cancelled"):
            order._use_credit(10)

    def test_credit_is_not_used_for_what_somebody_else_is_invoiced_for(self):
        self.payment(20)
        self.payment(20, partner=self.stranger)
        order = self.order(80, partner_invoice_id=self.stranger.id)
        self.assertEqual(order.customer_credit_available, 0)
        with self.assertRaisesRegex(UserError, "somebody else"):
            order._use_credit(10)

    def test_credit_goes_back_when_the_customer_of_a_quotation_changes(self):
        self.payment(20)
        order = self.order(80, confirm=False)
        self.use_credit(order)
        order.partner_id = self.stranger
        self.assertAvailable(20)
        self.assertHeld(0, order)

    def test_contact_uses_the_credit_of_the_company(self):
        self.payment(50)
        buyer = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        order = self.order(80, partner=buyer)
        self.assertEqual(self.use_credit(order), 50)
        self.assertOpen(self.invoice_order(order), 30)

    def test_foreign_currency(self):
        self.payment(50)
        self.payment(30, currency_id=self.euro.id)
        order = self.order(80, currency=self.euro)
        self.assertEqual(self.use_credit(order), 30)
        self.assertAvailable(0, self.euro)
        self.assertAvailable(50)
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 50)

    def test_quotation_that_waits_for_payment_is_confirmed_when_credit_covers_it(self):
        self.payment(50)
        order = self.order(80, confirm=False, require_payment=True, prepayment_percent=0.5)
        self.use_credit(order, 30)
        self.assertEqual(order.state, "draft")
        self.use_credit(order, 10)
        self.assertEqual(order.state, "sale")

    def test_quotation_that_waits_for_a_signature_is_not_confirmed(self):
        self.payment(80)
        order = self.order(80, confirm=False, require_payment=True, prepayment_percent=1, require_signature=True)
        self.use_credit(order)
        self.assertEqual(order.state, "draft")
        self.assertFalse(order._has_to_be_paid())

    def test_credit_reserved_for_a_quotation_may_expire_and_for_an_order_may_not(self):
        self.payment(80)
        order = self.order(80, confirm=False)
        self.use_credit(order, 30)
        reservation = order._get_credit_reservations()
        reservation.date_expiry = fields.Date.today() - timedelta(days=1)
        order.action_confirm()
        self.assertFalse(reservation._is_stale())
        self.assertFalse(reservation.is_stale)
        self.assertNotIn(reservation, reservation.search([("is_stale", "=", True)]))
        self.assertIn(reservation, reservation.search([("is_stale", "=", False)]))
        self.release_stale()
        self.assertHeld(30, order)
        quotation = self.order(80, confirm=False)
        self.use_credit(quotation, 30)
        reservation = quotation._get_credit_reservations()
        reservation.date_expiry = fields.Date.today() - timedelta(days=1)
        self.assertIn(reservation, reservation.search([("is_stale", "=", True)]))
        self.release_stale()
        self.assertHeld(0, quotation)
        self.assertHeld(30, order)

    def test_credit_reserved_by_a_transaction_of_the_order_pays_its_invoices(self):
        self.payment(100)
        order = self.order(80)
        transaction = self.transaction(50, order)
        transaction._set_done()
        reservation = self.reserve(50, origin=transaction)
        self.assertEqual(reservation._get_sale_orders(), order)
        self.assertEqual(order.amount_paid, 50)
        invoice = self.invoice_order(order)
        self.assertPaid(invoice, reservation.move_id, 50)
        self.assertOpen(invoice, 30)

    def test_credit_reserved_by_a_transaction_goes_back_when_the_order_is_cancelled(self):
        self.payment(100)
        order = self.order(80)
        transaction = self.transaction(50, order)
        transaction._set_done()
        self.reserve(50, origin=transaction)
        self.assertEqual(order.amount_paid, 50)
        order._action_cancel()
        self.assertAvailable(100)
        self.assertEqual(order.amount_paid, 0)

    def test_credit_reserved_by_a_transaction_under_way_is_left_to_it(self):
        self.payment(100)
        order = self.order(80)
        transaction = self.transaction(50, order)
        transaction._set_pending()
        reservation = self.reserve(50, origin=transaction)
        self.invoice_order(order)
        self.assertEqual(reservation.amount_held, 50)

    def test_credit_reserved_for_something_else_is_not_touched(self):
        self.payment(100)
        reservation = self.reserve(50)
        order = self.order(80)
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 80)
        self.assertEqual(reservation.amount_held, 50)
        self.assertFalse(reservation._may_settle(invoice))

    def test_used_credit_is_offered_to_the_invoices_of_its_order_only(self):
        self.payment(100)
        order = self.order(80)
        other = self.invoice_order(self.order(80))
        self.use_credit(order)
        invoice = self.invoice_order(order)
        self.open_items(invoice).remove_move_reconcile()
        entry = order._get_credit_reservations().move_id
        self.assertIn(entry, self.offers(invoice))
        self.assertNotIn(entry, self.offers(other))
        invoice.js_assign_outstanding_line(entry.line_ids.filtered("credit_reservation_id").id)
        self.assertOpen(invoice, 0)

    def test_payment_link_asks_for_what_is_left(self):
        self.payment(30)
        order = self.order(80, confirm=False, require_payment=True, prepayment_percent=1)
        self.use_credit(order)
        values = order._get_default_payment_link_values()
        self.assertEqual((values["amount_max"], values["amount_paid"]), (50, 30))

    def test_several_orders_in_one_invoice(self):
        self.payment(100)
        first, second = self.order(60), self.order(80)
        self.use_credit(first, 60)
        self.use_credit(second, 40)
        invoice = (first | second)._create_invoices(final=True)
        invoice.action_post()
        self.assertOpen(invoice, 40)
        self.assertFalse((first | second)._get_credit_reservations())

    def test_discount_line_of_another_sign(self):
        self.payment(100)
        order = self.order(100)
        order.order_line = [
            Command.create({"product_id": self.product.id, "price_unit": -20, "tax_ids": [Command.clear()]})
        ]
        self.assertEqual(self.use_credit(order), 80)
        self.assertOpen(self.invoice_order(order), 0)

    def test_the_button_that_is_pressed_twice_reserves_once(self):
        self.payment(50)
        order = self.order(80)
        window = self.env["sale.order.use.credit"].create({"order_id": order.id, "amount": 20})
        window.action_use_credit()
        self.assertEqual(window.action_use_credit()["type"], "ir.actions.act_window_close")
        self.assertHeld(20, order)

    def test_the_order_of_a_customer_who_joined_a_company_meanwhile_is_paid(self):
        person = self.env["res.partner"].create({"name": "Person"})
        self.payment(50, partner=person)
        order = self.order(50, partner=person)
        order._use_credit(50)
        person.parent_id = self.stranger
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 0)
        self.assertHeld(0, order)
        self.assertAvailable(0, partner=self.stranger)
