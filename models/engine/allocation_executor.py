import logging
from dataclasses import dataclass
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...matching.open_item import (
    FAILED,
    AllocationPlan,
    Group,
    Leftover,
    Match,
)

_logger = logging.getLogger(__name__)

# What a native call costs, however little it does, is shared by so many pairs. A pair in foreign currency counts as
# several: exchange entries are linked in time proportional to partials times entries.
PAIRS_PER_BATCH = 1000
FOREIGN_PAIR_WEIGHT = 5


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

    There is no other place in the addon that reconciles. How it plans is in allocation_executor_plan.py.
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
        executor = self
        if scope.rule_ids is not None:  # a chosen rule may write off though the company has switched it off
            executor = self.with_context(credit_allocation_rule_ids=scope.rule_ids)
        return executor._execute(self._plan(scope), origin, quiet=quiet)

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
    # Execution, in batches; how each is reconciled is in allocation_executor_reconcile.py
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _execute(self, plans, origin, date=None, quiet=False):
        """Execute plans and record what was executed in documents of their own.

        Quiet is for mass runs, and takes less than half of the time. The books are the same to the cent, and each
        chatter still gets the note of what was allocated and why. What it does not get are Odoo's own messages that
        the payment status or the state of a payment has changed; so those who follow a document are not told that it
        is paid, by mail or in their inbox, and automations which start from such a message do not start.

        :param list plans: :class:`GroupPlan` records
        :param str origin: see :meth:`_allocate`
        :param date: of the documents, None for today
        :param bool quiet: no messages of Odoo's own about what has changed
        :return: :class:`AllocationOutcome`
        """
        outcome = self._execute_plans(plans, quiet=quiet)
        outcome.documents = outcome.documents._create_done(outcome, origin, date)
        return outcome

    @api.model
    def _execute_plans(self, plans, quiet=False):
        """Execute plans; to record what was executed is up to the caller.

        :param list plans: :class:`GroupPlan` records
        :param bool quiet: see :meth:`_execute`
        :return: :class:`AllocationOutcome` without documents
        """
        executed, refused = [], []
        for batch in self._split_into_batches([group_plan for group_plan in plans if group_plan.plan.matches]):
            batch_executed, batch_refused = self._execute_batch(batch, quiet)
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
    def _execute_batch(self, plans, quiet=False):
        """Execute the plans together and, when that fails, each alone, so that only the failing ones are left.

        :param list plans: :class:`GroupPlan` records with at least one match each
        :param bool quiet: see :meth:`_execute`
        :return: ``(executed, refused)``, lists of :class:`Executed` and :class:`Refused`
        """
        try:
            with self.env.cr.savepoint():
                return self._reconcile_plans(plans, quiet)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:  # whatever one partner's books provoke must not stop the others
            if self.env.cr.closed:  # the connection is lost: no partner's doing, and nothing can go on
                raise
            if len(plans) == 1:
                expected = isinstance(error, UserError)
                _logger.warning("Credit allocation of %s failed", plans[0].group, exc_info=not expected)
                return [], [Refused(plans[0], FAILED, self._get_error_message(error))]
        results = [self._execute_batch([group_plan], quiet) for group_plan in plans]
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
