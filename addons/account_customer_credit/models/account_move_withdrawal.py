from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        """However the entry of a payment is taken back, the withdrawal that it paid is not paid any more."""
        written = super().write(vals)
        if vals.get("state") in ("draft", "cancel") and (payments := self.origin_payment_id):
            self.env["customer.credit.withdrawal"]._reopen_of(payments)
        return written
