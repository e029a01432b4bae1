from odoo import models


class PaymentTransaction(models.Model):
    """The payment of a sales order belongs to that order until it is invoiced, or cancelled."""

    _inherit = "payment.transaction"

    def _create_payment(self, **extra_create_values):
        payment = super()._create_payment(**extra_create_values)
        self._return_payment_of_order(payment)
        self._earmark_payment()
        self._get_paid_orders()._settle_reserved_credit()
        return payment

    def _get_paid_orders(self):
        """The orders that these transactions pay, as superuser; a part that was captured pays those of the whole."""
        transactions = self.sudo()
        return transactions.sale_order_ids | transactions.source_transaction_id.sale_order_ids

    def _earmark_payment(self):
        """Keep what is open of the payment for the order.

        A payment of several orders is kept for all of them together: its origin is the transaction.
        """
        self.ensure_one()
        orders = self._get_paid_orders().filtered(lambda order: order._has_to_be_settled())
        lines = (
            self.sudo()
            .payment_id.move_id._get_open_lines()
            .filtered(
                lambda line: line.account_type == "asset_receivable"
                and line.amount_residual_currency < 0
                and not line.credit_reservation_id
            )
        )
        if orders and lines:
            origin = orders if len(orders) == 1 else self.sudo()
            lines.partner_id.commercial_partner_id._credit_earmark(lines, origin)

    def _return_payment_of_order(self, payment):
        """What the provider pays back is taken from the payment that it pays back, as far as that is still open."""
        self.ensure_one()
        source = self.sudo().source_transaction_id
        refund = payment.sudo().move_id
        if self.operation != "refund" or not source._get_paid_orders() or not refund:
            return
        paid = source.payment_id.move_id._get_open_lines().filtered(lambda line: line.amount_residual_currency < 0)
        for reservation in paid.credit_reservation_id:
            reservation._credit_settle(refund)
        free = paid.filtered(lambda line: not line.credit_reservation_id and not line.reconciled)
        if debts := free and refund._get_open_lines().filtered(lambda line: line.amount_residual_currency > 0):
            debts._credit_consume(free)
