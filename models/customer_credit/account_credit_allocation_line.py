from odoo import models

from .customer_credit_reservation_release import RELEASING


class AccountCreditAllocationLine(models.Model):
    _inherit = "account.credit.allocation.line"  # pylint: disable=consider-merging-classes-inherited

    def _check_not_reserving(self):
        """What a reservation took, or gave back, is no allocation to take back by itself.

        :raise UserError: one of these belongs to a reservation, which is released instead
        """
        if self.env.context.get("credit_reservation_releasing") is not RELEASING:
            self.filtered(lambda line: line.state == "done").debt_move_id._check_reserves_nothing()
