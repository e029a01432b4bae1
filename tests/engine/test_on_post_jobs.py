from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from ..real_transactions import RealTransactionsCase


@tagged("post_install", "-at_install")
class TestOnPostJobs(RealTransactionsCase):
    """What one scheduled job posts makes one plan, however often the job commits."""

    def setUp(self):
        super().setUp()
        # posted two at a time, the newest first: 60 with 100, then 100 with 60
        for move_type, amount, day in (
            ("out_invoice", 60, "2024-03-01"),
            ("out_refund", 100, "2024-03-02"),
            ("out_invoice", 100, "2024-03-03"),
            ("out_refund", 60, "2024-03-04"),
        ):
            self.commit(lambda env, vals=(move_type, amount, day): self.make_draft(env, *vals))
        self.cron_id = self.commit(self.make_job)
        self.addCleanup(self.commit, lambda env: env["ir.cron"].browse(self.cron_id).unlink())

    def make_draft(self, env, move_type, amount, day):
        env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.partner_id,
                "invoice_date": day,
                "date": day,
                "auto_post": "at_date",
                "company_id": self.company_id,
                "invoice_line_ids": [
                    Command.create({"name": "Work", "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
            }
        )

    def make_job(self, env):
        return (
            env["ir.cron"]
            .create(
                {
                    "name": "Post two at a time",
                    "model_id": env["ir.model"]._get_id("account.move"),
                    "code": "model._autopost_draft_entries(batch_size=2)",
                    "interval_number": 1,
                    "interval_type": "days",
                }
            )
            .id
        )

    def run_job(self):
        Cron = self.registry["ir.cron"]
        with self.registry.cursor() as cr:
            job = Cron._acquire_one_job(cr, self.cron_id, include_not_ready=True)
            Cron._process_job(cr, job)

    def read_partials(self, env):
        partials = env["account.partial.reconcile"].search([("debit_move_id.partner_id", "=", self.partner_id)])
        return sorted(partials.mapped("amount"))

    def test_pairs_of_different_batches_find_each_other(self):
        self.run_job()
        self.assertEqual(self.commit(self.read_partials), [60, 100])

    def test_a_job_that_fails_halfway_allocates_what_it_has_posted(self):
        AccountMove = self.registry["account.move"]
        native_post, calls = AccountMove._post, []

        def post(moves, soft=True):
            calls.append(moves)
            if len(calls) > 1:
                raise ValueError("no more today")
            return native_post(moves, soft=soft)

        with patch.object(AccountMove, "_post", post), self.assertLogs("odoo.addons.base.models.ir_cron", "ERROR"):
            self.run_job()
        self.assertEqual(len(calls), 2)
        self.assertEqual(self.commit(self.read_partials), [60])

    def test_what_a_killed_job_has_posted_is_allocated_at_the_next_posting(self):
        with patch("odoo.addons.account_credit_allocation.models.engine.allocation_trigger._allocate_noted"):
            self.run_job()
        self.assertEqual(self.commit(self.read_partials), [])
        self.commit(lambda env: self.post_payment(env, 5))
        self.assertEqual(self.commit(self.read_partials), [60, 100])
