from odoo import api, models

from ..journal_first import JOURNAL_FIRST, match_journal_first


class AccountCreditAllocationRuleType(models.Model):
    _inherit = "account.credit.allocation.rule.type"

    @api.model
    def _get_matching_rules(self):
        return {**super()._get_matching_rules(), JOURNAL_FIRST: match_journal_first}
