from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    credit_allocation_excluded = fields.Boolean(
        string="No automatic allocation",
        help="Nothing posted in this journal is ever allocated by rules: not on posting, not in bulk. "
        "You can still reconcile it by hand.",
    )
