from odoo import api, fields, models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    customer_credit_summary = fields.Char(
        string="Available Credit",
        compute="_compute_customer_credit_summary",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="What the customer has and may spend, in each currency. Empty where there is nothing.",
    )

    @api.depends("commercial_partner_id", "company_id", "move_type", "state", "payment_state")
    def _compute_customer_credit_summary(self):
        """Of customer invoices that are not paid yet: others have no use for it."""
        self.customer_credit_summary = False
        payable = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_receipt")
            and move.state != "cancel"
            and move.payment_state in ("not_paid", "partial")
            and move.commercial_partner_id
        )
        for company, moves in payable.grouped("company_id").items():
            amounts = moves.commercial_partner_id._get_credit_by_currency(company)
            for move in moves:
                credit = amounts.get(move.commercial_partner_id._origin.id, {})
                if any(not currency.is_zero(amount) for currency, amount in credit.items()):
                    partner = move.partner_id.with_company(company)
                    move.customer_credit_summary = partner._format_credit(credit)
