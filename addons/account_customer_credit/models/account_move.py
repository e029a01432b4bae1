from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    # ------------------------------------------------------------------------------------------------------------------
    # Reserved credit is offered to its own invoice only
    # ------------------------------------------------------------------------------------------------------------------

    def _compute_payments_widget_to_reconcile_info(self):
        computed = super()._compute_payments_widget_to_reconcile_info()
        for move in self:
            widget = move.invoice_outstanding_credits_debits_widget
            if not widget:
                continue
            lines = self.env["account.move.line"].browse([offer["id"] for offer in widget["content"]])
            reserved = lines.filtered(lambda line, move=move: not line._may_settle(move))
            if reserved:
                content = [offer for offer in widget["content"] if offer["id"] not in reserved.ids]
                move.invoice_outstanding_credits_debits_widget = content and {**widget, "content": content}
        return computed

    def js_assign_outstanding_line(self, line_id):
        line = self.env["account.move.line"].browse(line_id)
        if not line._may_settle(self):
            raise UserError(
                self.env._(
                    "%(credit)s is reserved for %(origin)s.",
                    credit=line.move_id.name,
                    origin=line.sudo().credit_reservation_id.origin_label,
                )
            )
        return super().js_assign_outstanding_line(line_id)

    # ------------------------------------------------------------------------------------------------------------------
    # The entry of a reservation
    # ------------------------------------------------------------------------------------------------------------------

    def button_draft(self):
        self._check_reserves_nothing()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_reserves_nothing()
        return super()._reverse_moves(default_values_list=default_values_list, cancel=cancel)

    def _check_reserves_nothing(self):
        """What reserves credit is released by its reservation.

        :raise UserError: one of the entries is that of a reservation, or has moved its credit to another account
        """
        Reservation = self.env["customer.credit.reservation"].sudo()
        reservation = Reservation.search([("move_id", "in", self.ids)], limit=1)
        # an earmark has no entry: it is on a payment, which may be taken back
        moved = self.sudo().line_ids.filtered(lambda line: line.credit_reservation_id.move_id)
        if reservation := reservation or moved.credit_reservation_id[:1]:
            raise UserError(
                self.env._(
                    "%(entry)s reserves credit for %(origin)s. Release the reservation instead.",
                    entry=reservation.name,
                    origin=reservation.origin_label,
                )
            )
