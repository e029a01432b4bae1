from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    customer_credit_topup = fields.Boolean(related="company_id.customer_credit_topup", readonly=False)
    customer_credit_topup_min = fields.Monetary(related="company_id.customer_credit_topup_min", readonly=False)
    customer_credit_topup_max = fields.Monetary(related="company_id.customer_credit_topup_max", readonly=False)
    customer_credit_portal_withdrawal = fields.Boolean(
        related="company_id.customer_credit_portal_withdrawal", readonly=False
    )
