from odoo import fields, models


class QueueJob(models.Model):
    _inherit = "queue.job"

    # of a job that does a batch of a run: see account.credit.allocation.run._job_store_values
    credit_allocation_run_id = fields.Many2one(
        "account.credit.allocation.run", string="Allocation Run", readonly=True, ondelete="set null"
    )
    credit_allocation_batch = fields.Integer(string="Allocation Batch", readonly=True, aggregator=False)

    _credit_allocation_idx = models.Index(
        "(credit_allocation_run_id, credit_allocation_batch) WHERE credit_allocation_run_id IS NOT NULL"
    )
