from odoo import models

from .customer_credit_withdrawal import POSTED_PAYMENT_STATES


class AccountPayment(models.Model):
    _inherit = "account.payment"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        """A payment of a withdrawal that was reset to draft, and is confirmed again, pays the withdrawal again."""
        written = super().write(vals)
        if vals.get("state") in POSTED_PAYMENT_STATES:
            self.env["customer.credit.withdrawal"]._settle_of(self)
        return written
