from odoo import models


class CustomerCreditReservation(models.Model):
    _inherit = "customer.credit.reservation"  # pylint: disable=consider-merging-classes-inherited

    def _credit_settle(self, moves, amount=None):
        """Tell the customer of each invoice that was paid. Not of a payment that was meant for it from the start."""
        before = self._get_spent_by_move(moves)
        settled = super()._credit_settle(moves, amount)
        if self.sudo().move_id:
            after = self._get_spent_by_move(moves)
            for invoice in moves.filtered(lambda move: move.is_sale_document(include_receipts=True)):
                spent = self.currency_id.round(after[invoice] - before[invoice])
                if spent > 0:
                    self.env["customer.credit.mail"]._queue("payment", self, document=invoice, amount=spent)
        return settled

    def _get_spent_by_move(self, moves):
        """``{account.move: what it got of this reservation}``, positive, in the currency of the reservation."""
        partials = self.sudo().line_ids.matched_debit_ids
        return {
            move: sum(
                partials.filtered(lambda partial, move=move: partial.debit_move_id.move_id == move).mapped(
                    "credit_amount_currency"
                )
            )
            for move in moves
        }
