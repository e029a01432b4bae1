from odoo import models
from odoo.exceptions import UserError


class CustomerCreditReservation(models.Model):
    _inherit = "customer.credit.reservation"  # pylint: disable=consider-merging-classes-inherited

    def _check_may_release(self):
        """Credit that waits for the payment of a withdrawal is released by refusing or cancelling the withdrawal."""
        withdrawal = (
            self.env["customer.credit.withdrawal"]
            .sudo()
            .search([("reservation_id", "in", self.ids), ("state", "in", ("requested", "approved", "done"))], limit=1)
        )
        if withdrawal:
            raise UserError(self.env._("This credit waits for %s. Refuse or cancel that.", withdrawal.name))
        return super()._check_may_release()
