import logging
from dataclasses import dataclass
from typing import NamedTuple

from psycopg2.errors import QueryCanceled

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...matching.invariants import check_matches
from ...matching.open_item import CHANGED, CREDIT, DEBT, FAILED, LOCKED_BY_ANOTHER_USER, Leftover, Match
from .allocation_planner import GroupPlan
from .expected_conflicts import try_lock
from .minor_units import to_minor_units
from .one_at_a_time import together_or_alone
from .pairs import make_pair
from .query_timeout import get_timeout_message

_logger = logging.getLogger(__name__)

# What a native call costs, however little it does, is shared by so many pairs. A pair in foreign currency counts as
# several: exchange entries are linked in time proportional to partials times entries.
PAIRS_PER_BATCH = 1000
FOREIGN_PAIR_WEIGHT = 5


class AllocationMismatchError(Exception):
    """What native reconciliation wrote is not what was planned."""


class Executed(NamedTuple):
    """A match with the native partial that carries it; ``write_off_move`` is the entry of a small difference."""

    match: Match
    partial: models.BaseModel
    write_off_move: models.BaseModel | None = None


class Refused(NamedTuple):
    """A plan of which nothing was executed, and why."""

    group_plan: GroupPlan
    reason: str
    message: str = ""


@dataclass
class AllocationOutcome:
    """What an allocation did.

    ``documents`` are the ``account.credit.allocation`` records that tell it.
    """

    documents: models.BaseModel
    executed: list[Executed]
    credits_left: list[Leftover]
    debts_left: list[Leftover]


