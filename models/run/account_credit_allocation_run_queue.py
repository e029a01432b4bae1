import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .own_transaction import own_transaction

_logger = logging.getLogger(__name__)

# How often a worker looks for a due batch while others take one before its eyes, until it leaves the rest to them.
LOOKS = 10


class AccountCreditAllocationRunQueue(models.AbstractModel):
    """What is due, of all runs, and Odoo's scheduler that takes it. What is pending in the work lists is the only
    state. An addon may bring another queue, and leaves the scheduler what has been lost."""

    _name = "account.credit.allocation.run.queue"
    _description = "Queue of Credit Allocation Runs"

    @api.model
    def _wake_scheduler(self, delay=0):
        """Have Odoo's scheduler take what is due, once this transaction is committed, and ``delay`` seconds later."""
        at = fields.Datetime.now() + timedelta(seconds=delay)
        noted = self.env.cr.precommit.data.setdefault("account_credit_allocation.triggers", set())
        if at not in noted:  # a run has thousands of batches and needs one call
            noted.add(at)
            self._get_cron()._trigger(at)

    @api.model
    def _get_cron(self):
        """The scheduled action that works on batches."""
        return self.env.ref("account_credit_allocation.account_credit_allocation_run_cron_batches").sudo()

    @api.model
    def _work_on_due_batches(self):
        """Work on the pending batches of all runs until there are none, or the scheduler wants its thread back.

        Several workers may do this at the same time: each takes what no other one is at.
        """
        Cron = self.env["ir.cron"]
        in_other_hands = set()
        seconds = Cron._commit_progress(remaining=self._count_due_batches())
        while seconds and (found := self._find_due_batch(in_other_hands)):
            run, batch = found
            worked = run._process_batch(batch)
            if not worked:
                in_other_hands.add((run.id, batch))
            self.env.invalidate_all()
            seconds = Cron._commit_progress(1 if worked else 0, remaining=self._count_due_batches(in_other_hands))
        worker = self.env["account.credit.allocation.run.worker"]
        for run in self._find_complete_runs():
            worker._end_run_if_complete(run)
        if in_other_hands:  # unless these hands were killed
            self._wake_scheduler(delay=60)

    @api.model
    def _find_complete_runs(self):
        """Runs with nothing left to do that nobody has ended: their last worker was killed just before."""
        found = self.env.execute_query(
            SQL(
                """SELECT run.id
                     FROM account_credit_allocation_run run
                    WHERE run.state = 'running'
                      AND NOT EXISTS (
                          SELECT 1 FROM account_credit_allocation_run_partner row
                           WHERE row.run_id = run.id AND row.state = 'pending'
                      )"""
            )
        )
        return self.env["account.credit.allocation.run"].browse([run_id for (run_id,) in found])

    @api.model
    def _find_due_batch(self, except_for=()):
        """The next batch that is due, and that nobody is working on as far as can be seen.

        :param except_for: ``(run id, batch)`` pairs
        :return: ``(run, batch)``, None if there is none
        """
        for _look in range(LOOKS):
            try:
                with own_transaction(self) as queue:  # the lock only looks for others' locks, and ends here
                    found = queue.env.execute_query(
                        SQL(
                            "SELECT row.run_id, row.batch %s ORDER BY row.run_id, row.batch LIMIT 1"
                            " FOR NO KEY UPDATE OF row SKIP LOCKED",
                            self._get_due_sql(except_for),
                        )
                    )
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:  # somebody has just begun it
                continue
            return (self.env["account.credit.allocation.run"].browse(found[0][0]), found[0][1]) if found else None
        _logger.info("Other workers take the batches of all runs faster than this one finds them")
        return None

    @api.model
    def _count_due_batches(self, except_for=()):
        [(count,)] = self.env.execute_query(
            SQL("SELECT COUNT(DISTINCT (row.run_id, row.batch)) %s", self._get_due_sql(except_for))
        )
        return count

    @api.model
    def _get_due_sql(self, except_for):
        """The end of a SELECT of the rows, named ``row``, that may be worked on now: a hook for other queues.

        :param except_for: ``(run id, batch)`` pairs
        """
        return SQL(
            """FROM account_credit_allocation_run_partner row
               JOIN account_credit_allocation_run run ON run.id = row.run_id
              WHERE row.state = 'pending'
                AND run.state = 'running'
                AND (row.next_try IS NULL OR row.next_try <= %s)
                AND (row.run_id, row.batch) NOT IN (SELECT * FROM UNNEST(%s::integer[], %s::integer[]))""",
            fields.Datetime.now(),
            [run_id for run_id, _batch in except_for],
            [batch for _run_id, batch in except_for],
        )
