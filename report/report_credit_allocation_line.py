from odoo import api, models


class AllocationLineReport(models.AbstractModel):
    """Selected lines of allocation documents, printed as the documents are: one partner's part, without the others."""

    _name = "report.account_credit_allocation.report_credit_allocation_line"
    _inherit = ["report.account_credit_allocation.report_credit_allocation"]
    _description = "Credit Allocation Line Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        lines = self.env["account.credit.allocation.line"].browse(docids)
        lines.check_access("read")
        sections = [
            section
            for document, group in lines.grouped("allocation_id").items()
            for section in self._get_sections(document, group.sudo())
        ]
        return self._prepare_values(lines, sections)
