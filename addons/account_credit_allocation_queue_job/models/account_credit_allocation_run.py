from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.expected_conflicts import try_lock
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import CANCELLED, ENQUEUED, FAILED, PENDING, STARTED, WAIT_DEPENDENCIES

WAITING = (WAIT_DEPENDENCIES, PENDING, ENQUEUED)
LIVE = (*WAITING, STARTED)
MAX_RETRIES = 8
# A job runner that has handed out nothing for so many minutes, while jobs were due, is not there.
RUNNER_MINUTES = 15
# Batches that are tried again come after those that were not tried yet; the lesser number is the first.
PRIORITY, PRIORITY_OF_RETRIES = 10, 20


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
        run = self.with_user(self.user_id).with_context(allowed_company_ids=self._get_companies().ids)
        run.with_delay(
            priority=PRIORITY_OF_RETRIES if delay else PRIORITY,
            eta=delay or None,
            max_retries=MAX_RETRIES,
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
        with self._in_own_transaction() as run:
            return run.state == "running" and bool(
                run.row_ids.search_count([("run_id", "=", run.id), ("batch", "=", batch), ("state", "=", "pending")], 1)
            )

    # ------------------------------------------------------------------------------------------------------------------
    # When the run or a job comes to an end before its time
    # ------------------------------------------------------------------------------------------------------------------

    def _set_stopped(self, reason):
        """The jobs that wait are cancelled. Those the runner has just handed out find nothing to do."""
        waiting = (
            self.env["queue.job"]
            .sudo()
            .search([("credit_allocation_run_id", "in", self.ids), ("state", "in", (WAIT_DEPENDENCIES, PENDING))])
        )
        waiting.write({"state": CANCELLED, "date_cancelled": fields.Datetime.now(), "result": reason})
        return super()._set_stopped(reason)

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
            run = job.credit_allocation_run_id
            rows = run.row_ids.search(
                [("run_id", "=", run.id), ("batch", "=", job.credit_allocation_batch), ("state", "=", "pending")]
            )
            rows = try_lock(rows)  # not those that another worker is at
            if rows:
                reason = job.exc_message or job.exc_info or job.exc_name
                message = self.env._("The job of this batch failed: %s", reason)
                rows.write({"state": "failed", "interruptions": 0, "message": message})
                rows.flush_recordset()
                run._finish_if_complete()

    @api.model
    def _cron_process_batches(self):
        """Odoo's scheduler is the safety net."""
        self.search([("state", "=", "running")])._fail_rows_of_failed_jobs()
        return super()._cron_process_batches()

    @api.model
    def _get_due_sql(self, except_for):
        """Only what has lost its job, or waits for a job runner that is not there."""
        alive_since = fields.Datetime.now() - timedelta(minutes=RUNNER_MINUTES)
        return SQL(
            """%(due)s
                AND NOT EXISTS (
                    SELECT 1 FROM queue_job job
                     WHERE job.credit_allocation_run_id = row.run_id
                       AND job.credit_allocation_batch = row.batch
                       AND job.state IN %(live)s
                       AND (job.state != %(pending)s
                            OR COALESCE(job.eta, job.date_created) > %(since)s
                            OR EXISTS (SELECT 1 FROM queue_job WHERE date_enqueued > %(since)s)))""",
            due=super()._get_due_sql(except_for),
            live=LIVE,
            pending=PENDING,
            since=alive_since,
        )
