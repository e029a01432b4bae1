import logging
from contextlib import contextmanager
from typing import NamedTuple

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...matching.open_item import CHANGED, FAILED, LOCKED_BY_ANOTHER_USER, Leftover
from ..engine.expected_conflicts import expect_conflicts

_logger = logging.getLogger(__name__)

# How long a batch waits for what another transaction holds, before it gives way.
LOCK_TIMEOUT = "2s"
# How often a partner is tried whose items are in use by others, and the seconds to wait after each attempt.
ATTEMPTS = 5
DELAYS = (10, 60, 180, 600)
# After so many attempts of which nobody knows the end, a batch is split, and a single partner given up.
INTERRUPTIONS_OF_BATCH = 2
INTERRUPTIONS_OF_PARTNER = 3
# what a partner's leftovers make of its row; everything else is part of a result
ROW_STATES = {FAILED: "failed", LOCKED_BY_ANOTHER_USER: "locked", CHANGED: "failed"}


class BatchResult(NamedTuple):
    """What was done with the partners of a batch: ``documents`` tell it, :class:`Leftover` records what was left.

    ``put_off``: partners of which something is in use by others and is not among what was left: they are tried again.
    """

    documents: models.BaseModel
    credits_left: list[Leftover]
    debts_left: list[Leftover]
    put_off: frozenset[int] = frozenset()


