from odoo import api, fields, models
from odoo.exceptions import AccessError


class CustomerCreditStatementReport(models.AbstractModel):
    """The printed statement: for each customer and currency a page, in the customer's language."""

    _name = "report.account_customer_credit.customer_credit_statement"
    _description = "Customer Credit Statement Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        """
        :param dict data: see ``res.partner._prepare_customer_credit_statement_data``; this year, of the current
            company, where it says nothing
        :raise AccessError: the user may read no movements of customer credit, or not those of the company
        """
        data = data or {}
        self.env["customer.credit.movement"].check_access("read")
        partners = self.env["res.partner"].browse(docids)
        partners.check_access("read")
        company = self.env["res.company"].browse(int(data.get("company_id") or self.env.company.id))
        if not self.env.su and company not in self.env.companies:
            raise AccessError(self.env._("%s is not among the companies that you have selected.", company.sudo().name))
        today = fields.Date.context_today(self)
        date_to = fields.Date.to_date(data.get("date_to")) or today
        date_from = fields.Date.to_date(data.get("date_from")) or date_to.replace(month=1, day=1)
        only = self.env["res.currency"].browse(int(data.get("currency_id") or 0) or [])
        statements = []
        for partner in partners.commercial_partner_id:
            partner = partner.with_context(lang=partner.lang or self.env.lang)
            for currency in only or partner._get_customer_credit_statement_currencies(company, date_to):
                values = partner._get_customer_credit_statement_values(company, currency, date_from, date_to)
                recipient = partner.browse(partner.address_get(["invoice"])["invoice"])
                statements.append({**values, "lang": partner.env.context["lang"], "recipient": recipient})
        langs = {statement["lang"] for statement in statements}
        return {
            "doc_ids": partners.ids,
            "doc_model": "res.partner",
            "docs": partners,
            "company": company.sudo(),
            # the header is one: a wkhtmltopdf without Odoo's patch cannot print several
            "lang": langs.pop() if len(langs) == 1 else self.env.lang,
            "statements": statements,
            "today": today,
        }
