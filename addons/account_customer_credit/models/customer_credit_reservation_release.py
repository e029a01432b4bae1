from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .account_credit_allocation_line import RELEASING


class CustomerCreditReservation(models.Model):
    """Giving reserved credit back.

    The debit items let go of the credits that they took last, as far as needed; then each is reconciled with its own
    credit item. The entry stays where it is and weighs nothing any more: a closed period cannot stand in the way, and
    the books tell what happened.
    """

    _inherit = "customer.credit.reservation"

    def _check_may_release(self):
        """Whether the current user may release these by a button: a hook for what has a button of its own.

        :raise AccessError: no right to release reservations
        """
        if not self.env.user.has_group("account_customer_credit.customer_credit_group_release"):
            raise AccessError(self.env._("You may not release reserved credit. Ask an accountant to do it."))
        self.check_access("read")

    def _credit_release(self, amount=None):
        """Give back what is reserved: the credits that were taken last come back first.

        :param amount: positive, in the currency of the reservation; None for all that is held
        :return: what was released, in the currency of the reservation
        :raise UserError: so much is not held, or is not held apart from more
        """
        self.ensure_one()
        self = self.sudo().with_company(self.company_id)
        self.partner_id._credit_lock(self.company_id)
        self.invalidate_recordset()
        if amount is None and not self.amount_held:
            return 0.0
        released = left = self._check_amount(amount)
        if not self.move_id:
            return self._release_earmark(left)
        with self.env.cr.savepoint():
            left = self.currency_id.round(left - self._release_moved(left))
            for debit, credit in reversed(list(zip(self._get_debit_lines(), self._get_own_lines(), strict=True))):
                part = min(left, -credit.amount_residual_currency)
                if not self.currency_id.is_zero(part):
                    self._release_pair(debit, credit, part)
                    left = self.currency_id.round(left - part)
            if not self.currency_id.is_zero(left):
                raise UserError(
                    self.env._("%s was moved to another account, and can only be released as a whole.", self.name)
                )
        return released

    def _release_moved(self, amount):
        """Release what was moved to another account for a settlement that was undone: it is free where it is now.

        :return: what was released; an item is released as a whole
        """
        released = 0.0
        for line in (self.line_ids - self._get_own_lines()).sorted("id", reverse=True):
            held = -line.amount_residual_currency
            if held > 0 and self.currency_id.compare_amounts(held, amount - released) <= 0:
                self.earmark_released += held
                line.credit_reservation_id = False
                released += held
        return released

    def _release_pair(self, debit, credit, amount):
        """Let ``debit`` go of so much of its credits that ``amount`` of it is open, and net it with ``credit``."""
        triples = []
        missing = self.currency_id.round(amount - debit.amount_residual_currency)
        for partial in debit.matched_credit_ids.sorted("id", reverse=True):
            if self.currency_id.compare_amounts(missing, 0) <= 0:
                break
            if partial.credit_move_id in self.line_ids:
                continue  # was released before
            missing = self.currency_id.round(missing - partial.debit_amount_currency)
            if missing < 0:  # more than needed: the rest stays taken
                triples.append((debit, partial.credit_move_id, -missing))
            self._remove_partial(partial)
        triples.append((debit, credit, amount))
        self.env["account.credit.allocation.executor"]._match_credit(triples, "released")

    def _remove_partial(self, partial):
        """Undo the allocation that a partial carries, or the partial alone where none does."""
        lines = self.env["account.credit.allocation.line"].search(
            [("partial_id", "=", partial.id), ("state", "=", "done")]
        )
        if lines:
            lines.with_context(credit_reservation_releasing=RELEASING)._undo()
        else:
            partial.with_context(skip_credit_allocation=True).unlink()

    def _release_earmark(self, amount):
        """Take the mark off the payment, which is free again.

        :raise UserError: only a part was to be released; an item is marked as a whole, or not at all
        """
        if self.currency_id.compare_amounts(amount, self.amount_held):
            raise UserError(self.env._("%s is reserved as a whole, and can only be released as a whole.", self.name))
        self.earmark_released += amount
        self.line_ids = [Command.unlink(line.id) for line in self.line_ids if not line.reconciled]
        return amount
