import logging
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..matching import plan_by_group
from ..matching.open_item import (
    CREDIT,
    DEBT,
    FAILED,
    LOCKED_BY_ANOTHER_USER,
    AllocationPlan,
    Group,
    Leftover,
    Match,
)
from .account_move_line import Pair
from .minor_units import from_minor_units, to_minor_units
from .native_exchange import NativeExchange

_logger = logging.getLogger(__name__)

# A native reconciliation links exchange entries in time proportional to partials times entries, so a call stays small.
PAIRS_PER_BATCH = 200


class AllocationMismatchError(Exception):
    """What native reconciliation wrote is not what was planned."""


class GroupPlan(NamedTuple):
    """The plan of one company, account and partner: what is executed, or rolled back, together."""

    group: Group
    plan: AllocationPlan


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


class Left(NamedTuple):
    """A leftover with, for a failure, what the system said."""

    leftover: Leftover
    message: str = ""


@dataclass
class AllocationOutcome:
    """What an allocation did.

    ``documents`` are the ``account.credit.allocation`` records that tell it. ``debts_found`` and ``credits_found``
    count invoices, payments and entries, not their single items.
    """

    documents: models.BaseModel
    debts_found: int
    credits_found: int
    executed: list[Executed]
    credits_left: list[Left]
    debts_left: list[Left]


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
    def _allocate(self, scope, origin):
        """Allocate the outstanding credits of a scope to its debts, with the rights of the current user.

        A partner whose allocation fails is rolled back alone and listed with the reason. A conflict with another
        transaction is raised, so that the whole request is tried again on the new state of the books.

        :param AllocationScope scope: which open items
        :param str origin: ``on_post``, ``bulk``, ``wizard`` or ``run``
        :return: :class:`AllocationOutcome`
        :raise psycopg2.errors.SerializationFailure: somebody else changed one of the items meanwhile
        """
        return self._execute(self._plan(scope), origin)

    @api.model
    def _plan(self, scope):
        """Decide, and change nothing.

        :return: list of :class:`GroupPlan`, the groups of the scope in a stable order
        """
        debts, credits = self.env["account.open.item.reader"]._read_open_items(scope)
        wanted = scope.groups
        if scope.documents is not None:  # of the chosen ones, those that were found to be open
            wanted = {item.group for item in debts + credits if item.document in scope.documents}
        books = self._get_books(debts + credits)
        plans = []
        for root, account_type in sorted(set(books.values())):
            plans += self._plan_books(
                [debt for debt in debts if books[debt.group] == (root, account_type)],
                [credit for credit in credits if books[credit.group] == (root, account_type)],
                self._get_matching_options(self.env["res.company"].sudo().browse(root)),
            )
        return [group_plan for group_plan in plans if wanted is None or group_plan.group in wanted]

    @api.model
    def _plan_books(self, debts, credits, options):
        """Plan all partners together and, when that fails, each alone, so that one cannot stop the others.

        :return: list of :class:`GroupPlan`
        """
        rules = self.env["account.credit.allocation.rule.type"]._get_matching_rules()
        try:
            plans = plan_by_group(debts, credits, options, rules=rules, exchange=self._get_exchange)
            return [GroupPlan(group, plan) for group, plan in plans]
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:  # whatever a rule of another addon stumbles over must not stop the other partners
            partners = sorted({item.group.partner for item in chain(debts, credits)})
            if len(partners) == 1:
                _logger.warning("No plan for partner %s", partners[0], exc_info=True)
                return self._prepare_failed_plans(debts, credits)
        plans = []
        for partner in partners:
            plans += self._plan_books(
                [debt for debt in debts if debt.group.partner == partner],
                [credit for credit in credits if credit.group.partner == partner],
                options,
            )
        return plans

    @api.model
    def _prepare_failed_plans(self, debts, credits):
        """Plans that settle nothing and list every item as failed."""
        return [
            GroupPlan(
                group,
                AllocationPlan(
                    (),
                    tuple(Leftover(debt, debt.residual, FAILED) for debt in debts if debt.group == group),
                    tuple(Leftover(credit, credit.residual, FAILED) for credit in credits if credit.group == group),
                ),
            )
            for group in sorted({item.group for item in chain(debts, credits)})
        ]

    @api.model
    def _get_books(self, items):
        """``{group: (root company, account type)}``: what is planned on its own.

        Each root company has its own rules, and what is receivable never nets against what is payable.
        """
        groups = {item.group for item in items}
        accounts = self.env["account.account"].sudo().browse({group.account for group in groups})
        account_types = {account.id: account.account_type for account in accounts}
        return {group: (group.company, account_types[group.account]) for group in groups}

    @api.model
    def _get_matching_options(self, company):
        """The rules of a root company, in order, and their settings.

        :return: :class:`MatchingOptions`
        """
        return self.env["account.credit.allocation.rule"]._get_matching_options(company)

    @api.model
    def _count_documents(self, plans):
        """How many distinct documents with debts, and how many with credits, the plans were made from."""
        debts, credits = set(), set()
        for _group, plan in plans:
            debts.update(match.debt.document for match in plan.matches)
            debts.update(leftover.item.document for leftover in plan.debts_left)
            credits.update(match.credit.document for match in plan.matches)
            credits.update(leftover.item.document for leftover in plan.credits_left)
        return len(debts), len(credits)

    @api.model
    def _split_into_batches(self, plans):
        """Whole groups, as many as fit into one native call; a larger group makes a batch of its own."""
        batches, room = [], 0
        for group_plan in plans:
            size = len(group_plan.plan.matches)
            if size > room:
                batches.append([])
                room = PAIRS_PER_BATCH
            batches[-1].append(group_plan)
            room -= size
        return batches

    # ------------------------------------------------------------------------------------------------------------------
    # Execution: lock, read again, reconcile natively, compare; else roll back
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _execute(self, plans, origin, date=None):
        """Execute plans and record what was executed in documents of their own.

        :param list plans: :class:`GroupPlan` records
        :param str origin: see :meth:`_allocate`
        :param date: of the documents, None for today
        :return: :class:`AllocationOutcome`
        """
        outcome = self._execute_plans(plans)
        outcome.documents = outcome.documents._create_done(outcome, origin, date)
        return outcome

    @api.model
    def _execute_plans(self, plans):
        """Execute plans; to record what was executed is up to the caller.

        :param list plans: :class:`GroupPlan` records
        :return: :class:`AllocationOutcome` without documents
        """
        executed, refused = [], []
        for batch in self._split_into_batches([group_plan for group_plan in plans if group_plan.plan.matches]):
            batch_executed, batch_refused = self._execute_batch(batch)
            executed += batch_executed
            refused += batch_refused
        debts_found, credits_found = self._count_documents(plans)
        return AllocationOutcome(
            documents=self.env["account.credit.allocation"],
            debts_found=debts_found,
            credits_found=credits_found,
            executed=executed,
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
        :return: list of :class:`Left`
        """
        left = {
            item.id: Left(Leftover(item, item.residual, reason), message)
            for group_plan, reason, message in refused
            for item in sorted(map(get_item, group_plan.plan.matches), key=lambda item: item.id)
        }
        return [Left(leftover) for leftover in leftovers if leftover.item.id not in left] + list(left.values())

    @api.model
    def _execute_batch(self, plans):
        """Execute the plans together and, when that fails, each alone, so that only the failing ones are left.

        :param list plans: :class:`GroupPlan` records with at least one match each
        :return: ``(executed, refused)``, lists of :class:`Executed` and :class:`Refused`
        """
        try:
            with self.env.cr.savepoint():
                return self._reconcile_plans(plans)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:  # whatever one partner's books provoke must not stop the others
            if len(plans) == 1:
                expected = isinstance(error, UserError)
                _logger.warning("Credit allocation of %s failed", plans[0].group, exc_info=not expected)
                return [], [Refused(plans[0], FAILED, self._get_error_message(error))]
        results = [self._execute_batch([group_plan]) for group_plan in plans]
        return (
            [entry for executed, _refused in results for entry in executed],
            [entry for _executed, refused in results for entry in refused],
        )

    @api.model
    def _get_error_message(self, error):
        """What to tell the user of an exception: its own words if they were meant for users."""
        if isinstance(error, UserError | AllocationMismatchError):
            return str(error)
        return self.env._("An unexpected error occurred; the server's log tells more.")

    @api.model
    def _reconcile_plans(self, plans):
        """Lock, read again, reconcile natively, compare; see :meth:`_execute_batch`."""
        plans, refused = self._lock_and_recheck(plans)
        if not plans:
            return [], refused
        matches = [match for _group, plan in plans for match in plan.matches]
        partials = self.env["account.move.line"]._reconcile_pairs([self._get_pair(match) for match in matches])
        executed = self._check_written(matches, partials)
        return executed + self._write_off([entry for _group, plan in plans for entry in plan.write_offs]), refused

    @api.model
    def _write_off(self, write_offs):
        """Book what is written off, and reconcile it with the items that it is left of.

        :param list write_offs: :class:`WriteOff` records, of which everything else has been reconciled
        :return: list of :class:`Executed`
        :raise AllocationMismatchError: something is left; the caller rolls back
        """
        if not write_offs:
            return []
        booked = self.env["account.credit.allocation.write.off"]._book(write_offs)
        matches = [match for match, _move in booked]
        partials = self.env["account.move.line"]._reconcile_pairs([self._get_pair(match) for match in matches])
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
        pair = Pair(*lines.values()) if lines[DEBT].amount_residual_currency > 0 else Pair(lines[CREDIT], lines[DEBT])
        if match.cap:
            line = lines[match.cap.side]
            pair = pair._replace(capped=line, amount=from_minor_units(line.currency_id, match.cap.amount))
        return pair

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
        locked.invalidate_recordset(["amount_residual", "amount_residual_currency", "reconciled", "parent_state"])
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
