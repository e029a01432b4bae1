from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..models.balance.context_ids import get_ids


class CustomerCreditStatement(models.TransientModel):
    """Which customers' credit is printed, and for which days."""

    _name = "customer.credit.statement"
    _description = "Customer Credit Statement"

    partner_ids = fields.Many2many(
        "res.partner",
        "customer_credit_statement_partner_rel",
        "statement_id",
        "partner_id",
        string="Customers",
        required=True,
        default=lambda self: self._get_default_partners(),
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", help="Empty for a page of each.")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: fields.Date.context_today(self) - relativedelta(months=1, day=1),
    )
    date_to = fields.Date(string="To", required=True, default=fields.Date.context_today)

    _dates_in_order = models.Constraint("CHECK(date_from <= date_to)", "The first day must not be after the last.")

    @api.model
    def _get_default_partners(self):
        """The partners from whose list or form, or from whose movements, the window was opened."""
        from_partner = self.env.context.get("active_model") == "res.partner"
        return get_ids(self.env.context.get("active_ids" if from_partner else "customer_credit_partner_id"))

    def action_print(self):
        """The PDF, one page for each customer and currency."""
        self.ensure_one()
        partners = self.partner_ids.commercial_partner_id
        report = self.env.ref("account_customer_credit.res_partner_action_customer_credit_statement")
        data = partners._prepare_customer_credit_statement_data(
            self.company_id, self.currency_id, self.date_from, self.date_to
        )
        return {**report.report_action(partners, data=data, config=False), "close_on_report_download": True}
