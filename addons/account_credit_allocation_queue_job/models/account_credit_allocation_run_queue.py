from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.queue_job.job import PENDING

from .account_credit_allocation_run import LIVE

# A job runner that has handed out nothing for so many minutes, while jobs were due, is not there.
RUNNER_MINUTES = 15


class AccountCreditAllocationRunQueue(models.AbstractModel):
    _inherit = "account.credit.allocation.run.queue"

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
