from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    customer_credit_mail_deposit = fields.Boolean(
        string="When credit is added",
        default=True,
        help="An e-mail tells the customer of each deposit.",
    )
    customer_credit_mail_payment = fields.Boolean(
        string="When an invoice is paid with credit",
        default=True,
        help="An e-mail tells the customer which invoice was paid, and what is left.",
    )
    customer_credit_mail_withdrawal = fields.Boolean(
        string="When credit is withdrawn",
        default=True,
        help="E-mails tell the customer that a withdrawal was requested, approved, paid or refused.",
    )
