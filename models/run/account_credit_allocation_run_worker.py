import logging
from typing import NamedTuple

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...matching.open_item import CHANGED, FAILED, LOCKED_BY_ANOTHER_USER, Leftover
from .account_credit_allocation_run_partner import TRY_LIMITS
from .own_transaction import own_transaction

_logger = logging.getLogger(__name__)

# leftovers that say that the try of their partner did not succeed, and why; everything else is part of a result
TRY_REASONS = {FAILED: "error", LOCKED_BY_ANOTHER_USER: "conflict", CHANGED: "error"}


class BatchResult(NamedTuple):
    """What was done with the partners of a batch: ``documents`` tell it, :class:`Leftover` records what was left.

    ``put_off``: partners of which something is in use by others; they are tried again.
    """

    documents: models.BaseModel
    credits_left: list[Leftover]
    debts_left: list[Leftover]
    put_off: frozenset[int] = frozenset()


class AccountCreditAllocationRunWorker(models.AbstractModel):
    """How one batch of a run is worked on, by any number of workers at a time.

    First the try is counted and committed; then the batch's rows are locked, the partners allocated, and rows and
    allocations committed together. A worker that is killed leaves its rows pending, with the try counted.

    Each method takes the run, in the environment of ``self``.
    """

    _name = "account.credit.allocation.run.worker"
    _description = "Worker of Credit Allocation Runs"

    @api.model
    def _process_batch(self, run, batch):
        """See :meth:`AccountCreditAllocationRun._process_batch`, the way in.

        :param run: ``account.credit.allocation.run``
        :param int batch: number of the batch in this run
        :return: the number of partners that were worked on
        :raise psycopg2.OperationalError: the connection is lost
        """
        run = run._in_own_language()
        self = self.with_env(run.env)
        try:
            with own_transaction(run) as own_run:
                worked = self.with_env(own_run.env)._begin_batch(own_run, batch)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:  # another worker was faster
            worked = 0
        if worked:
            worked = self._try_batch(run, batch)
        self._end_run_if_complete(run)
        return worked

    @api.model
    def _try_batch(self, run, batch):
        """Work on a batch that was begun; what cannot be done is tried again, or given up.

        :return: the number of partners of which the work list says how the try has ended
        """
        try:
            with own_transaction(run) as own_run:
                return self.with_env(own_run.env)._work_on_batch(own_run, batch)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            _logger.info("%s gives way in batch %s to another transaction: %s", run, batch, type(error).__name__)
            reason, message = "conflict", self._get_conflict_message()
        except Exception as error:  # of one partner, as a rule: the others must not suffer
            if self._is_connection_lost(error):
                raise
            _logger.warning("%s failed in batch %s", run, batch, exc_info=not isinstance(error, UserError))
            reason, message = "error", self.env["account.credit.allocation.executor"]._get_error_message(error)
        try:
            with own_transaction(run) as own_run:
                rows = own_run._get_work_list()._lock_batch(own_run, batch)
                rows._end_try(reason, message)
                return len(rows)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:  # its rows stay pending, and the next worker takes them at once
            _logger.info("%s leaves batch %s to another worker", run, batch)
            return 0

    @api.model
    def _is_connection_lost(self, error):
        """Whether an exception says nothing about the work, but that the database is out of reach."""
        code = getattr(error, "pgcode", None) or ""
        if code.startswith(("08", "57P")):
            return True
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and not code

    @api.model
    def _end_run_if_complete(self, run):
        try:
            with own_transaction(run._in_own_language()) as own_run:
                own_run._finish_if_complete()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("Another worker has just changed %s, and ends it", run)

    # ------------------------------------------------------------------------------------------------------------------
    # The work: each method is a part of one transaction
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _begin_batch(self, run, batch):
        """Count the try before it begins. A batch that never came to an end before is split into its partners; a
        partner that never did is marked failed.

        :return: the number of partners to work on
        """
        rows = run._get_work_list()._lock_batch(run, batch)
        if not rows:
            return 0
        if obstacle := run._find_obstacle():
            run._set_stopped(obstacle)
            return 0
        if "interrupted" in rows.mapped("try_reason") and rows._is_exhausted("interrupted"):
            rows._end_try(
                "interrupted",
                self.env._("While this partner was worked on, the server or its connection to the database was lost."),
            )
            return 0
        rows._begin_try()
        return len(rows)

    @api.model
    def _work_on_batch(self, run, batch):
        """Allocate the partners of a batch in this transaction, and note in the work list what became of them.

        :return: the number of partners
        """
        rows = run._get_work_list()._lock_batch(run, batch)
        if not rows:
            return 0
        partner_ids = rows.partner_id.ids
        patient = {row.partner_id.id for row in rows if row.tries < TRY_LIMITS["conflict"].partner}
        own_run = run._as_responsible()
        worker = self.with_env(own_run.env)
        if run.is_applying:
            result = worker._apply_drafts(own_run, batch, patient)
        else:
            if any(row.tries > 1 or row.left_count for row in rows):
                self._forget_leftovers(run, partner_ids)
            allocate = worker._preview if run.mode == "preview" else worker._allocate
            result = allocate(own_run, partner_ids, patient)
        documents = result.documents.sudo()
        documents.write({"run_id": run.id, "run_batch": batch})
        self._store_row_results(run, rows, result._replace(documents=documents))
        self.env.flush_all()
        return len(rows)

    @api.model
    def _allocate(self, run, partner_ids, patient):
        """Plan and execute, with the rights of the current user.

        What is in use by others is not even listed where it will be tried again: a record that refers to an item might
        have to wait for whoever holds it.

        :param partner_ids: commercial partners
        :param set patient: those of them that may be tried again
        :return: :class:`BatchResult`
        """
        scope = run._get_scope(partner_ids)
        plans = self.env["account.credit.allocation.planner"]._plan(scope)
        outcome = self.env["account.credit.allocation.executor"]._execute_plans(
            plans, quiet=run.quiet, rule_ids=scope.rule_ids
        )
        put_off = self._find_partners(outcome, "conflict") & patient
        for entries in (outcome.credits_left, outcome.debts_left):
            entries[:] = [
                left
                for left in entries
                if left.reason != LOCKED_BY_ANOTHER_USER or left.item.group.partner not in put_off
            ]
        documents = self.env["account.credit.allocation"]._create_done(outcome, "run")
        return BatchResult(documents, outcome.credits_left, outcome.debts_left, put_off)

    @api.model
    def _preview(self, run, partner_ids, _patient):
        """Plan, and write the plan down as drafts; see :meth:`_allocate`."""
        plans = self.env["account.credit.allocation.planner"]._plan(run._get_scope(partner_ids))
        documents = self.env["account.credit.allocation"]._create_preview(plans, "run")
        return BatchResult(
            documents,
            [leftover for _group, plan in plans for leftover in plan.credits_left],
            [leftover for _group, plan in plans for leftover in plan.debts_left],
        )

    @api.model
    def _apply_drafts(self, run, batch, patient):
        """Apply the drafts that a batch of the preview made; see :meth:`_allocate`. A draft of which nothing could be
        applied stays a draft. Only such a one may be tried again: of what an applied draft has left nobody has seen
        another plan."""
        drafts = self.env["account.credit.allocation"].search(
            [("run_id", "=", run.id), ("run_batch", "=", batch), ("state", "=", "draft")]
        )
        result, locked, failed = BatchResult(drafts, [], []), set(), set()
        for draft in drafts:
            draft._lock_draft()
            outcome, _notes = draft._apply_plans(quiet=run.quiet)
            result.credits_left.extend(outcome.credits_left)
            result.debts_left.extend(outcome.debts_left)
            failed |= self._find_partners(outcome, "error")
            if draft.state == "draft":
                locked |= self._find_partners(outcome, "conflict") & set(draft.line_ids.partner_id.ids)
        return result._replace(put_off=frozenset((locked - failed) & patient))

    @api.model
    def _find_partners(self, result, reason):
        """The partners whose try did not succeed for a reason of ``try_reason``, a frozenset of ids."""
        return frozenset(
            left.item.group.partner
            for left in result.credits_left + result.debts_left
            if TRY_REASONS.get(left.reason) == reason
        )

    # ------------------------------------------------------------------------------------------------------------------
    # What became of the partners
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _forget_leftovers(self, run, partner_ids):
        """What an earlier try left of these partners is no result of the run any more."""
        leftovers = run.leftover_ids.search([("run_id", "=", run.id), ("partner_id", "in", partner_ids)])
        leftovers.filtered("allocation_id").run_id = False
        leftovers.filtered(lambda leftover: not leftover.allocation_id).unlink()

    @api.model
    def _store_row_results(self, run, rows, result):
        """Mark the rows, and keep what was left as leftovers of the run. One batch may end like this::

            partner  what was done and left                   the row becomes
            Ada      2 allocations                            done
            Ben      1 allocation, a credit of 30 too much    done, 1 left
            Cid      an item is in use by others, try 1 to 4  pending in another batch, conflict; waits 10, 60, … s
            Dan      an item is in use by others, try 5       locked, conflict
            Eve      native reconciliation refused            failed, error, and what Odoo said

        :param rows: of the work list, all of one batch
        :param BatchResult result: what was done with their partners
        """
        self.env["account.credit.allocation.leftover"]._record_for_run(run, result)
        failures = self._get_failures(result)
        figures = self._get_row_figures(run, rows, result.documents)
        put_off = rows.filtered(lambda row: row.partner_id.id in result.put_off)
        for row in rows:
            pairs, amount, left = figures[row.partner_id.id]
            row.write(
                {
                    "allocated_count": row.allocated_count + pairs,
                    "amount": row.amount + amount,
                    "left_count": left,
                }
            )
        for row in rows - put_off:
            if failure := failures.get(row.partner_id.id):
                row._give_up(*failure)
            else:
                row.write({"state": "done", "try_reason": False, "message": False})
        put_off._requeue("conflict")

    @api.model
    def _get_failures(self, result):
        """``{partner id: (reason of the row's last try, message)}`` of the partners that are not simply done."""
        labels = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        failures = {}
        for leftover in result.credits_left + result.debts_left:
            partner_id, reason = leftover.item.group.partner, TRY_REASONS.get(leftover.reason)
            if reason == "conflict":
                # a failure is worse than a lock, which may be gone the next time
                failures.setdefault(partner_id, (reason, self._get_conflict_message()))
            elif reason:
                failures[partner_id] = (reason, leftover.message or labels[leftover.reason])
        return failures

    @api.model
    def _get_conflict_message(self):
        return self.env._("Other people were working on its documents, %s times.", TRY_LIMITS["conflict"].partner)

    @api.model
    def _get_row_figures(self, run, rows, documents):
        """``{partner id: (pairs, amount in the company's currency, documents left)}`` of one try."""
        partners = rows.partner_id.ids
        if run.is_applying:
            documents = documents.filtered(lambda document: document.state == "done")
        allocated = self.env["account.credit.allocation.line"]._read_group(
            [("allocation_id", "in", documents.ids), ("is_write_off", "=", False)],
            ["partner_id"],
            ["__count", "amount:sum"],
        )
        left = self.env["account.credit.allocation.leftover"]._read_group(
            [("run_id", "=", run.id), ("partner_id", "in", partners)], ["partner_id"], ["move_id:count_distinct"]
        )
        pairs = {partner.id: (count, amount) for partner, count, amount in allocated}
        left_counts = {partner.id: count for partner, count in left}
        return {
            partner_id: (*pairs.get(partner_id, (0, 0.0)), left_counts.get(partner_id, 0)) for partner_id in partners
        }
