from odoo import api, models
from odoo.exceptions import UserError

from ..exceptions import InsufficientCreditError


class ResPartner(models.Model):
    """Spending a customer's credit: what shop, till, portal and back office share.

    None of these methods can be called from outside, and none asks whether the current user may: the caller does. All
    of them lock the customer's credit first, and are done as superuser.
    """

    _inherit = "res.partner"

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
            partner._credit_settle_overdraft(company, currency)
            partner._check_credit(amount, company, currency, overdraft=overdraft, credits=credits)
            if credits is None:
                credits = self.env["account.move.line"]._get_free_credits(partner, company, currency)
            parts = partner._prepare_credit_parts(credits.sudo(), amount, company, currency)
            return partner._make_reservation(parts, company, currency, origin, credits=credits.sudo(), expires=expires)

    def _check_credit(self, amount, company, currency, *, overdraft, credits):
        """:raise InsufficientCreditError: the customer may not spend that much"""
        spendable = self._get_spendable_credit(company, currency)
        if not overdraft:
            spendable = min(spendable, max(self._get_credit(company, currency), 0.0))
        if credits is not None:
            spendable = min(spendable, -sum(credits.sudo().mapped("amount_residual_currency")))
        if currency.compare_amounts(amount, spendable) > 0:
            raise InsufficientCreditError(
                self.env._(
                    "%(customer)s may spend %(spendable)s of credit, %(amount)s is too much.",
                    customer=self.display_name,
                    spendable=currency.format(spendable),
                    amount=currency.format(amount),
                )
            )

    @api.model
    def _prepare_credit_parts(self, credits, amount, company, currency):
        """From which credits an amount is taken: one part for each account and, in a foreign currency, for each credit,
        so that every part is worth what its credit was booked at and to reserve brings no gain and no loss.

        :return: list of ``(account, amount, balance)``, see ``customer.credit.reservation._prepare_entry_vals``
        """
        parts, own = {}, currency == company.currency_id
        left = amount
        for line in credits:
            part = currency.round(min(left, -line.amount_residual_currency))
            if part <= 0:
                continue
            left = currency.round(left - part)
            whole = currency.compare_amounts(part, -line.amount_residual_currency) == 0
            balance = (
                -line.amount_residual
                if whole
                else company.currency_id.round(line.balance * part / line.amount_currency)
            )
            key = (line.account_id, None if own else line)
            taken = parts.get(key, (0.0, 0.0))
            parts[key] = (currency.round(taken[0] + part), company.currency_id.round(taken[1] + balance))
        prepared = [(account, part, None if own else balance) for (account, _line), (part, balance) in parts.items()]
        if currency.is_zero(left):
            return prepared
        # what is overdrawn is owed on the account on which the customer's invoices are
        account = self._get_credit_account(company)
        if own and (account, None) in parts:
            return [(a, p + left if a == account else p, b) for a, p, b in prepared]
        return [*prepared, (account, left, None)]

    def _get_credit_account(self, company):
        """The account on which the credit of this customer is booked in a company, and what is overdrawn.

        :raise UserError: there is none
        """
        customer = self.commercial_partner_id.with_company(company)
        if not customer.property_account_receivable_id:
            raise UserError(self.env._("Set a receivable account on %s first.", customer.display_name))
        return customer.property_account_receivable_id

    def _make_reservation(self, parts, company, currency, origin, *, credits, expires):
        """Post the entry and let its debit items take the credits."""
        Reservation = self.env["customer.credit.reservation"].sudo().with_company(company)
        label = self.env._("Reserved for %s", origin.sudo().display_name)
        Move = self.env["account.move"].sudo().with_company(company).with_context(skip_credit_allocation=True)
        move = Move.create(Reservation._prepare_entry_vals(self, company, currency, parts, label))
        lines = move.line_ids.filtered(lambda line: line.amount_currency < 0)
        reservation = Reservation._make(self, company, currency, origin, move=move, lines=lines, expires=expires)
        move._post(soft=False)
        for debit in (move.line_ids - lines).sorted("id"):
            debit._credit_consume(credits)
        return reservation

    def _credit_earmark(self, lines, origin):
        """Keep open credits for something as they are, such as the card payment of an order. No entry is made.

        :param lines: open receivable items with a credit, of this customer, one company and one currency
        :return: ``customer.credit.reservation`` record, as superuser
        :raise UserError: an item is not the customer's, not an open credit, or reserved already
        """
        lines = lines.sudo()
        if not lines:
            raise UserError(self.env._("There is no credit to reserve."))
        company = lines.company_id
        self._credit_lock(company)
        for line in lines:
            usable = line.parent_state == "posted" and line.amount_residual_currency < 0
            if (
                not usable
                or line.credit_reservation_id
                or line.partner_id.commercial_partner_id != self.commercial_partner_id
                or line.account_type != "asset_receivable"
            ):
                raise UserError(self.env._("%s is no free credit, so it cannot be reserved.", line.move_id.name))
        return self.env["customer.credit.reservation"]._make(
            self, company, lines.currency_id, origin, lines=lines, expires=False
        )

    def _credit_settle_overdraft(self, company, currency):
        """Settle what this customer overdrew, the oldest first, with the credits that are open now.

        :return: what was settled, in ``currency``
        """
        self._credit_lock(company)
        debits = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("partner_id", "=", self.commercial_partner_id.id),
                    ("currency_id", "=", currency.id),
                    ("account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual_currency", ">", 0),
                    ("journal_id", "=", company.sudo().customer_credit_journal_id.id),
                ],
                order="date, id",
            )
        )
        return debits._credit_consume() if debits else 0.0
