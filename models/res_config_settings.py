from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    credit_allocation_receivable = fields.Boolean(related="company_id.credit_allocation_receivable", readonly=False)
    credit_allocation_payable = fields.Boolean(related="company_id.credit_allocation_payable", readonly=False)
    credit_allocation_on_payment = fields.Boolean(related="company_id.credit_allocation_on_payment", readonly=False)
    credit_allocation_on_refund = fields.Boolean(related="company_id.credit_allocation_on_refund", readonly=False)
    credit_allocation_on_invoice = fields.Boolean(related="company_id.credit_allocation_on_invoice", readonly=False)
    credit_allocation_on_entry = fields.Boolean(related="company_id.credit_allocation_on_entry", readonly=False)
    credit_allocation_tz = fields.Selection(
        related="company_id.partner_id.tz",
        string="Time Zone of the Company",
        readonly=False,
        help="Decides on which day something happens that nobody does: allocations that a customer's payment starts, "
        "statements, reservations that expire. Users have their own in their preferences.",
    )
    credit_allocation_order = fields.Selection(related="company_id.credit_allocation_order", readonly=False)
    credit_allocation_cross_currency = fields.Boolean(
        related="company_id.credit_allocation_cross_currency", readonly=False
    )
