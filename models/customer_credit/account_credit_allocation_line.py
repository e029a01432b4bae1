from odoo import models

# Handed over in the context, so that no client can say that it is releasing a reservation.
RELEASING = object()


class AccountCreditAllocationLine(models.Model):
    _inherit = "account.credit.allocation.line"

    def _check_not_reserving(self):
        """What a reservation took, or gave back, is no allocation to take back by itself.

        :raise UserError: one of these belongs to a reservation, which is released instead
        """
        if self.env.context.get("credit_reservation_releasing") is not RELEASING:
            self.filtered(lambda line: line.state == "done").debt_move_id._check_reserves_nothing()
