from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class CustomerCreditStatementReport(models.AbstractModel):
    """The printed statement: for each customer and currency a page, in the customer's language."""

    _name = "report.account_customer_credit.customer_credit_statement"
    _description = "Customer Credit Statement Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        """
        :param docids: ids of partners; the web client sends none, and has those in ``data``
        :param dict data: see ``res.partner._prepare_customer_credit_statement_data``; this year, of the current
            company, where it says nothing
        :raise AccessError: the user may read no movements of customer credit, or not those of the company
        :raise UserError: ``data``, which may come from an address that somebody typed, names nothing to be printed
        """
        data = data or {}
        self.env["customer.credit.movement"].check_access("read")
        partners = self._get_named("res.partner", docids or data.get("partner_ids"))
        if not partners:
            raise UserError(self._get_no_statement())
        partners.check_access("read")
        company = self._get_named("res.company", data.get("company_id")) or self.env.company
        if not self.env.su and company not in self.env.companies:
            raise AccessError(self.env._("%s is not among the companies that you have selected.", company.sudo().name))
        today = fields.Date.context_today(self)
        date_to = self._get_named_date(data.get("date_to")) or today
        date_from = self._get_named_date(data.get("date_from")) or date_to.replace(month=1, day=1)
        only = self._get_named("res.currency", data.get("currency_id"))
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

    @api.model
    def _get_named(self, model, ids):
        """The records with these ids, which may have come through a browser as anything; none for nothing.

        :raise UserError: they are no ids, or not of records
        """
        ids = ids if isinstance(ids, list | tuple) else [ids] if ids else []
        try:
            records = self.env[model].browse([int(id_) for id_ in ids])
        except (TypeError, ValueError) as error:
            raise UserError(self._get_no_statement()) from error
        if records.exists() != records:
            raise UserError(self._get_no_statement())
        return records

    @api.model
    def _get_named_date(self, text):
        """:raise UserError: it is no date"""
        try:
            return fields.Date.to_date(text)
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(self._get_no_statement()) from error

    @api.model
    def _get_no_statement(self):
        return self.env._("There is no such statement: print it anew, from the movements of the customer's credit.")
