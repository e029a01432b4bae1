import logging

from odoo import models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    """Invoices of sales orders are paid from what is kept for these orders, as soon as they are posted."""

    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        for payment in posted.sudo().origin_payment_id:
            transaction = payment.payment_transaction_id
            if transaction.payment_id == payment:  # was reset to draft before
                transaction._earmark_payment()
                transaction._get_paid_orders()._settle_reserved_credit()
        invoices = posted.filtered(lambda move: move.is_sale_document(include_receipts=True))
        if orders := invoices.sudo().line_ids.sale_line_ids.order_id:
            orders._settle_reserved_credit()
        return posted

    def button_draft(self):
        if self:
            self.check_access("write")
        drafted = super().button_draft()
        self._release_payments_of_orders()
        return drafted

    def button_cancel(self):
        if self:
            self.check_access("write")
        cancelled = super().button_cancel()
        self._release_payments_of_orders()
        return cancelled

    def _release_payments_of_orders(self):
        """A payment that is no longer posted is kept for nothing; see :meth:`_post` for when it is posted again."""
        for reservation in self.sudo().line_ids.credit_reservation_id:
            if not reservation.move_id and reservation._get_sale_orders():
                reservation._credit_release()

    def js_assign_outstanding_line(self, line_id):
        """What is kept for the order of this invoice pays the order's share only, and that is put on record."""
        self.check_access("write")
        line = self.env["account.move.line"].browse(line_id)
        line.check_access("write")
        reservation = line.sudo().credit_reservation_id
        if not reservation or not reservation._get_sale_orders() or not reservation._may_settle(self):
            return super().js_assign_outstanding_line(line_id)
        self.env["account.partial.reconcile"].check_access("create")
        return reservation._pay_invoice_of_order(self)

    def _pay_from_reserved_credit(self, reservations):
        """Pay this invoice from what is kept for its orders. What goes wrong with that does not stop the invoice: it
        stays open, and the reason is told in its chatter."""
        self.ensure_one()
        for reservation in reservations:
            try:
                with self.env.cr.savepoint():
                    reservation._pay_invoice_of_order(self)
            except UserError as error:
                _logger.info("%s is not paid from %s: %s", self.name, reservation.name, error)
                self.message_post(
                    body=self.env._(
                        "It could not be paid with what is reserved by %(reservation)s: %(reason)s",
                        reservation=reservation.name,
                        reason=error,
                    )
                )