class AccountCreditAllocationRunWorker(models.Model):
    """How one batch is worked on, by any number of workers at a time.

    First the attempt is counted and committed; then the batch's rows are locked, the partners allocated, and rows and
    allocations committed together. A worker that is killed leaves its rows pending, with the attempt counted.
    """

    _inherit = "account.credit.allocation.run"

    def _process_batch(self, batch):
        """Work on a batch in transactions of its own: whatever the caller's transaction does, what this one has done
        is committed.

        What cannot be done now is put back as another batch (:meth:`_enqueue_batch` is called for it); what cannot be
        done at all is marked failed. Calling it twice, or from two workers at once, does no harm.

        :param int batch: number of the batch in this run
        :return: the number of partners that were worked on; 0: it is done, or in other hands, or the run was stopped
        :raise psycopg2.OperationalError: the connection is lost; call again
        """
        self.ensure_one()
        try:
            with self._in_own_transaction() as run:
                begun = run._begin_batch(batch)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:  # another worker was faster
            begun = 0
        if not begun:
            self._end_run_if_complete()
            return 0
        try:
            with self._in_own_transaction() as run:
                worked = run._work_on_batch(batch)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            _logger.info("%s gives way in batch %s to another transaction: %s", self, batch, type(error).__name__)
            with self._in_own_transaction() as run:
                run._put_off_batch(batch)
            worked = begun
        except Exception as error:  # of one partner, as a rule: the others must not suffer
            if self._is_connection_lost(error):
                raise
            _logger.warning("%s failed in batch %s", self, batch, exc_info=not isinstance(error, UserError))
            with self._in_own_transaction() as run:
                run._fail_batch(batch, error)
            worked = begun
        self._end_run_if_complete()
        return worked

    @api.model
    def _is_connection_lost(self, error):
        """Whether an exception says nothing about the work, but that the database is out of reach."""
        code = getattr(error, "pgcode", None) or ""
        if code.startswith(("08", "57P")):
            return True
        return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) and not code

    @contextmanager
    def _in_own_transaction(self):
        """``self`` in a transaction that is committed at the end; as superuser, and never waiting for long."""
        with expect_conflicts(self.env.registry.cursor()) as cr:
            cr.execute("SET LOCAL lock_timeout = %s", (LOCK_TIMEOUT,))
            yield self.with_env(api.Environment(cr, SUPERUSER_ID, {}))

    def _end_run_if_complete(self):
        try:
            with self._in_own_transaction() as run:
                run._finish_if_complete()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("Another worker has just changed %s, and ends it", self)

    # ------------------------------------------------------------------------------------------------------------------
    # Before and after the work
    # ------------------------------------------------------------------------------------------------------------------

    def _lock_rows(self, batch):
        """Lock the pending rows of a batch which nobody else holds; none while the run is not running.

        The first statement of a transaction, so that what it does is based on what it locked.

        :return: recordset of the rows
        """
        Row = self.env["account.credit.allocation.run.partner"]
        ids = self.env.execute_query(
            SQL(
                """SELECT row.id
                     FROM account_credit_allocation_run_partner row
                    WHERE row.run_id = %s AND row.batch = %s AND row.state = 'pending'
                      AND EXISTS (
                          SELECT 1 FROM account_credit_allocation_run run
                           WHERE run.id = row.run_id AND run.state = 'running'
                      )
                    ORDER BY row.id
                      FOR NO KEY UPDATE OF row SKIP LOCKED""",
                self.id,
                batch,
            )
        )
        return Row.browse([row_id for (row_id,) in ids])

    def _begin_batch(self, batch):
        """Count the attempt before it begins. A batch that never came to an end before is split into its partners; a
        partner that never did is marked failed.

        :return: the number of partners to work on
        """
        rows = self._lock_rows(batch)
        if not rows:
            return 0
        if obstacle := self._find_obstacle():
            self._set_stopped(obstacle)
            return 0
        interruptions = max(rows.mapped("interruptions"))
        if self._can_split(rows) and interruptions >= INTERRUPTIONS_OF_BATCH:
            self._requeue(rows.ids, split=True)
            return 0
        if interruptions >= INTERRUPTIONS_OF_PARTNER:
            rows.write(
                {
                    "state": "failed",
                    "interruptions": 0,
                    "message": self.env._(
                        "Each time this partner was worked on, the server or its connection to the database was lost."
                    ),
                }
            )
            return 0
        for row in rows:
            row.attempts += 1
            row.interruptions += 1
        return len(rows)

    def _put_off_batch(self, batch):
        """Try a batch again later that gave way to other transactions; after many attempts, each partner alone."""
        rows = self._lock_rows(batch)
        if not rows:
            return
        attempts = max(rows.mapped("attempts"))
        if attempts < ATTEMPTS:
            self._requeue(rows.ids, delay=DELAYS[attempts - 1])
        elif self._can_split(rows):
            self._requeue(rows.ids, delay=DELAYS[0], split=True)
        else:
            rows.write({"state": "locked", "interruptions": 0, "message": self._get_locked_message()})

    def _fail_batch(self, batch, error):
        """A batch could not be executed as a whole: its partners are tried alone, and a single one has failed."""
        rows = self._lock_rows(batch)
        if self._can_split(rows):
            self._requeue(rows.ids, split=True)
        else:
            message = self.env["account.credit.allocation.executor"]._get_error_message(error)
            rows.write({"state": "failed", "interruptions": 0, "message": message})

    def _can_split(self, rows):
        """Whether rows of a batch may become batches of their own; the partners of a draft are applied together."""
        return len(rows) > 1 and not self.is_applying

    def _get_locked_message(self):
        return self.env._("Other people were working on its documents, %s times.", ATTEMPTS)

    # ------------------------------------------------------------------------------------------------------------------
    # The work
    # ------------------------------------------------------------------------------------------------------------------

    def _work_on_batch(self, batch):
        """Allocate the partners of a batch in this transaction, and note in the work list what became of them.

        :return: the number of partners
        """
        rows = self._lock_rows(batch)
        if not rows:
            return 0
        partner_ids = rows.partner_id.ids
        worker = self._as_responsible()
        if self.is_applying:
            result = worker._apply_drafts(batch)
        else:
            if any(row.attempts > 1 or row.left_count for row in rows):
                self._forget_leftovers(partner_ids)
            patient = {row.partner_id.id for row in rows if row.attempts < ATTEMPTS}
            allocate = worker._preview_partners if self.mode == "preview" else worker._allocate
            result = allocate(partner_ids, patient)
        documents = result.documents.sudo()
        documents.write({"run_id": self.id, "run_batch": batch})
        self._store_row_results(rows, result._replace(documents=documents))
        self.env.flush_all()
        return len(rows)

    def _as_responsible(self):
        """``self`` with the rights of the responsible user, in the companies of the run."""
        user = self.user_id
        context = {"allowed_company_ids": self._get_companies().ids, "lang": user.lang, "tz": user.tz}
        return self.with_env(self.env(user=user, su=False, context=context))

    def _allocate(self, partner_ids, patient):
        """Plan and execute, with the rights of the current user.

        What is in use by others is not even listed where it will be tried again: a record that refers to an item might
        have to wait for whoever holds it.

        :param partner_ids: commercial partners
        :param set patient: those of them that may be tried again
        :return: :class:`BatchResult`
        """
        executor, scope = self.env["account.credit.allocation.executor"], self._get_scope(partner_ids)
        plans = self.env["account.credit.allocation.planner"]._plan(scope)
        executor = executor.with_context(credit_allocation_rule_ids=scope.rule_ids)
        outcome = executor._execute_plans(plans, quiet=self.quiet)
        put_off = frozenset(
            left.item.group.partner
            for left in outcome.credits_left + outcome.debts_left
            if left.reason == LOCKED_BY_ANOTHER_USER and left.item.group.partner in patient
        )
        for entries in (outcome.credits_left, outcome.debts_left):
            entries[:] = [
                left
                for left in entries
                if left.reason != LOCKED_BY_ANOTHER_USER or left.item.group.partner not in put_off
            ]
        documents = self.env["account.credit.allocation"]._create_done(outcome, "run")
        return BatchResult(documents, outcome.credits_left, outcome.debts_left, put_off)

    def _preview_partners(self, partner_ids, _patient):
        """Plan, and write the plan down as drafts; see :meth:`_allocate`."""
        plans = self.env["account.credit.allocation.planner"]._plan(self._get_scope(partner_ids))
        documents = self.env["account.credit.allocation"]._create_preview(plans, "run")
        return BatchResult(
            documents,
            [leftover for _group, plan in plans for leftover in plan.credits_left],
            [leftover for _group, plan in plans for leftover in plan.debts_left],
        )

    def _apply_drafts(self, batch):
        """Apply the drafts that a batch of the preview made; see :meth:`_allocate`. A draft of which nothing could be
        applied stays a draft."""
        drafts = self.env["account.credit.allocation"].search(
            [("run_id", "=", self.id), ("run_batch", "=", batch), ("state", "=", "draft")]
        )
        result = BatchResult(drafts, [], [])
        for draft in drafts:
            draft._lock_draft()
            outcome, _notes = draft._apply_plans(quiet=self.quiet)
            result.credits_left.extend(outcome.credits_left)
            result.debts_left.extend(outcome.debts_left)
        return result

    # ------------------------------------------------------------------------------------------------------------------
    # What became of the partners
    # ------------------------------------------------------------------------------------------------------------------

    def _forget_leftovers(self, partner_ids):
        """What an earlier attempt left of these partners is no result of the run any more."""
        leftovers = self.leftover_ids.search([("run_id", "=", self.id), ("partner_id", "in", partner_ids)])
        leftovers.filtered("allocation_id").run_id = False
        leftovers.filtered(lambda leftover: not leftover.allocation_id).unlink()

    def _store_row_results(self, rows, result):
        """Mark the rows, and keep what was left as leftovers of the run. What is in use by others is put off.

        :param rows: of the work list, all of one batch
        :param BatchResult result: what was done with their partners
        """
        outcomes = self._get_row_outcomes(result)
        put_off = rows.filtered(lambda row: row.partner_id.id in result.put_off)
        if self.is_applying:  # what was left of an applied draft is not tried again: nobody has seen another plan
            drafts = result.documents.filtered(lambda document: document.state == "draft")
            put_off = rows.filtered(
                lambda row: row.attempts < ATTEMPTS
                and row.partner_id in drafts.line_ids.partner_id
                and outcomes.get(row.partner_id.id, ("",))[0] == "locked"
            )
        self.env["account.credit.allocation.leftover"]._record_for_run(self, result)
        figures = self._get_row_figures(rows, result.documents)
        for row in rows:
            state, message = outcomes.get(row.partner_id.id, ("done", ""))
            pairs, amount, left = figures[row.partner_id.id]
            row.write(
                {
                    "state": state,
                    "message": message,
                    "interruptions": 0,
                    "allocated_count": row.allocated_count + pairs,
                    "amount": row.amount + amount,
                    "left_count": left,
                }
            )
        if put_off:
            put_off.flush_recordset()
            self._requeue(put_off.ids, delay=DELAYS[max(put_off.mapped("attempts")) - 1])

    def _get_row_outcomes(self, result):
        """``{partner id: (state, message)}`` of the partners that are not simply done."""
        labels = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        outcomes = {}
        for leftover in result.credits_left + result.debts_left:
            state = ROW_STATES.get(leftover.reason)
            if not state:
                continue
            message = self._get_locked_message() if state == "locked" else leftover.message
            # a failure is worse than a lock, which may be gone the next time
            if state == "failed" or leftover.item.group.partner not in outcomes:
                outcomes[leftover.item.group.partner] = (state, message or labels[leftover.reason])
        return outcomes

    def _get_row_figures(self, rows, documents):
        """``{partner id: (pairs, amount in the company's currency, items left)}`` of one attempt."""
        partners = rows.partner_id.ids
        if self.is_applying:
            documents = documents.filtered(lambda document: document.state == "done")
        allocated = self.env["account.credit.allocation.line"]._read_group(
            [("allocation_id", "in", documents.ids)], ["partner_id"], ["__count", "amount:sum"]
        )
        left = self.env["account.credit.allocation.leftover"]._read_group(
            [("run_id", "=", self.id), ("partner_id", "in", partners)], ["partner_id"], ["__count"]
        )
        pairs = {partner.id: (count, amount) for partner, count, amount in allocated}
        left_counts = {partner.id: count for partner, count in left}
        return {
            partner_id: (*pairs.get(partner_id, (0, 0.0)), left_counts.get(partner_id, 0)) for partner_id in partners
        }
