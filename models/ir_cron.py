from odoo import models

from .engine.allocation_trigger import one_plan


class IrCron(models.Model):
    _inherit = "ir.cron"

    @classmethod
    def _run_job(cls, job):
        """Allocate what a job posts in one plan, after the last of its commits."""
        with one_plan(cls.pool.db_name):
            return super()._run_job(job)
