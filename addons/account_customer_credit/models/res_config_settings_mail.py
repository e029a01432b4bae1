from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"  # pylint: disable=consider-merging-classes-inherited

    customer_credit_mail_deposit = fields.Boolean(related="company_id.customer_credit_mail_deposit", readonly=False)
    customer_credit_mail_payment = fields.Boolean(related="company_id.customer_credit_mail_payment", readonly=False)
    customer_credit_mail_withdrawal = fields.Boolean(
        related="company_id.customer_credit_mail_withdrawal", readonly=False
    )
