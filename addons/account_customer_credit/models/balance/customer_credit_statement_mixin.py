from odoo import models

from .customer_credit_movement import PARTNERS_KEY

STATEMENT_REPORT = "account_customer_credit.res_partner_action_customer_credit_statement"


class CustomerCreditStatementMixin(models.AbstractModel):
    """The statement of a partner's credit for a period.

    Nothing here asks whether the current user may see it: the caller does. So the portal can use it.
    """

    _name = "customer.credit.statement.mixin"
    _description = "Statement of Customer Credit"

    def _get_customer_credit_movements(self, company):
        """The movements of one customer's credit in a company: a model, as superuser, which reads only those.

        :return: ``(customer.credit.movement, domain)``
        """
        commercial = self.commercial_partner_id
        Movement = self.env["customer.credit.movement"].sudo().with_context(**{PARTNERS_KEY: commercial.ids})
        return Movement, [("partner_id", "=", commercial.id), ("company_id", "=", company.id)]

    def _get_customer_credit_statement_values(self, company, currency, date_from, date_to):
        """What a statement says of one currency.

        :param date date_from: first day; ``date_to``: last day
        :return: dictionary of ``partner`` (commercial), ``company``, ``currency``, ``date_from``, ``date_to``;
            ``opening`` and ``closing``, what was available before the first and after the last day; ``rows``, the
            movements of the period in their order (``customer.credit.movement``, as superuser); ``received`` and
            ``spent``, the sums of the positive and of the negative ones; ``reservations``, what is held now
            (``customer.credit.reservation``, as superuser)
        """
        self.ensure_one()
        Movement, domain = self._get_customer_credit_movements(company)
        domain = [*domain, ("currency_id", "=", currency.id)]
        [[opening]] = Movement._read_group([*domain, ("date", "<", date_from)], [], ["amount:sum"])
        rows = Movement.search([*domain, ("date", ">=", date_from), ("date", "<=", date_to)], order="date, position")
        opening = currency.round(opening or 0.0)
        return {
            "partner": self.commercial_partner_id,
            "company": company,
            "currency": currency,
            "date_from": date_from,
            "date_to": date_to,
            "opening": opening,
            "rows": rows,
            "received": currency.round(sum(row.amount for row in rows if row.amount > 0)),
            "spent": currency.round(sum(row.amount for row in rows if row.amount < 0)),
            "closing": currency.round(opening + sum(rows.mapped("amount"))),
            "reservations": self._get_held_credit(company, currency),
        }

    def _get_held_credit(self, company, currency):
        """What is reserved of this customer's credit, the oldest first: ``customer.credit.reservation`` records, as
        superuser. Each keeps the customer as it was then: a person may have joined a company since."""
        return (
            self.env["customer.credit.reservation"]
            .sudo()
            .search(
                [
                    ("partner_id.commercial_partner_id", "=", self.commercial_partner_id.id),
                    ("company_id", "=", company.id),
                    ("currency_id", "=", currency.id),
                    ("state", "=", "held"),
                ],
                order="date, id",
            )
        )

    def _get_customer_credit_statement_currencies(self, company, date_to):
        """The currencies in which the customer ever had credit until a day, the company's own if there was none."""
        Movement, domain = self._get_customer_credit_movements(company)
        groups = Movement._read_group([*domain, ("date", "<=", date_to)], ["currency_id"])
        currencies = self.env["res.currency"].union(*(currency for (currency,) in groups)).with_env(self.env)
        return currencies.sorted(lambda currency: (currency != company.currency_id, currency.name)) or (
            company.currency_id
        )

    def _render_customer_credit_statement(self, company, currency, date_from, date_to):
        """The statement as a PDF, in the customer's language.

        :param currency: ``res.currency``; empty or None for a page of each
        :param date date_from: first day; ``date_to``: last day
        :return: bytes
        """
        self.ensure_one()
        report = self.env["ir.actions.report"].sudo().with_company(company)
        content, _type = report._render_qweb_pdf(
            STATEMENT_REPORT,
            self.commercial_partner_id.ids,
            data=self._prepare_customer_credit_statement_data(company, currency, date_from, date_to),
        )
        return content

    def _prepare_customer_credit_statement_data(self, company, currency, date_from, date_to):
        """What the report is told. It may travel through a browser, which then sends nothing else."""
        return {
            "partner_ids": self.commercial_partner_id.ids,
            "company_id": company.id,
            "currency_id": currency.id if currency else False,
            "date_from": str(date_from),
            "date_to": str(date_to),
        }