class AllocationExecutor(models.AbstractModel):
    """The door out of the matching core: plans become native reconciliations and allocation documents.

    There is no other place in the addon that reconciles.
    """

    _name = "account.credit.allocation.executor"
    _description = "Credit Allocation Executor"

    # ------------------------------------------------------------------------------------------------------------------
    # The one path: read, plan, execute, record
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _allocate(self, scope, origin, quiet=False):
        """Allocate the outstanding credits of a scope to its debts, with the rights of the current user.

        A partner whose allocation fails is rolled back alone and listed with the reason. A conflict with another
        transaction is raised, so that the whole request is tried again on the new state of the books.

        :param AllocationScope scope: which open items
        :param str origin: ``on_post``, ``bulk``, ``wizard`` or ``run``
        :param bool quiet: see :meth:`_execute`
        :return: :class:`AllocationOutcome`
        :raise psycopg2.errors.SerializationFailure: somebody else changed one of the items meanwhile
        """
        plans = self.env["account.credit.allocation.planner"]._plan(scope)
        return self._execute(plans, origin, quiet=quiet, rule_ids=scope.rule_ids)

    @api.model
    def _split_into_batches(self, plans):
        """Whole groups, as many as fit into one native call; a larger group makes a batch of its own."""
        batches, room = [], 0
        for group_plan in plans:
            size = self._get_weight(group_plan)
            if size > room:
                batches.append([])
                room = PAIRS_PER_BATCH
            batches[-1].append(group_plan)
            room -= size
        return batches

    @api.model
    def _get_weight(self, group_plan):
        """How much of a batch a plan takes up, in pairs."""
        group, plan = group_plan
        currency = self.env["res.company"].sudo().browse(group.company).currency_id.id
        return sum(
            1 if match.debt.currency == match.credit.currency == currency else FOREIGN_PAIR_WEIGHT
            for match in plan.matches
        )

    # ------------------------------------------------------------------------------------------------------------------
    # Execution, in batches
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _execute(self, plans, origin, date=None, quiet=False, rule_ids=None):
        """Execute plans and record what was executed in documents of their own.

        Quiet is for mass runs, and takes less than half of the time. The books are the same to the cent, and each
        chatter still gets the note of what was allocated and why. What it does not get are Odoo's own messages that
        the payment status or the state of a payment has changed; so those who follow a document are not told that it
        is paid, by mail or in their inbox, and automations which start from such a message do not start.

        :param list plans: :class:`GroupPlan` records
        :param str origin: see :meth:`_allocate`
        :param date: of the documents, None for today
        :param bool quiet: no messages of Odoo's own about what has changed
        :param rule_ids: see :meth:`_execute_plans`
        :return: :class:`AllocationOutcome`
        """
        outcome = self._execute_plans(plans, quiet=quiet, rule_ids=rule_ids)
        outcome.documents = outcome.documents._create_done(outcome, origin, date)
        return outcome

    @api.model
    def _execute_plans(self, plans, quiet=False, rule_ids=None):
        """Execute plans; to record what was executed is up to the caller.

        :param list plans: :class:`GroupPlan` records
        :param bool quiet: see :meth:`_execute`
        :param rule_ids: the rules that were chosen for these plans, see :class:`AllocationScope`: what is written off
            is measured by them. Handed over here and nowhere else: a client can put anything into a context.
        :return: :class:`AllocationOutcome` without documents
        """
        results = []
        for batch in self._split_into_batches([group_plan for group_plan in plans if group_plan.plan.matches]):
            results += together_or_alone(
                self.env.cr, batch, lambda parts: self._reconcile_plans(parts, quiet, rule_ids), self._refuse_failed
            )
        refused = [result for result in results if isinstance(result, Refused)]
        return AllocationOutcome(
            documents=self.env["account.credit.allocation"],
            executed=[result for result in results if isinstance(result, Executed)],
            debts_left=self._list_left(
                [leftover for _group, plan in plans for leftover in plan.debts_left], refused, lambda match: match.debt
            ),
            credits_left=self._list_left(
                [leftover for _group, plan in plans for leftover in plan.credits_left],
                refused,
                lambda match: match.credit,
            ),
        )

    @api.model
    def _list_left(self, leftovers, refused, get_item):
        """What is left of one side: the plans' leftovers, save that an item of a refused plan is left as a whole, with
        the reason of the refusal.

        :param list leftovers: of all plans
        :param list refused: :class:`Refused` records
        :param get_item: the item of a match on this side
        :return: list of :class:`Leftover`
        """
        left = {
            item.id: Leftover(item, item.residual, reason, message=message)
            for group_plan, reason, message in refused
            for item in sorted(map(get_item, group_plan.plan.matches), key=lambda item: item.id)
        }
        return [leftover for leftover in leftovers if leftover.item.id not in left] + list(left.values())

    @api.model
    def _refuse_failed(self, group_plan, error):
        """What becomes of a plan that failed alone."""
        _logger.warning(
            "Credit allocation of %s failed", group_plan.group, exc_info=None if isinstance(error, UserError) else error
        )
        return [Refused(group_plan, FAILED, self._get_error_message(error))]

    @api.model
    def _get_error_message(self, error):
        """What to tell the user of an exception: its own words if they were meant for users."""
        if isinstance(error, UserError | AllocationMismatchError):
            return str(error)
        if isinstance(error, QueryCanceled):
            return get_timeout_message(self.env)
        return self.env._(
            "Nothing was allocated here, because a program failed. Allocate it by hand, or ask whoever runs your "
            "server: its log has a %(error)s at %(time)s.",
            error=type(error).__name__,
            time=format_datetime(self.env, fields.Datetime.now()),
        )

    # ------------------------------------------------------------------------------------------------------------------
    # A batch: lock, read again, reconcile natively, compare with the plan. A difference is raised
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _reconcile_plans(self, plans, quiet=False, rule_ids=None):
        """Check the plans, lock, read again, reconcile natively, compare.

        :return: list of :class:`Executed` and :class:`Refused`
        :raise PlanError: a plan contradicts itself
        :raise AllocationMismatchError: what was written is not what was planned; the caller rolls back
        """
        for _group, plan in plans:
            check_matches(plan)
        plans, refused = self._lock_and_recheck(plans)
        if not plans:
            return refused
        matches = [match for _group, plan in plans for match in plan.matches]
        partials = self._reconcile_matches(matches, quiet)
        executed = self._check_written(matches, partials)
        write_offs = [entry for _group, plan in plans for entry in plan.write_offs]
        return executed + self._write_off(write_offs, quiet, rule_ids) + refused

    @api.model
    def _reconcile_matches(self, matches, quiet=False):
        """:return: the ``account.partial.reconcile`` records of the matches"""
        pairs = [self._get_pair(match) for match in matches]
        return self.env["account.move.line"]._reconcile_pairs(pairs, quiet=quiet)

    @api.model
    def _write_off(self, write_offs, quiet=False, rule_ids=None):
        """Book what is written off, and reconcile it with the items that it is left of.

        :param list write_offs: :class:`WriteOff` records, of which everything else has been reconciled
        :param bool quiet: see :meth:`_execute`
        :param rule_ids: see :meth:`_execute_plans`
        :return: list of :class:`Executed`
        :raise AllocationMismatchError: something is left; the caller rolls back
        """
        if not write_offs:
            return []
        booked = self.env["account.credit.allocation.write.off"]._book(write_offs, rule_ids)
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
        return make_pair(lines, match.cap)

    @api.model
    def _lock_and_recheck(self, plans):
        """Keep the plans whose items are all free and still as they were planned.

        An item that another transaction has changed since ours began raises a serialization failure here.

        :return: ``(free, refused)``, lists of :class:`GroupPlan` and :class:`Refused`
        """
        ids = {item.id for _group, plan in plans for match in plan.matches for item in (match.debt, match.credit)}
        lines = self.env["account.move.line"].browse(sorted(ids))
        locked = try_lock(lines)
        locked.invalidate_recordset(
            ["amount_residual", "amount_residual_currency", "reconciled", "parent_state", "matching_number"]
        )
        locked -= self._find_matched_with_locked(locked)
        residuals = {
            line.id: to_minor_units(line.currency_id, abs(line.amount_residual_currency))
            for line in locked
            if line.parent_state == "posted" and not line.reconciled
        }
        free, refused, locked_ids = [], [], set(locked.ids)
        for group_plan in plans:
            items = {item.id: item for match in group_plan.plan.matches for item in (match.debt, match.credit)}
            if not items.keys() <= locked_ids:
                refused.append(Refused(group_plan, LOCKED_BY_ANOTHER_USER))
            elif changed := [item for item in items.values() if residuals.get(item.id) != item.residual]:
                refused.append(Refused(group_plan, CHANGED, self._name_change(changed[0], residuals)))
            else:
                free.append(group_plan)
        return free, refused

    @api.model
    def _name_change(self, item, residuals):
        """A sentence that says what has become of an item since the plan was made.

        :param OpenItem item: as it was planned with
        :param dict residuals: ``{journal item id: minor units}`` of what is open now
        """
        line = self.env["account.move.line"].browse(item.id)
        now = item._replace(residual=residuals[item.id], blocked=None) if item.id in residuals else None
        recheck = self.env["account.open.item.recheck"]
        return recheck._find_change(line, line._get_open_item_label(), now, item.group, item.residual)

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
        held_by_others = matched - try_lock(matched)
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
