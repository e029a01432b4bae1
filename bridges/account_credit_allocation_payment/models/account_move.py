from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        """An invoice that was paid with credit before it was posted, as that of an order may be, takes that credit."""
        posted = super()._post(soft=soft)
        paying = posted.sudo().transaction_ids.filtered(
            lambda tx: tx.provider_code == "customer_credit" and tx.state == "done"
        )
        if paying:
            paying._settle_customer_credit()
        return posted
