from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..allocation.account_credit_allocation_line import RELEASING


class CustomerCreditReleaser(models.AbstractModel):
    """How reserved credit is given back. The way in is ``customer.credit.reservation._credit_release``.

    The debit items let go of the credits that they took last, as far as needed; then each is reconciled with its own
    credit item. The entry stays where it is and weighs nothing any more: a closed period cannot stand in the way, and
    the books tell what happened. Of 150 that were reserved, 70 are released::

                  the debit item of 150 has taken     its own credit item
        before    A 100, B 50                         150 open, reserved
        let go    nothing                             150 open, reserved
        after     A 80, its own credit item 70         80 open, reserved; of A 20 and of B 50 are free

    Credits that stay taken are not touched: one of them may be reset to draft meanwhile, so that it could not be taken
    again, and to undo an allocation with taxes on the cash basis makes entries.
    """

    _name = "customer.credit.releaser"
    _description = "Customer Credit Releaser"

    @api.model
    def _release(self, reservation, amount):
        """See ``customer.credit.reservation._credit_release``.

        :param reservation: one record, locked, as superuser and with its company
        :param float amount: positive, no more than what is held
        """
        if reservation.move_id:
            with self.env.cr.savepoint():
                self._release_entry(reservation, amount)
        else:
            self._release_earmark(reservation, amount)

    @api.model
    def _release_entry(self, reservation, amount):
        """
        :raise UserError: more was moved to another account than is to be released
        """
        currency = reservation.currency_id
        self._post_again(reservation.move_id)
        left = currency.round(amount - self._release_moved(reservation, amount))
        let_go, triples = self.env["account.partial.reconcile"], []
        pairs = zip(reservation._get_debit_lines(), reservation._get_own_lines(), strict=True)
        for debit, credit in reversed(list(pairs)):
            part = min(left, -credit.amount_residual_currency)
            if currency.is_zero(part):
                continue
            partials, taken_again = self._choose_credits(debit, reservation, part)
            let_go |= partials
            triples += [*taken_again, (debit, credit, part)]
            left = currency.round(left - part)
        if not currency.is_zero(left):
            raise UserError(
                self.env._("%s was moved to another account, and can only be released as a whole.", reservation.name)
            )
        self._let_go(let_go)
        self.env["account.credit.allocation.executor"]._match_credit(triples, "released")

    @api.model
    def _post_again(self, move):
        """Put the entry of a reservation that some program took back where it was: only there it can be netted with
        itself. It takes no credits anew."""
        if move.state == "cancel":
            move.button_draft()
        if move.state == "draft":
            move.with_context(skip_credit_allocation=True)._post(soft=False)

    @api.model
    def _release_moved(self, reservation, amount):
        """Release what was moved to another account for a settlement that was undone: it is free where it is now.

        :return: what was released; an item is released as a whole
        """
        released = 0.0
        for line in (reservation.line_ids - reservation._get_own_lines()).sorted("id", reverse=True):
            held = -line.amount_residual_currency
            if held > 0 and reservation.currency_id.compare_amounts(held, amount - released) <= 0:
                reservation.earmark_released += held
                line.credit_reservation_id = False
                released += held
        return released

    @api.model
    def _choose_credits(self, debit, reservation, amount):
        """Which credits a debit item gives up, the last taken first, so that ``amount`` of it is open.

        :return: ``(partials, triples)``: the reconciliations to remove, and, where that is more than needed, what the
            debit takes again of the last one; see ``account.credit.allocation.executor._match_credit``
        """
        currency = reservation.currency_id
        partials = debit.matched_credit_ids.browse()
        missing = currency.round(amount - debit.amount_residual_currency)
        for partial in debit.matched_credit_ids.sorted("id", reverse=True):
            if currency.compare_amounts(missing, 0) <= 0:
                break
            if partial.credit_move_id in reservation.line_ids:
                continue  # was released before
            partials |= partial
            missing = currency.round(missing - partial.debit_amount_currency)
        too_much = [(debit, partials[-1:].credit_move_id, -missing)] if partials and missing < 0 else []
        return partials, too_much

    @api.model
    def _let_go(self, partials):
        """Undo the allocations that these partials carry, or remove the partial alone where none does."""
        lines = self.env["account.credit.allocation.line"].search(
            [("partial_id", "in", partials.ids), ("state", "=", "done")]
        )
        partials -= lines.partial_id
        if lines:
            lines.with_context(credit_reservation_releasing=RELEASING)._undo()
        partials.with_context(skip_credit_allocation=True).unlink()

    @api.model
    def _release_earmark(self, reservation, amount):
        """Take the mark off the payment, which is free again.

        :raise UserError: only a part was to be released; an item is marked as a whole, or not at all
        """
        if reservation.currency_id.compare_amounts(amount, reservation.amount_held):
            raise UserError(
                self.env._("%s is reserved as a whole, and can only be released as a whole.", reservation.name)
            )
        reservation.earmark_released += amount
        reservation.line_ids = [Command.unlink(line.id) for line in reservation.line_ids if not line.reconciled]
