from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import RECEIVABLE

from ...exceptions import InsufficientCreditError


class CustomerCreditReserver(models.AbstractModel):
    """How credit is reserved: an entry takes the customer's oldest credits, or a mark keeps one as it is.

    The way in is ``res.partner._credit_reserve`` or ``_credit_earmark``, which have locked the customer's credit.
    """

    _name = "customer.credit.reserver"
    _description = "Customer Credit Reserver"

    @api.model
    def _reserve(self, partner, amount, currency, origin, company, *, overdraft, credits, expires):
        """See ``res.partner._credit_reserve``.

        :param partner: the commercial partner, as superuser and with the company of the credit
        """
        partner._credit_settle_overdraft(company, currency)
        self._check_enough(partner, amount, company, currency, overdraft=overdraft, credits=credits)
        if credits is None:
            credits = self.env["account.move.line"]._get_free_credits(partner, company, currency)
        credits = credits.sudo()
        parts = self._prepare_parts(partner, credits, amount, company, currency)
        label = self.env._("Reserved for %s", origin.sudo().display_name)
        move = self._create_entry(partner, company, currency, parts, label)
        lines = move.line_ids.filtered(lambda line: line.amount_currency < 0)
        reservation = self._create_reservation(
            partner, company, currency, origin, move=move, lines=lines, expires=expires
        )
        move._post(soft=False)
        (move.line_ids - lines)._credit_consume(credits)
        return reservation

    @api.model
    def _earmark(self, partner, lines, origin):
        """See ``res.partner._credit_earmark``."""
        void = self.env["account.open.item.reader"]._find_void(lines)
        for line in lines:
            usable = line not in void and line.parent_state == "posted" and line.amount_residual_currency < 0
            if (
                not usable
                or line.credit_reservation_id
                or line.partner_id.commercial_partner_id != partner.commercial_partner_id
                or line.account_type != RECEIVABLE
            ):
                raise UserError(self.env._("%s is no free credit, so it cannot be reserved.", line.move_id.name))
        return self._create_reservation(
            partner, lines.company_id, lines.currency_id, origin, lines=lines, expires=False
        )

    @api.model
    def _check_enough(self, partner, amount, company, currency, *, overdraft, credits):
        """:raise InsufficientCreditError: the customer may not spend that much"""
        spendable = partner._get_spendable_credit(company, currency)
        if not overdraft:
            spendable = min(spendable, max(partner._get_credit(company, currency), 0.0))
        if credits is not None:
            spendable = min(spendable, -sum(credits.sudo().mapped("amount_residual_currency")))
        if currency.compare_amounts(amount, spendable) > 0:
            raise InsufficientCreditError(
                self.env._(
                    "%(customer)s may spend %(spendable)s of credit, %(amount)s is too much.",
                    customer=partner.display_name,
                    spendable=currency.format(spendable),
                    amount=currency.format(amount),
                )
            )

    @api.model
    def _prepare_parts(self, partner, credits, amount, company, currency):
        """From which credits an amount is taken: one part for each account and, in a foreign currency, for each credit,
        so that every part is worth what its credit was booked at and to reserve brings no gain and no loss.

        :param credits: ``account.move.line`` records, as superuser, in the order in which they are taken
        :param float amount: positive, in ``currency``; what the credits do not cover is overdrawn
        :return: list of ``(account, amount, balance)``, see :meth:`_prepare_entry_vals`
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
        account = partner._get_credit_account(company)
        if own and (account, None) in parts:
            return [(a, p + left if a == account else p, b) for a, p, b in prepared]
        return [*prepared, (account, left, None)]

    @api.model
    def _create_entry(self, partner, company, currency, parts, label, credit_account=None):
        """The entry of a reservation, in draft; see :meth:`_prepare_entry_vals`. No rule is to spend what it posts."""
        Move = self.env["account.move"].sudo().with_company(company).with_context(skip_credit_allocation=True)
        return Move.create(self._prepare_entry_vals(partner, company, currency, parts, label, credit_account))

    @api.model
    def _prepare_entry_vals(self, partner, company, currency, parts, label, credit_account=None):
        """Values of the entry: for each part a debit item and, right after it, the credit item that is reserved.

        :param list parts: ``(account, amount, balance)``, positive, the balance in the company's currency; None for
            the balance at today's rate
        :param credit_account: of the credit items, where it is another one than that of the debit items
        """
        commands = []
        for account, amount, balance in parts:
            for sign, item_account in ((1, account), (-1, credit_account or account)):
                vals = {
                    "account_id": item_account.id,
                    "partner_id": partner.commercial_partner_id.id,
                    "currency_id": currency.id,
                    "amount_currency": sign * amount,
                    "name": label,
                }
                commands.append(Command.create(vals if balance is None else {**vals, "balance": sign * balance}))
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company._get_customer_credit_journal().id,
            "date": company.with_env(self.env)._credit_allocation_today(),
            "currency_id": currency.id,
            "ref": label,
            "line_ids": commands,
        }

    @api.model
    def _create_reservation(self, partner, company, currency, origin, *, lines, move=None, expires=False):
        """Write the record, as superuser. The credit items are marked, and the ledger does the rest.

        :param lines: the open credit items to mark; those of the entry if there is one
        :param move: the entry, None for an earmark
        :param bool expires: whether it may be released by itself
        """
        days = company.sudo().customer_credit_reservation_days if expires else 0
        today = company._get_local_today()
        reservation = (
            self.env["customer.credit.reservation"]
            .sudo()
            .create(
                {
                    "partner_id": partner.commercial_partner_id.id,
                    "company_id": company.id,
                    "currency_id": currency.id,
                    "date_expiry": today + timedelta(days=days) if days else False,
                    "user_id": self.env.uid,
                    "origin_model": origin._name,
                    "origin_id": origin.id,
                    "origin_label": origin.sudo().display_name,
                    "move_id": move and move.id,
                    "earmark_amount": 0.0 if move else -sum(lines.sudo().mapped("amount_residual_currency")),
                }
            )
        )
        lines.sudo().credit_reservation_id = reservation
        return reservation
