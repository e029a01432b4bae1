from odoo import api, models
from odoo.exceptions import UserError


class CustomerCreditSettler(models.AbstractModel):
    """How documents are paid with reserved credit. The way in is ``customer.credit.reservation._credit_settle``."""

    _name = "customer.credit.settler"
    _description = "Customer Credit Settler"

    @api.model
    def _settle(self, reservation, moves, amount):
        """See ``customer.credit.reservation._credit_settle``.

        :param reservation: one record, locked, as superuser and with its company
        """
        currency = reservation.currency_id
        debts = moves.sudo()._get_open_lines().filtered(lambda line: line.amount_residual_currency > 0)
        self._check_debts(reservation, moves, debts)
        left = held = reservation._check_amount(amount)
        credits = reservation.line_ids - self.env["account.open.item.reader"]._find_void(reservation.line_ids)
        with self.env.cr.savepoint():
            # what needs no entry to change the account first
            for same_account in (True, False):
                for debt in debts.sorted(lambda debt: (debt.date_maturity or debt.date, debt.id)):
                    for line in credits.sorted("id"):
                        if (line.account_id == debt.account_id) == same_account:
                            settled = self._settle_item(reservation, debt, line, left, amount)
                            left = currency.round(left - settled)
        return currency.round(held - left)

    @api.model
    def _settle_item(self, reservation, debt, line, left, amount):
        """Settle one debt with one reserved item, as far as both are open.

        :param left: at most so much, in the currency of the reservation
        :param amount: None where everything may be used: across currencies nothing is then left of a rounding
        :return: what was settled, in the currency of the reservation
        """
        currency = reservation.currency_id
        part = currency.round(min(-line.amount_residual_currency, left))
        if part <= 0 or debt.reconciled:
            return 0.0
        if debt.currency_id == line.currency_id:
            part = min(part, debt.amount_residual_currency)
        held_before = reservation.amount_held
        triples = [(debt, line, part if amount is not None or debt.currency_id == line.currency_id else None)]
        if debt.account_id != line.account_id:
            triples = self._change_account(reservation, debt, line, part)
        executor = self.env["account.credit.allocation.executor"].sudo()
        for triple in triples:
            executor._match_credit([triple], "reserved")
        return currency.round(held_before - reservation.amount_held)

    @api.model
    def _change_account(self, reservation, debt, line, amount):
        """Book reserved credit from its own receivable account to that of the debt, at the rate it is booked at.

        :return: what is to be matched then: triples, see ``account.credit.allocation.executor._match_credit``
        """
        balance = line.company_currency_id.round(line.balance * amount / line.amount_currency)
        move = self.env["customer.credit.reserver"]._create_entry(
            reservation.partner_id,
            reservation.company_id,
            reservation.currency_id,
            [(line.account_id, amount, balance)],
            line.name,
            credit_account=debt.account_id,
        )
        move._post(soft=False)
        debit = move.line_ids.filtered(lambda item: item.amount_currency > 0)
        credit = move.line_ids - debit
        credit.credit_reservation_id = reservation
        return [(debit, line, amount), (debt, credit, amount)]

    @api.model
    def _check_debts(self, reservation, moves, debts):
        """:raise UserError: one of the documents cannot be paid with this reservation"""
        for move in moves:
            if move.state != "posted":
                raise UserError(self.env._("%s is not posted, so it cannot be paid.", move.display_name))
        customer = reservation.partner_id.commercial_partner_id  # a contact may have got another company since
        if strangers := debts.filtered(lambda line: line.partner_id.commercial_partner_id != customer):
            raise UserError(
                self.env._(
                    "%(document)s is not a document of %(customer)s.",
                    document=strangers[0].move_id.name,
                    customer=reservation.partner_id.display_name,
                )
            )
