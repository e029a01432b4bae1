import random

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OrderCreditCase

SEQUENCES = 8
STEPS = 14


@tagged("post_install", "-at_install")
class TestOrderCreditProperties(OrderCreditCase):
    """Whatever happens to the orders of a customer, in whatever order, no money appears and none is lost."""

    def test_available_and_held_and_allocated_is_what_was_paid_in(self):
        for seed in range(SEQUENCES):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.run_sequence(random.Random(seed), cash=seed % 3 == 0)
                savepoint.rollback()
                self.env.invalidate_all()

    def run_sequence(self, rng, cash):
        if cash:
            self.use_cash_account()
        self.rng, self.paid_in = rng, 0.0
        self.orders = self.env["sale.order"]
        operations = [getattr(self, name) for name in dir(self) if name.startswith("do_")]
        trace = []
        self.do_order()
        self.do_order()
        self.paid_in += self.do_deposit()
        for _step in range(STEPS):
            operation = rng.choice(operations)
            trace.append(operation.__name__)
            try:
                with self.env.cr.savepoint():
                    paid = operation()
            except UserError as refused:
                trace.append(str(refused))
                paid = None
            self.paid_in += paid or 0.0
            self.check_money(trace)

    def check_money(self, trace):
        self.env.flush_all()
        self.env.invalidate_all()
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.customer.id),
                ("account_id", "=", self.receivable.id),
                ("parent_state", "=", "posted"),
            ]
        )
        entries = lines.filtered(lambda line: line.move_type == "entry")
        free = -sum(entries.filtered(lambda line: not line.credit_reservation_id).mapped("amount_residual"))
        held = -sum(entries.filtered("credit_reservation_id").mapped("amount_residual"))
        invoices = lines.move_id.filtered(lambda move: move.move_type == "out_invoice")
        allocated = sum(invoices.mapped("amount_total")) - sum(invoices.mapped("amount_residual"))
        credit = self.customer._get_credit(self.company, self.dollar)
        reservations = self.env["customer.credit.reservation"].search([("partner_id", "=", self.customer.id)])
        self.assertAlmostEqual(credit, free, msg=trace)
        self.assertAlmostEqual(sum(reservations.mapped("amount_held")), held, msg=trace)
        self.assertAlmostEqual(free + held + allocated, self.paid_in, msg=trace)
        for reservation in self.orders._get_credit_reservations():
            self.assertGreater(reservation.amount_held, 0, msg=trace)
            self.assertTrue(reservation._is_needed_by_orders(), msg=trace)
            orders = reservation._get_sale_orders()
            for invoice in orders._get_open_invoices():
                # nothing is held where it could pay; of a common invoice the share of others may be open
                self.assertGreater(invoice.line_ids.sale_line_ids.order_id, orders, msg=trace)

    # --- what may happen ----------------------------------------------------------------------------------------------

    def do_order(self):
        self.orders |= self.order(self.rng.choice([60, 100]), quantity=10, confirm=self.rng.random() < 0.8)

    def do_confirm(self):
        self.orders.filtered(lambda order: order.state == "draft")[:1].action_confirm()

    def do_pay_by_card(self):
        amount = self.rng.choice([20, 55, 100, 130])
        self.pay_by_card(amount, self.rng.choice(self.orders))
        return amount

    def do_pay_by_card_again(self):
        return self.do_pay_by_card()

    def do_pay_two_orders(self):
        if len(self.orders) > 1:
            self.pay_by_card(90, self.orders[:2])
            return 90
        return 0

    def do_deposit(self):
        self.payment(45).credit_allocation_excluded = self.rng.random() < 0.5
        return 45

    def do_use_credit(self):
        for order in self.orders.filtered("customer_credit_usable")[:1]:
            amount = min(order.customer_credit_available, order._get_amount_to_pay_by_credit())
            order._use_credit(self.rng.choice([amount, amount / 2]))

    def do_release(self):
        self.rng.choice(self.orders).action_release_credit()

    def do_invoice_part(self):
        for order in self.orders.filtered(lambda order: order.invoice_status == "to invoice")[-1:]:
            invoice = self.invoice_order(order, post=False)
            invoice.invoice_line_ids.filtered(lambda line: line.quantity > 1).quantity = self.rng.randint(1, 5)
            invoice.action_post()

    def do_invoice(self):
        self.invoice_order(self.orders.filtered(lambda order: order.invoice_status == "to invoice")[:1])

    def do_invoice_down_payment(self):
        order = self.rng.choice(self.orders.filtered(lambda order: order.state == "sale") or self.orders)
        if order.state == "sale" and order.invoice_status == "to invoice":
            self.invoice_down_payment(order, 15)

    def do_invoice_several(self):
        invoices = self.orders.filtered(lambda order: order.invoice_status == "to invoice")._create_invoices(final=True)
        invoices.action_post()

    def do_cancel_invoice(self):
        invoices = self.orders.invoice_ids.filtered(lambda invoice: invoice.state == "posted")
        if invoices:
            self.rng.choice(invoices).button_cancel()

    def do_cancel(self):
        self.rng.choice(self.orders)._action_cancel()

    def do_take_up_again(self):
        self.orders.filtered(lambda order: order.state == "cancel")[:1].action_draft()

    def do_allocate(self):
        self.invoice(30)
        self.allocate(partner_ids=(self.customer.id,))
