from odoo import api, models
from odoo.fields import Domain


class CustomerCreditReservation(models.Model):
    """What is kept for a sales order: the payment of an online transaction, or credit that somebody used for it."""

    _inherit = "customer.credit.reservation"

    def _get_sale_orders(self):
        """The orders that this is kept for: its origin, or those that its origin, a transaction, pays.

        :return: ``sale.order`` records, as superuser; none where it has nothing to do with orders
        """
        self.ensure_one()
        origin = self.sudo()._get_origin()
        if origin and origin._name == "sale.order":
            return origin
        if origin and origin._name == "payment.transaction":
            return origin._get_paid_orders()
        return self.env["sale.order"].sudo()

    def _is_online_payment(self):
        """Whether the customer paid it online, be it with a card or with credit: it counts as a payment of the order,
        and does not end before the order does."""
        self.ensure_one()
        return not self.move_id or self.origin_model == "payment.transaction"

    def _may_settle(self, move):
        """Invoices of the order, too, and those that the transaction itself was made for."""
        if super()._may_settle(move):
            return True
        if move.move_type not in ("out_invoice", "out_receipt"):
            return False
        move = move.sudo()
        if self._get_sale_orders() & move.line_ids.sale_line_ids.order_id:
            return True
        transactions = self.sudo().line_ids.move_id.origin_payment_id.payment_transaction_id
        return bool(transactions & move.transaction_ids)

    def _is_needed_by_orders(self, other_than=None):
        """Whether an order that this is kept for will still be invoiced.

        :param other_than: ``sale.order`` records that do not count
        """
        orders = self._get_sale_orders()
        return any(order._awaits_invoice() for order in (orders - other_than if other_than else orders))

    @api.model
    def _get_stale_domain(self):
        """Orders end in many ways, a quantity that is lowered is one: see :meth:`_is_stale`."""
        return super()._get_stale_domain() | Domain(
            [("state", "=", "held"), ("origin_model", "in", ("sale.order", "payment.transaction"))]
        )

    def _is_stale(self):
        """What no order needs any more goes back by itself, and after its time what somebody reserved for a quotation.
        What the customer paid, and what is kept for a confirmed order, has no time."""
        orders = self._get_sale_orders()
        origin = self.sudo()._get_origin()
        if orders and (origin._name == "sale.order" or origin.state == "done"):
            if not self._is_needed_by_orders():
                return True
            if self._is_online_payment() or "sale" in orders.mapped("state"):
                return False
        return super()._is_stale()

    # ------------------------------------------------------------------------------------------------------------------
    # Paying the invoices of the order
    # ------------------------------------------------------------------------------------------------------------------

    def _pay_invoice_of_order(self, invoice):
        """Pay an invoice of the order, or its share of an invoice of several orders, as far as this goes.

        A payment by somebody else than the invoiced customer was made for this very order: it is reconciled natively,
        as Odoo does it by itself.

        :param invoice: one posted ``account.move`` record
        :raise UserError: somebody else is working with one of the items
        """
        self.ensure_one()
        reservation = self.sudo()
        lines = reservation.line_ids.filtered(lambda line: not line.reconciled)
        debts = invoice.sudo()._get_open_lines().filtered(lambda line: line.amount_residual_currency > 0)
        if not lines or not debts:
            return
        if reservation.partner_id.commercial_partner_id == invoice.commercial_partner_id:
            amount = reservation._get_amount_for(invoice)
            if amount is None or amount > 0:
                reservation._credit_settle(invoice, amount)
        elif reservation._is_online_payment():
            for account in lines.account_id & debts.account_id:
                (lines | debts).filtered(lambda line, account=account: line.account_id == account).reconcile()

    def _get_amount_for(self, invoice):
        """How much of an invoice this may pay; in its currency.

        :return: None where all of the invoice is for its orders
        """
        orders = self._get_sale_orders()
        if not orders or invoice.line_ids.sale_line_ids.order_id <= orders:
            return super()._get_amount_for(invoice)
        share = sum(invoice._get_sale_order_invoiced_amount(order) for order in orders)
        for reservation in orders._get_credit_reservations(held=False):
            partials = reservation.line_ids.matched_debit_ids
            paid = partials.filtered(lambda partial: partial.debit_move_id.move_id == invoice)
            share -= sum(paid.mapped("credit_amount_currency"))
        return self.currency_id.round(min(share, self.amount_held))
