from odoo import fields, models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    credit_allocation_journal_ids = fields.Many2many(
        "account.journal",
        "account_journal_credit_allocation_rel",
        "journal_id",
        "settled_journal_id",
        string="Settles First",
        domain="[('type', 'in', ('sale', 'purchase')), ('company_id', '=', company_id)]",
        help="What is paid through this journal settles the invoices of these journals before all others, where the "
        "rule Journal first is on.",
    )
