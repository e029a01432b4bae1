import logging

import psycopg2

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.expected_conflicts import conflicts_expected
from odoo.addons.account_credit_allocation.models.run.own_transaction import own_transaction
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import CANCELLED, ENQUEUED, FAILED, PENDING, STARTED, WAIT_DEPENDENCIES

WAITING = (WAIT_DEPENDENCIES, PENDING, ENQUEUED)
LIVE = (*WAITING, STARTED)
# The run itself counts the tries of a partner, and says when it gives one up. A job without a limit of its own only
# waits until the database is there again.
NO_LIMIT = 0
# How often the jobs that wait are looked for, while the job runner hands out one before one's eyes.
LOOKS = 3
# Batches that are tried again come after those that were not tried yet; the lesser number is the first.
PRIORITY, PRIORITY_OF_RETRIES = 10, 20

_logger = logging.getLogger(__name__)


class AccountCreditAllocationRun(models.Model):
    """Batches as jobs. The work list stays the only state of the run: a job does what is pending, and maybe nothing."""

    _inherit = "account.credit.allocation.run"

    job_ids = fields.One2many(
        "queue.job", "credit_allocation_run_id", string="Jobs", groups="queue_job.group_queue_job_manager"
    )
    job_summary = fields.Char(string="State of Jobs", compute="_compute_job_summary", compute_sudo=True)

    @api.depends("state")
    def _compute_job_summary(self):
        counts = {
            (run.id, state): count
            for run, state, count in self.env["queue.job"]._read_group(
                [("credit_allocation_run_id", "in", self.ids)], ["credit_allocation_run_id", "state"], ["__count"]
            )
        }
        for run in self:
            total = sum(count for (run_id, _state), count in counts.items() if run_id == run.id)
            run.job_summary = bool(total) and self.env._(
                "%(waiting)s waiting, %(running)s running, %(failed)s failed",
                waiting=sum(counts.get((run.id, state), 0) for state in WAITING),
                running=counts.get((run.id, STARTED), 0),
                failed=counts.get((run.id, FAILED), 0),
            )

    def action_open_jobs(self):
        """
        :return: an action that lists the jobs, or says how they are doing to somebody who may not see the job queue
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env["queue.job"].has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "title": self.job_summary,
                    "message": self.env._("Managers of the job queue can open the jobs themselves."),
                },
            }
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("queue_job.action_queue_job"),
            "domain": [("credit_allocation_run_id", "=", self.id)],
            "context": {},
        }

    # ------------------------------------------------------------------------------------------------------------------
    # From a batch to its job
    # ------------------------------------------------------------------------------------------------------------------

    def _enqueue_batch(self, batch, delay=0):
        """Make the job of a batch, unless one is waiting already. It works as the responsible user of the run."""
        self.ensure_one()
        run = self.with_user(self.user_id or self.env.user).with_context(allowed_company_ids=self._get_companies().ids)
        run.with_delay(
            priority=PRIORITY_OF_RETRIES if delay else PRIORITY,
            eta=delay or None,
            max_retries=NO_LIMIT,
            description=self._get_job_description(batch),
            identity_key=f"{self._name}-{self.id}-{batch}",
        )._process_batch(batch)

    def _get_job_description(self, batch):
        [(last,)] = self.env.execute_query(
            SQL(
                "SELECT MAX(batch) FROM account_credit_allocation_run_partner WHERE run_id = %s AND state = 'pending'",
                self.id,
            )
        )
        return self.env._(
            "%(run)s: batch %(batch)s of %(last)s", run=self.name, batch=batch, last=max(last or 0, batch)
        )

    @api.model
    def _job_store_values(self, job):
        vals = super()._job_store_values(job)
        if job.method_name == "_process_batch":
            run = job.recordset.exists()
            vals |= {"credit_allocation_run_id": run.id, "credit_allocation_batch": job.args[0]}
        return vals

    def _process_batch(self, batch):
        """
        :raise RetryableJobError: as a job, when the batch is still to be done, because the connection was lost or
            another worker is at it: the retry pattern says when it is tried again
        """
        if not self.env.context.get("job_uuid"):
            return super()._process_batch(batch)
        if not self.exists():  # deleted meanwhile
            return 0
        try:
            worked = super()._process_batch(batch)
            left = not worked and self._is_to_be_done(batch)
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            raise RetryableJobError(self.env._("The database was out of reach, or too busy.")) from error
        if left:
            raise RetryableJobError(self.env._("Another worker is working on this batch."))
        return worked

    def _is_to_be_done(self, batch):
        """Whether the run is running, and something of this batch is pending, as others see it now."""
        with own_transaction(self) as run:
            pending = [("run_id", "=", run.id), ("batch", "=", batch), ("state", "=", "pending")]
            return run.state == "running" and bool(run._get_work_list().search_count(pending, limit=1))

    # ------------------------------------------------------------------------------------------------------------------
    # When the run or a job comes to an end before its time
    # ------------------------------------------------------------------------------------------------------------------

    def _set_stopped(self, reason):
        """The jobs that wait are cancelled. Those the runner has just handed out find nothing to do."""
        self._cancel_waiting_jobs(reason)
        return super()._set_stopped(reason)

    def _cancel_waiting_jobs(self, reason):
        """In a transaction of its own, which looks again when the job runner was faster. Should the run not be stopped
        after all, the scheduler takes up what has lost its job."""
        self.env["queue.job"].invalidate_model()
        domain = [("credit_allocation_run_id", "in", self.ids), ("state", "in", (WAIT_DEPENDENCIES, PENDING))]
        vals = {"state": CANCELLED, "date_cancelled": fields.Datetime.now(), "result": reason}
        for _look in range(LOOKS):
            try:
                with own_transaction(self.env["queue.job"]) as jobs:
                    jobs.search(domain).try_lock_for_update(allow_referencing=True).write(vals)
                return
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                continue
        _logger.info("The job runner hands out the jobs of %s; they find nothing to do", self)

    def _on_batch_job_failed(self, **details):
        """Called by queue_job when it gives a job up; it does not say which one."""
        self.sudo()._fail_rows_of_failed_jobs()

    def _fail_rows_of_failed_jobs(self):
        """Where the last job of a batch has failed for good, its partners have failed, for the reason of the job."""
        Job = self.env["queue.job"]
        Job.flush_model()
        last_jobs = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (credit_allocation_run_id, credit_allocation_batch) id, state
                     FROM queue_job
                    WHERE credit_allocation_run_id = ANY(%s)
                    ORDER BY credit_allocation_run_id, credit_allocation_batch, state IN %s DESC, id DESC""",
                self.ids,
                LIVE,
            )
        )
        for job in Job.browse([job_id for job_id, state in last_jobs if state == FAILED]):
            try:
                with conflicts_expected(self.env.cr), self.env.cr.savepoint():
                    self._fail_rows_of_job(job)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                _logger.info("Another worker is at the batch of %s; the scheduler looks again", job)

    @api.model
    def _fail_rows_of_job(self, job):
        run = job.credit_allocation_run_id
        rows = run._get_work_list().search(
            [("run_id", "=", run.id), ("batch", "=", job.credit_allocation_batch), ("state", "=", "pending")]
        )
        rows = rows.try_lock_for_update(allow_referencing=True)  # not those that another worker is at
        if rows:
            reason = job.exc_message or job.exc_info or job.exc_name
            rows._give_up("error", self.env._("The job of this batch failed: %s", reason))
            run._finish_if_complete()

    @api.model
    def _cron_process_batches(self):
        """Odoo's scheduler is the safety net."""
        self.search([("state", "=", "running")])._fail_rows_of_failed_jobs()
        return super()._cron_process_batches()
