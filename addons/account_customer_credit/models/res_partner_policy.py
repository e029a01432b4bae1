from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import RECEIVABLE, AllocationScope


class ResPartner(models.Model):
    """How much credit a customer has, and may spend: questions to the ledger, which change nothing."""

    _inherit = "res.partner"

    customer_credit_overdraft = fields.Selection(
        [("company", "As the company"), ("none", "Never more than the customer has"), ("limit", "Up to a limit")],
        string="May Overdraw",
        company_dependent=True,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Whether this customer may spend more credit than there is. Empty: as the company's settings say.",
    )
    customer_credit_overdraft_limit = fields.Float(
        string="Overdraft of at Most",
        company_dependent=True,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="All currencies together, in the company's currency.",
    )

    def _commercial_fields(self):
        return super()._commercial_fields() + ["customer_credit_overdraft", "customer_credit_overdraft_limit"]

    @api.model
    def _get_credit_items_sql(self, companies, partners=None):
        """A SELECT of what makes up the available credit: open free credits, and open debits that are no invoices.

        Credits that are kept from the rules ("No automatic allocation") count: they are the customer's all the same.

        :param partners: of these commercial partners only; None for all
        :return: SQL of the columns partner_id, company_id, currency_id, amount: signed, in minor units of the currency,
            positive for what the customer has
        """
        scope = AllocationScope(
            company_ids=tuple(companies.ids),
            account_types=(RECEIVABLE,),
            partner_ids=None if partners is None else tuple(partners.commercial_partner_id.ids),
        )
        return SQL(
            """SELECT partner_id, company_id, currency_id, CASE WHEN is_debt THEN -residual ELSE residual END AS amount
                 FROM (%s) item
                WHERE partner_id IS NOT NULL
                  AND CASE WHEN is_debt THEN move_type = 'entry' ELSE NOT reserved END""",
            self.env["account.open.item.reader"].sudo()._get_open_item_query(scope),
        )

    def _get_available_credit(self, companies):
        """What the commercial partners of ``self`` have, from the ledger, in one query for all of them.

        :return: ``{(commercial partner id, company id, currency id): amount}``, positive for credit, negative for an
            overdraft, in the currency; without those who have nothing open
        """
        if not self or not companies:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, company_id, currency_id, SUM(amount) FROM (%s) item GROUP BY 1, 2, 3",
                self._get_credit_items_sql(companies, self),
            )
        )
        Currency = self.env["res.currency"]
        return {
            (partner, company, currency): float(minor_units) / 10 ** Currency.browse(currency).decimal_places
            for partner, company, currency, minor_units in rows
        }

    def _get_credit(self, company, currency):
        """The available credit of one customer; see :meth:`_get_available_credit`."""
        commercial = self.commercial_partner_id
        return commercial._get_available_credit(company).get((commercial.id, company.id, currency.id), 0.0)

    def _get_overdraft_limit(self, company):
        """How far this customer may overdraw, all currencies together: zero or more, in the company's currency."""
        partner = self.commercial_partner_id.sudo().with_company(company)
        if partner.customer_credit_overdraft in ("none", "limit"):
            policy, limit = partner.customer_credit_overdraft, partner.customer_credit_overdraft_limit
        else:
            policy, limit = company.sudo().customer_credit_overdraft, company.sudo().customer_credit_overdraft_limit
        return max(limit, 0.0) if policy == "limit" else 0.0

    def _get_spendable_credit(self, company, currency):
        """What one customer may spend in a currency: the credit, and what is left of the overdraft. Zero or more.

        The limit holds for all currencies together, so what is overdrawn in each is added up at today's rates.
        """
        commercial, own = self.commercial_partner_id, company.currency_id
        available = commercial._get_available_credit(company)
        credit = available.get((commercial.id, company.id, currency.id), 0.0)
        overdraft = commercial._get_overdraft_limit(company)
        if not overdraft:
            return max(credit, 0.0)
        today = fields.Date.context_today(self)
        for (_partner, _company, other), amount in available.items():
            if amount < 0:
                overdraft += self.env["res.currency"].browse(other)._convert(amount, own, company, today)
        left = own._convert(max(overdraft, 0.0), currency, company, today)
        return currency.round(max(credit, 0.0) + left)

    def _get_withdrawable_credit(self, company, currency):
        """What one customer may have paid out, zero or more: the credit, never an overdraft; where the company wants it
        so, less the invoices that are overdue, in whatever currency."""
        commercial = self.commercial_partner_id
        credit = commercial._get_credit(company, currency)
        if company.sudo().customer_credit_overdue_lowers_withdrawal:
            credit -= commercial._get_overdue_amount(company, currency)
        return max(currency.round(credit), 0.0)

    def _get_overdue_amount(self, company, currency):
        """What is overdue of the invoices of one customer, converted to a currency at today's rates; zero or more."""
        today = fields.Date.context_today(self)
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("partner_id.commercial_partner_id", "=", self.commercial_partner_id.id),
                    ("company_id", "=", company.id),
                    ("account_type", "=", RECEIVABLE),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("move_id.move_type", "in", ("out_invoice", "out_receipt")),
                    ("amount_residual_currency", ">", 0),
                    ("date_maturity", "<", today),
                ],
                ["currency_id"],
                ["amount_residual_currency:sum"],
            )
        )
        return sum(other._convert(amount, currency, company, today) for other, amount in groups)
