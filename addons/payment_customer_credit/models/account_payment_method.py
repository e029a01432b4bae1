from odoo import api, models


class AccountPaymentMethod(models.Model):
    _inherit = "account.payment.method"

    @api.model
    def _get_payment_method_information(self):
        """Credit is no money that arrives on a bank journal: it is no method of ``account.payment``."""
        information = super()._get_payment_method_information()
        information.pop("customer_credit", None)
        return information
