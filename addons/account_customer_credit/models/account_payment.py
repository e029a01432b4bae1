from odoo import models

from .withdrawal.customer_credit_withdrawal import POSTED_PAYMENT_STATES

# who gets how much: what was approved
APPROVED_FIELDS = {"payment_type", "partner_id", "company_id", "currency_id", "partner_bank_id", "amount"}


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def write(self, vals):
        """A withdrawal is not paid any more when the bank rejects its payment; its entry stays until the payment is
        reset or cancelled. A payment that is confirmed again pays the withdrawal again.

        :raise UserError: it is on its way, and would send something else than what was approved
        """
        written = super().write(vals)
        if APPROVED_FIELDS & set(vals):
            self.env["customer.credit.withdrawal.payer"]._check_paid_with(self)
        if vals.get("state") in POSTED_PAYMENT_STATES:
            self.env["customer.credit.withdrawal.payer"]._settle_of(self)
        elif vals.get("state") == "rejected":
            self.env["customer.credit.withdrawal.payer"]._reopen_of(self)
        return written
