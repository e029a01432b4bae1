from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    credit_allocation_excluded = fields.Boolean(
        string="No automatic allocation",
        help="Nothing posted in this journal is ever allocated by rules: not on posting, not in bulk. "
        "You can still reconcile it by hand.",
    )

    def write(self, vals):
        unmarked = self.browse()
        if not vals.get("credit_allocation_excluded", True):
            unmarked = self.filtered("credit_allocation_excluded")
        result = super().write(vals)
        if unmarked:
            self.env["account.credit.allocation.trigger"]._note_opened_by([("journal_id", "in", unmarked.ids)])
        return result
