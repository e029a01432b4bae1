from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import RECEIVABLE, AllocationScope


class ResPartner(models.Model):
    """A customer's credit: how much there is, how much of it may be spent, and the doors by which it is spent.

    Shop, till, portal and back office share these doors. None of them can be called from outside, and none asks whether
    the current user may: the caller does. Those that spend lock the customer's credit first, and act as superuser.

    What the screens show is in the mixins of the room ``balance``.
    """

    _name = "res.partner"
    _inherit = ["res.partner", "customer.credit.balance.mixin", "customer.credit.statement.mixin"]

    customer_credit_overdraft = fields.Selection(
        [("company", "As the company"), ("none", "Never more than the customer has"), ("limit", "Up to a limit")],
        string="May Overdraw",
        company_dependent=True,
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Whether this customer may spend more credit than there is. Empty: as the company's settings say.",
    )
    customer_credit_overdraft_limit = fields.Float(
        string="Overdraft of at Most",
        company_dependent=True,
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="All currencies together, in the company's currency.",
    )
    customer_credit_no_mail = fields.Boolean(
        string="No e-mails about credit",
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="This contact is told nothing of its deposits, withdrawals and payments by credit. On a company it holds "
        "for all of its contacts.",
    )

    @api.model
    def _get_credit_setting_fields(self):
        own = {"customer_credit_overdraft", "customer_credit_overdraft_limit", "customer_credit_no_mail"}
        return super()._get_credit_setting_fields() | own

    def _commercial_fields(self):
        return super()._commercial_fields() + ["customer_credit_overdraft", "customer_credit_overdraft_limit"]

    # ------------------------------------------------------------------------------------------------------------------
    # What a customer has: questions to the ledger, which change nothing
    # ------------------------------------------------------------------------------------------------------------------

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

    @api.model
    def _get_credit_items_sql(self, companies, partners=None):
        """A SELECT of what makes up the available credit: open free credits, and open debits that are no invoices.

        Credits that are kept from the rules ("No automatic allocation") count: they are the customer's all the same.
        One that is too large to be counted to the cent does not, as nothing can be spent of it; such a debit does.

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
            """SELECT partner_id, company_id, currency_id, CASE WHEN is_debt THEN -COALESCE(residual, large_residual)
                                                                ELSE residual END AS amount
                 FROM (%s) item
                WHERE partner_id IS NOT NULL
                  AND NOT void
                  AND CASE WHEN is_debt THEN move_type = 'entry' ELSE NOT reserved AND large_residual IS NULL END""",
            self.env["account.open.item.reader"].sudo()._get_open_item_query(scope),
        )

    # ------------------------------------------------------------------------------------------------------------------
    # What a customer may spend, and may have paid out
    # ------------------------------------------------------------------------------------------------------------------

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
        today = company._get_local_today()
        for (_partner, _company, other), amount in available.items():
            if amount < 0:
                overdraft += self.env["res.currency"].browse(other)._convert(amount, own, company, today)
        left = own._convert(max(overdraft, 0.0), currency, company, today)
        return currency.round(max(credit, 0.0) + left)

    def _get_overdraft_limit(self, company):
        """How far this customer may overdraw, all currencies together: zero or more, in the company's currency."""
        partner = self.commercial_partner_id.sudo().with_company(company)
        if partner.customer_credit_overdraft in ("none", "limit"):
            policy, limit = partner.customer_credit_overdraft, partner.customer_credit_overdraft_limit
        else:
            policy, limit = company.sudo().customer_credit_overdraft, company.sudo().customer_credit_overdraft_limit
        return max(limit, 0.0) if policy == "limit" else 0.0

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
        today = company._get_local_today()
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

    # ------------------------------------------------------------------------------------------------------------------
    # The doors: reserve, earmark, settle an overdraft, withdraw. What becomes of a reservation is asked of itself.
    # ------------------------------------------------------------------------------------------------------------------

    def _credit_lock(self, company):
        """Let nobody else spend the credit of these customers in a company until the transaction ends.

        Must come before what is checked: see ``customer.credit.lock``.

        :raise psycopg2.errors.SerializationFailure: somebody has just spent some; Odoo starts the request again
        """
        self.env["customer.credit.lock"].sudo()._take(self, company)

    def _credit_reserve(self, amount, currency, origin, *, company=None, overdraft=True, credits=None, expires=True):
        """Keep credit of this customer for something.

        :param float amount: positive, in ``currency``
        :param currency: ``res.currency`` record
        :param origin: one record of any model: what it is kept for
        :param company: ``res.company``; the current one by default
        :param bool overdraft: whether the overdraft that the policy allows may be used
        :param credits: ``account.move.line`` records; take it from these open credits only
        :param bool expires: whether it may be released by itself after the days that the company has set
        :return: ``customer.credit.reservation`` record, as superuser
        :raise InsufficientCreditError: there is not as much
        :raise UserError: the amount is not positive, or the ledger does not allow it
        """
        self.ensure_one()
        company = company or self.env.company
        partner = self.commercial_partner_id.sudo().with_company(company)
        amount = currency.round(amount)
        if not amount > 0:
            raise UserError(self.env._("The amount must be positive."))
        partner._credit_lock(company)
        with self.env.cr.savepoint():
            return partner.env["customer.credit.reserver"]._reserve(
                partner, amount, currency, origin, company, overdraft=overdraft, credits=credits, expires=expires
            )

    def _credit_earmark(self, lines, origin):
        """Keep open credits for something as they are, such as the card payment of an order. No entry is made.

        :param lines: open receivable items with a credit, of this customer, one company and one currency
        :param origin: one record of any model: what they are kept for
        :return: ``customer.credit.reservation`` record, as superuser
        :raise UserError: an item is not the customer's, not an open credit, or reserved already
        """
        lines = lines.sudo()
        if not lines:
            raise UserError(self.env._("There is no credit to reserve."))
        self._credit_lock(lines.company_id)
        return self.env["customer.credit.reserver"]._earmark(self, lines, origin)

    def _credit_settle_overdraft(self, company, currency):
        """Settle what this customer overdrew, the oldest first, with the credits that are open now.

        :return: what was settled, in ``currency``
        """
        self._credit_lock(company)
        debits = self.env["account.move.line"]._get_overdrafts(self.commercial_partner_id, company, currency)
        return debits._credit_consume() if debits else 0.0

    def _request_credit_withdrawal(self, amount, currency, bank, company, reason=None):
        """Ask for credit of this customer to be paid out. It is reserved at once, and paid after an approval.

        No rights are checked: whoever calls this has checked that the user may, and in whose name. The e-mails go to
        this contact.

        :param float amount: positive, in ``currency``
        :param currency: ``res.currency``
        :param bank: ``res.partner.bank`` of the customer or one of its contacts; whether it is trusted is asked later
        :param company: ``res.company`` whose ledger holds the credit
        :param str reason: told to the approver
        :return: the ``customer.credit.withdrawal``, as superuser
        :raise InsufficientCreditError: it is more than the customer may withdraw; overdrafts are never paid out
        :raise UserError: the amount is not positive, or the bank account is another one's
        """
        self.ensure_one()
        withdrawals = self.env["customer.credit.withdrawal"].sudo()
        return withdrawals._request(self.sudo(), amount, currency, bank.sudo(), company.sudo(), reason)

    def _get_credit_account(self, company):
        """The account on which the credit of this customer is booked in a company, and what is overdrawn.

        :raise UserError: there is none
        """
        customer = self.commercial_partner_id.with_company(company)
        if not customer.property_account_receivable_id:
            raise UserError(self.env._("Set a receivable account on %s first.", customer.display_name))
        return customer.property_account_receivable_id
