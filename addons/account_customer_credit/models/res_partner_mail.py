from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    customer_credit_no_mail = fields.Boolean(
        string="No e-mails about credit",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="This contact is told nothing of its deposits, withdrawals and payments by credit. On a company it holds "
        "for all of its contacts.",
    )
