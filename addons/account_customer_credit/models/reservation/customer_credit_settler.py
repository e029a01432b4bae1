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
        debts = moves.sudo()._get_open_lines().filtered(lambda line: line.amount_residual_currency > 0)
        self._check_debts(reservation, moves, debts)
        debts = debts.sorted(lambda debt: (debt.date_maturity or debt.date, debt.id))
        lines = reservation.line_ids.filtered(lambda line: line.parent_state == "posted")
        if reservation.line_ids and not lines:
            raise UserError(
                self.env._(
                    "The entry %s is not posted, so nothing can be paid with it. Post it again, or release the "
                    "reservation.",
                    reservation.name,
                )
            )
        lines -= self.env["account.open.item.reader"]._find_void(lines)
        lines = lines.filtered(lambda line: line.amount_residual_currency < 0).sorted("id")
        left = held = reservation._check_amount(amount)
        executor = self.env["account.credit.allocation.executor"].sudo()
        with self.env.cr.savepoint():
            # what needs no entry to change the account first
            executed, left = self._settle_same_account(executor, debts, lines, left, amount)
            for debt in debts:
                for line in lines.filtered(lambda line, debt=debt: line.account_id != debt.account_id):
                    moved, settled = self._settle_other_account(executor, reservation, debt, line, left)
                    executed += moved
                    left = reservation.currency_id.round(left - settled)
            executor._record_credit(executed)
        return reservation.currency_id.round(held - left)

    @api.model
    def _settle_same_account(self, executor, debts, lines, left, amount):
        """Settle debts with reserved items of the same account, all of them together.

        :param left: at most so much, in the currency of the reservation
        :param amount: None where everything may be used: across currencies nothing is then left of a rounding
        :return: ``(executed, left)``: list of :class:`Executed`, and what may be settled further
        """
        pairs = [(debt, line) for debt in debts for line in lines if debt.account_id == line.account_id]
        if not pairs:
            return [], left
        plan = executor._begin_credit_plan(lines.union(*(debt | line for debt, line in pairs)), "reserved")
        for debt, line in pairs:
            part = min(plan.get_open(line), left)
            if debt.currency_id == line.currency_id:
                part = min(part, plan.get_open(debt))
            part = line.currency_id.round(part)
            if part <= 0 or plan.get_open(debt) <= 0:
                continue
            whole = amount is None and debt.currency_id != line.currency_id
            left = line.currency_id.round(left - plan.settle(debt, line, None if whole else part))
        return executor._execute_credit_plan(plan), left

    @api.model
    def _settle_other_account(self, executor, reservation, debt, line, left):
        """Settle a debt with a reserved item of another account, as far as both are open.

        :param left: at most so much, in the currency of the reservation
        :return: ``(executed, settled)``: list of :class:`Executed`, and how much that is of the reservation
        """
        part = line.currency_id.round(min(-line.amount_residual_currency, left))
        if debt.currency_id == line.currency_id:
            part = min(part, debt.amount_residual_currency)
        if part <= 0 or debt.reconciled:
            return [], 0.0
        move = self._change_account(reservation, debt, line, part)
        debit = move.line_ids.filtered(lambda item: item.amount_currency > 0)
        credit = move.line_ids - debit
        plan = executor._begin_credit_plan(debt | line | move.line_ids, "reserved")
        plan.settle(debit, line, part)
        settled = plan.settle(debt, credit, part)
        return executor._execute_credit_plan(plan), settled

    @api.model
    def _change_account(self, reservation, debt, line, amount):
        """Book reserved credit from its own receivable account to that of the debt, at the rate it is booked at.

        :return: the posted entry: its debit item takes the reserved one, its credit item is reserved instead
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
        move.line_ids.filtered(lambda item: item.amount_currency < 0).credit_reservation_id = reservation
        return move

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
