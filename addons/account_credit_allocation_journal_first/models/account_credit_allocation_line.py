from odoo import api, models

from ..journal_first import JOURNAL_FIRST


class AccountCreditAllocationLine(models.Model):
    _inherit = "account.credit.allocation.line"

    @api.model
    def _get_evidence_text(self, evidence):
        if evidence.code == JOURNAL_FIRST:
            return self.env._("It was paid through a journal that settles invoices of this journal first")
        return super()._get_evidence_text(evidence)
