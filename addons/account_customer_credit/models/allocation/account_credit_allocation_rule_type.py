from odoo import api, models

from ...overdraft import OVERDRAFT, match_overdraft


class AccountCreditAllocationRuleType(models.Model):
    _inherit = "account.credit.allocation.rule.type"

    @api.model
    def _get_matching_rules(self):
        return {**super()._get_matching_rules(), OVERDRAFT: match_overdraft}
