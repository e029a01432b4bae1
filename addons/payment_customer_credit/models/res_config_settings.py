from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    customer_credit_topup = fields.Boolean(related="company_id.customer_credit_topup", readonly=False)
    customer_credit_topup_min = fields.Monetary(related="company_id.customer_credit_topup_min", readonly=False)
    customer_credit_topup_max = fields.Monetary(related="company_id.customer_credit_topup_max", readonly=False)
    customer_credit_portal_withdrawal = fields.Boolean(
        related="company_id.customer_credit_portal_withdrawal", readonly=False
    )

    def action_open_customer_credit_provider(self):
        """The payment provider with which customers of the company spend their credit online.

        :raise AccessError: the user may not read payment providers
        """
        self.ensure_one()
        provider = self.env["payment.provider"].search(
            [("code", "=", "customer_credit"), ("company_id", "=", self.company_id.id)], limit=1
        )
        if not provider:
            return self.env["ir.actions.act_window"]._for_xml_id("payment.action_payment_provider")
        return provider._get_records_action()
