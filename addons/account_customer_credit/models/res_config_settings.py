from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    customer_credit_overdraft = fields.Selection(related="company_id.customer_credit_overdraft", readonly=False)
    customer_credit_overdraft_limit = fields.Monetary(
        related="company_id.customer_credit_overdraft_limit",
        readonly=False,
        currency_field="currency_id",
    )
    customer_credit_overdue_lowers_withdrawal = fields.Boolean(
        related="company_id.customer_credit_overdue_lowers_withdrawal", readonly=False
    )
    customer_credit_reservation_days = fields.Integer(
        related="company_id.customer_credit_reservation_days", readonly=False
    )
    customer_credit_mail_deposit = fields.Boolean(related="company_id.customer_credit_mail_deposit", readonly=False)
    customer_credit_mail_payment = fields.Boolean(related="company_id.customer_credit_mail_payment", readonly=False)
    customer_credit_mail_withdrawal = fields.Boolean(
        related="company_id.customer_credit_mail_withdrawal", readonly=False
    )
