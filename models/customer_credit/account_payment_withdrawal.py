from odoo import models

from .customer_credit_withdrawal import POSTED_PAYMENT_STATES


class AccountPayment(models.Model):
    _inherit = "account.payment"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        """A withdrawal is not paid any more when the bank rejects its payment; its entry stays until the payment is
        reset or cancelled. A payment that is confirmed again pays the withdrawal again."""
        written = super().write(vals)
        if vals.get("state") in POSTED_PAYMENT_STATES:
            self.env["customer.credit.withdrawal"]._settle_of(self)
        elif vals.get("state") == "rejected":
            self.env["customer.credit.withdrawal"]._reopen_of(self)
        return written
