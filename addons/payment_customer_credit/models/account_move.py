from odoo import models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_customer_credit_lost_discount(self):
        """The discount that this invoice grants for an early payment today, which a payment with credit does not get:
        credit is reconciled as it is, without a write-off. Zero or more, in the currency of the invoice."""
        self.ensure_one()
        return self._get_invoice_next_payment_values().get("epd_discount_amount_currency", 0.0)

    def _post(self, soft=True):
        """An invoice that was paid with credit before it was posted, as that of an order may be, takes that credit."""
        posted = super()._post(soft=soft)
        paying = posted.sudo().transaction_ids.filtered(
            lambda tx: tx.provider_code == "customer_credit" and tx.state == "done"
        )
        for tx in paying:
            try:
                with self.env.cr.savepoint():
                    tx._settle_customer_credit()
            except UserError as error:  # the credit stays reserved, and the invoice is due
                tx.with_context(payment_backend_action=True)._log_message_on_linked_documents(str(error))
        return posted

    def button_cancel(self):
        """The credit that paid the invoice goes back to the customer; a draft may be posted again, and keeps it."""
        if self:
            self.check_access("write")
        cancelled = super().button_cancel()
        self.sudo().transaction_ids._release_unneeded_customer_credit()
        return cancelled

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """The credit that paid an invoice goes back when a credit note settles that instead."""
        reversals = super()._reverse_moves(default_values_list=default_values_list, cancel=cancel)
        if cancel:
            self.sudo().transaction_ids._release_unneeded_customer_credit()
        return reversals
