import operator

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_list

from .customer_credit_movement import PARTNERS_KEY

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class CustomerCreditBalanceMixin(models.AbstractModel):
    """The customer's credit as the screens of a partner show it: balance, text, filter, button.

    What it is comes from ``res.partner._get_available_credit``.
    """

    _name = "customer.credit.balance.mixin"
    _description = "Balance of Customer Credit"

    customer_credit_currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_customer_credit_currency_id",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    customer_credit_balance = fields.Monetary(
        string="Available Credit",
        compute="_compute_customer_credit_balance",
        search="_search_customer_credit_balance",
        currency_field="customer_credit_currency_id",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="What the commercial entity has and may spend, all currencies together at today's rates. "
        "Negative for an overdraft.",
    )
    customer_credit_summary = fields.Char(
        string="Credit",
        compute="_compute_customer_credit_balance",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Available credit in each currency.",
    )

    @api.depends_context("company")
    def _compute_customer_credit_currency_id(self):
        self.customer_credit_currency_id = self.env.company.currency_id

    @api.depends_context("company", "allowed_company_ids")
    def _compute_customer_credit_balance(self):
        """One query for all partners. Companies are those that the user has selected."""
        amounts = self._get_credit_by_currency(self.env.companies)
        rates = self._get_customer_credit_rates()
        own = self.env.company.currency_id
        for partner in self:
            credit = amounts.get(partner.commercial_partner_id.id, {})
            partner.customer_credit_balance = own.round(
                sum(amount * rates[currency.id] for currency, amount in credit.items())
            )
            partner.customer_credit_summary = partner._format_credit(credit)

    def _get_credit_by_currency(self, companies):
        """``{commercial partner id: {currency: amount}}``, what the customers have in these companies together."""
        amounts = {}
        available = self.commercial_partner_id.sudo()._get_available_credit(companies)
        for (partner_id, _company_id, currency_id), amount in sorted(available.items()):
            currency = self.env["res.currency"].browse(currency_id)
            credit = amounts.setdefault(partner_id, {})
            credit[currency] = currency.round(credit.get(currency, 0.0) + amount)
        return amounts

    @api.model
    def _format_credit(self, credit):
        """Amounts of several currencies as a text, the company's own first; zero where there is nothing."""
        own = self.env.company.currency_id
        texts = [
            currency.format(amount)
            for currency, amount in sorted(credit.items(), key=lambda item: (item[0] != own, item[0].name))
            if not currency.is_zero(amount)
        ]
        return format_list(self.env, texts) if texts else own.format(0.0)

    @api.model
    def _get_customer_credit_rates(self):
        """``{currency id: what one unit is worth today in the company's currency}``, of all currencies."""
        company = self.env.company
        Currency = self.env["res.currency"].sudo().with_context(active_test=False)
        currencies = Currency.search([])  # pylint: disable=no-search-all
        rates = currencies._get_rates(company, fields.Date.context_today(self))
        own = rates[company.currency_id.id]
        return {currency_id: own / rate for currency_id, rate in rates.items()}

    @api.model
    def _search_customer_credit_balance(self, operator, value):
        # a search could find out what the field does not tell
        self._check_field_access(self._fields["customer_credit_balance"], "read")
        if operator == "in":
            return Domain.OR(
                self._search_customer_credit_balance(">=", amount) & self._search_customer_credit_balance("<=", amount)
                for amount in value
            )
        if operator not in OPERATORS:
            return NotImplemented
        value = self._get_searched_amount(value)
        # who has no credit at all is in no journal item: found by leaving out the others
        with_zero = OPERATORS[operator](0.0, value)
        condition = SQL("balance %s %s", SQL(operator), value)
        partners = self._get_customer_credit_search_sql(SQL("NOT (%s)", condition) if with_zero else condition)
        return Domain("commercial_partner_id", "not in" if with_zero else "in", partners)

    @api.model
    def _get_searched_amount(self, value):
        """:raise UserError: it is no number, nor empty"""
        try:
            return float(value or 0.0)
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(self.env._("Compare the available credit with a number, such as 100.")) from error

    @api.model
    def _get_customer_credit_search_sql(self, condition):
        """A SELECT of the commercial partners whose ``balance`` meets the condition.

        Open items only: those of many partners, read once.
        """
        company = self.env.company
        rates = self._get_customer_credit_rates()
        return SQL(
            """SELECT partner_id
                 FROM (SELECT item.partner_id,
                              ROUND(SUM(item.amount / 10 ^ currency.decimal_places * rates.rate)::numeric, %(digits)s)
                              AS balance
                         FROM (%(items)s) item
                         JOIN res_currency currency ON currency.id = item.currency_id
                         JOIN UNNEST(%(ids)s::integer[], %(rates)s::double precision[]) AS rates(currency_id, rate)
                           ON rates.currency_id = item.currency_id
                     GROUP BY item.partner_id) credit
                WHERE %(condition)s""",
            digits=company.currency_id.decimal_places,
            items=self.sudo()._get_credit_items_sql(self.env.companies),
            ids=list(rates),
            rates=list(rates.values()),
            condition=condition,
        )

    # ------------------------------------------------------------------------------------------------------------------
    # What the buttons open
    # ------------------------------------------------------------------------------------------------------------------

    def action_open_customer_credit(self):
        """Open the movements of these customers' credit."""
        self.env["customer.credit.movement"].check_access("read")
        self.check_access("read")
        partners = self.commercial_partner_id
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_customer_credit.customer_credit_movement_action"
        )
        # the context keeps every request from reading anybody else's ledger, those by id included
        action["context"] = {PARTNERS_KEY: partners.ids, "customer_credit_partner_id": self[:1].id}
        action["domain"] = [("partner_id", "in", partners.ids)]
        if len(partners) == 1:
            action["display_name"] = self.env._("Credit of %s", partners.display_name)
        return action
