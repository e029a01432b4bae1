from itertools import chain

from odoo import api, models

from ...matching.open_item import CREDIT, DEBT, LOCKED_BY_ANOTHER_USER
from ..account_move_line import make_pair
from .allocation_executor import AllocationMismatchError, Executed, Refused
from .minor_units import to_minor_units
from .native_exchange import NativeExchange


class AllocationExecutor(models.AbstractModel):
    """What happens to a batch: lock, read again, reconcile natively, compare with the plan. A difference is raised."""

    _inherit = "account.credit.allocation.executor"

    @api.model
    def _reconcile_plans(self, plans, quiet=False):
        """Lock, read again, reconcile natively, compare; see :meth:`_execute_batch`."""
        plans, refused = self._lock_and_recheck(plans)
        if not plans:
            return [], refused
        matches = [match for _group, plan in plans for match in plan.matches]
        partials = self._reconcile_matches(matches, quiet)
        executed = self._check_written(matches, partials)
        write_offs = [entry for _group, plan in plans for entry in plan.write_offs]
        return executed + self._write_off(write_offs, quiet), refused

    @api.model
    def _reconcile_matches(self, matches, quiet=False):
        """:return: the ``account.partial.reconcile`` records of the matches"""
        pairs = [self._get_pair(match) for match in matches]
        return self.env["account.move.line"]._reconcile_pairs(pairs, quiet=quiet)

    @api.model
    def _write_off(self, write_offs, quiet=False):
        """Book what is written off, and reconcile it with the items that it is left of.

        :param list write_offs: :class:`WriteOff` records, of which everything else has been reconciled
        :param bool quiet: see :meth:`_execute`
        :return: list of :class:`Executed`
        :raise AllocationMismatchError: something is left; the caller rolls back
        """
        if not write_offs:
            return []
        booked = self.env["account.credit.allocation.write.off"]._book(write_offs)
        matches = [match for match, _move in booked]
        partials = self._reconcile_matches(matches, quiet)
        items = self.env["account.move.line"].browse([write_off.item.id for write_off in write_offs])
        if not all(items.mapped("reconciled")):
            raise AllocationMismatchError(self.env._("Another difference was left than planned; nothing was changed."))
        return [
            executed._replace(write_off_move=move)
            for executed, (_match, move) in zip(self._check_partials(matches, partials), booked, strict=True)
        ]

    @api.model
    def _get_pair(self, match):
        """The match as a :class:`Pair` of journal items."""
        items = {DEBT: match.debt, CREDIT: match.credit}
        lines = {side: self.env["account.move.line"].browse(item.id) for side, item in items.items()}
        # in the company's currency the residual of a small foreign amount may be zero
        return make_pair(lines, lines[DEBT].amount_residual_currency > 0, match.cap)

    @api.model
    def _get_exchange(self, items):
        """What native reconciliation settles across currencies, for :func:`plan_by_group` and for typed amounts.

        :param items: open items of one group
        :return: :class:`Exchange`
        """
        return NativeExchange(self.env["account.move.line"].browse([item.id for item in items]))

    @api.model
    def _lock_and_recheck(self, plans):
        """Keep the plans whose items are all free and still as they were planned.

        An item that another transaction has changed since ours began raises a serialization failure here.

        :return: ``(free, refused)``, lists of :class:`GroupPlan` and :class:`Refused`
        """
        ids = {item.id for _group, plan in plans for match in plan.matches for item in (match.debt, match.credit)}
        lines = self.env["account.move.line"].browse(sorted(ids))
        locked = lines.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset(
            ["amount_residual", "amount_residual_currency", "reconciled", "parent_state", "matching_number"]
        )
        locked -= self._find_matched_with_locked(locked)
        residuals = {
            line.id: to_minor_units(line.currency_id, abs(line.amount_residual_currency))
            for line in locked
            if line.parent_state == "posted" and not line.reconciled
        }
        free, refused = [], []
        for group_plan in plans:
            items = chain.from_iterable((match.debt, match.credit) for match in group_plan.plan.matches)
            if all(residuals.get(item.id) == item.residual for item in items):
                free.append(group_plan)
            else:
                refused.append(Refused(group_plan, LOCKED_BY_ANOTHER_USER))
        return free, refused

    @api.model
    def _find_matched_with_locked(self, lines):
        """Native reconciliation gives all that is matched with an item another matching number, in no order. To hold a
        part of it and wait for the rest would be a deadlock, so all of it must be free.

        :param lines: locked journal items
        :return: those that are matched with an item which somebody else holds
        """
        numbers = {line.matching_number for line in lines if line.matching_number}
        if not numbers:
            return lines.browse()
        matched = lines.sudo().search([("matching_number", "in", sorted(numbers))], order="id")
        held_by_others = matched - matched.try_lock_for_update(allow_referencing=True)
        numbers_in_use = set(held_by_others.mapped("matching_number"))
        return lines.filtered(lambda line: line.matching_number in numbers_in_use)

    @api.model
    def _check_written(self, matches, partials):
        """Hold what was written against what was planned, pair by pair and item by item.

        :return: list of :class:`Executed` in plan order
        :raise AllocationMismatchError: they differ; the caller rolls back
        """
        executed, expected = self._check_partials(matches, partials), {}
        for match in matches:
            for item, amount in ((match.debt, match.amount), (match.credit, match.credit_amount)):
                expected[item.id] = expected.get(item.id, item.residual) - amount
        for line in self.env["account.move.line"].browse(expected):
            if to_minor_units(line.currency_id, abs(line.amount_residual_currency)) != expected[line.id]:
                raise AllocationMismatchError(
                    self.env._("An item has another residual than planned; nothing was changed.")
                )
        return executed

    @api.model
    def _check_partials(self, matches, partials):
        """Find the partial of each match, for its amount; see :meth:`_check_written`."""
        written = {frozenset((partial.debit_move_id.id, partial.credit_move_id.id)): partial for partial in partials}
        planned = [frozenset((match.debt.id, match.credit.id)) for match in matches]
        if set(planned) != set(written) or len(partials) != len(matches):
            raise AllocationMismatchError(
                self.env._("The reconciliation made other pairs than planned; nothing was changed.")
            )
        executed = [Executed(match, written[pair]) for match, pair in zip(matches, planned, strict=True)]
        for match, partial, _move in executed:
            if match.debt.currency != match.credit.currency:
                continue  # part of it may have been settled by the exchange entry: the residuals tell
            amounts = (
                to_minor_units(partial.debit_currency_id, partial.debit_amount_currency),
                to_minor_units(partial.credit_currency_id, partial.credit_amount_currency),
            )
            if amounts != (match.amount, match.amount):
                raise AllocationMismatchError(
                    self.env._("The reconciliation settled another amount than planned; nothing was changed.")
                )
        return executed
