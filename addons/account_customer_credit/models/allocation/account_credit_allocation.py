from odoo import fields, models


class AccountCreditAllocation(models.Model):
    _inherit = "account.credit.allocation"

    origin = fields.Selection(selection_add=[("credit", "Customer credit")], ondelete={"credit": "set other"})
