from odoo import api, models

from .integrity_queries import RESERVATIONS, WITHDRAWALS


class AccountCreditAllocationCheck(models.Model):
    _inherit = "account.credit.allocation.check"

    @api.model
    def _get_queries(self):
        return [*super()._get_queries(), RESERVATIONS, WITHDRAWALS]
