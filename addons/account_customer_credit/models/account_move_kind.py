from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    customer_credit_kind = fields.Selection(
        [("deposit", "Added Credit"), ("adjustment", "Correction"), ("transfer", "Transfer")],
        string="Customer Credit Movement",
        copy=False,
        readonly=True,
        help="What this entry was to the customer's credit, as the movements of customer credit say it. "
        "Empty: as the kind of document says.",
    )
