import os
import signal
import time
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from odoo.addons.account_credit_allocation.models.run import account_credit_allocation_run_partner

from ..models.account_credit_allocation_run import LIVE
from .job_server import JobServer

CONTEXT = {"tracking_disable": True, "mail_create_nolog": True, "no_reset_password": True}
DEBTS, CREDITS = (10, 20, 30), (15, 25, 20)


@tagged("post_install", "-at_install", "-standard", "job_runner")
class TestJobRunner(BaseCase):
    """Runs as a company has them: a server with two workers, the real job runner, real commits.

    All of it stays: for a database that is thrown away. No thread of the server is for scheduled actions, so that what
    is done was done by jobs.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        cls.server = cls.enterClassContext(JobServer(get_db_name()))

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            self.prepare_company(api.Environment(cr, SUPERUSER_ID, CONTEXT))
        self.log_start = len(self.server.read_log())

    # --- the books ----------------------------------------------------------------------------------------------------

    def prepare_company(self, env):
        journal = env["account.journal"].search(
            [("type", "=", "general"), ("company_id.parent_id", "=", False)], limit=1
        )
        self.company_id = journal.company_id.id
        self.journal_id = journal.id
        journal.company_id.credit_allocation_receivable = False  # not on posting
        accounts = env["account.account"].with_company(journal.company_id)
        self.receivable_id = accounts.search(
            [("account_type", "=", "asset_receivable"), ("company_ids", "in", self.company_id)], limit=1
        ).id
        login = f"bookkeeper {time.time()}"
        self.user_id = (
            env["res.users"]
            .create(
                {
                    "name": "Bookkeeper",
                    "login": login,
                    "company_id": self.company_id,
                    "company_ids": [Command.set([self.company_id])],
                    "group_ids": [
                        Command.set([env.ref("base.group_user").id, env.ref("account.group_account_user").id])
                    ],
                }
            )
            .id
        )

    def environment(self, cr):
        return api.Environment(cr, self.user_id, {**CONTEXT, "allowed_company_ids": [self.company_id]})

    def prepare_entry(self, partner):
        """An entry that leaves the items of ``DEBTS`` and ``CREDITS`` open on the partner."""
        label = {"name": "Opening balance", "partner_id": partner.id, "account_id": self.receivable_id}
        return {
            "move_type": "entry",
            "journal_id": self.journal_id,
            "date": "2024-03-01",
            "line_ids": [
                *(Command.create({**label, "balance": amount}) for amount in DEBTS),
                *(Command.create({**label, "balance": -amount}) for amount in CREDITS),
            ],
        }

    def start_run(self, partner_count, partners_per_batch):
        """A run over new customers who each owe 60 and have paid 60, three items each; committed.

        :return: id of the run
        """
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
            partners = env["res.partner"].create([{"name": f"Customer {number}"} for number in range(partner_count)])
            moves = env["account.move"].create([self.prepare_entry(partner) for partner in partners])
            moves.action_post()
            self.item_ids = moves.line_ids.ids
        size = partners_per_batch * len(DEBTS + CREDITS)
        with patch.object(account_credit_allocation_run_partner, "ITEMS_PER_BATCH", size), self.registry.cursor() as cr:
            run = self.environment(cr)["account.credit.allocation.run"].create(
                {"partner_scope": "partners", "partner_ids": [Command.set(partners.ids)]}
            )
            run.action_start()
            self.batches = sorted(set(run.row_ids.mapped("batch")))
            self.assertEqual(run.job_summary, f"{len(self.batches)} waiting, 0 running, 0 failed")
            return run.id

    # --- what must hold -----------------------------------------------------------------------------------------------

    def read_run(self, run_id, read):
        with self.registry.cursor() as cr:
            return read(api.Environment(cr, SUPERUSER_ID, {})["account.credit.allocation.run"].browse(run_id))

    def wait_for(self, run_id, seconds):
        """The runner looks for jobs of dead workers whenever anything happens in the queue, or else once a minute. For
        the minute not to be waited for, something happens here."""

        def is_over():
            with self.registry.cursor() as cr:
                cr.execute("NOTIFY queue_job, 'nothing'")
            return self.read_run(
                run_id, lambda run: run.state == "done" and not set(run.job_ids.mapped("state")) & set(LIVE)
            )

        self.server.wait_until(is_over, seconds, "The run and its jobs are done")

    def assertAllAllocatedOnce(self, run_id):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            run = env["account.credit.allocation.run"].browse(run_id)
            self.assertEqual(set(run.row_ids.mapped("state")), {"done"}, run.row_ids.mapped("message"))
            items = env["account.move.line"].browse(self.item_ids)
            self.assertEqual(len(items), len(run.row_ids) * len(DEBTS + CREDITS))
            self.assertEqual(set(items.mapped("amount_residual")), {0.0})
            partials = items.matched_debit_ids | items.matched_credit_ids
            lines = run.allocation_ids.line_ids
            self.assertEqual(len(lines), len(partials))
            self.assertEqual(lines.partial_id, partials)
            pairs = [(line.debt_line_id.id, line.credit_line_id.id) for line in lines]
            self.assertEqual(len(pairs), len(set(pairs)))
            for item in items:
                settled = sum((item.matched_debit_ids | item.matched_credit_ids).mapped("amount"))
                self.assertEqual(settled, abs(item.balance))
            self.assertEqual(run.amount_allocated, sum(lines.mapped("amount")))
            self.assertEqual(run.amount_allocated, sum(item.balance for item in items if item.balance > 0))
            self.assertEqual(run.allocation_ids.user_id.id, self.user_id)
            self.assertEqual(set(run.job_ids.mapped("state")), {"done"})

    def read_errors(self):
        log = self.server.read_log()[self.log_start :]
        return [line for line in log.splitlines() if " ERROR " in line or " CRITICAL " in line]

    # --- the tests ----------------------------------------------------------------------------------------------------

    def test_two_workers_share_the_batches_of_a_run(self):
        run_id = self.start_run(60, 4)
        self.wait_for(run_id, 60)
        self.assertAllAllocatedOnce(run_id)
        with self.registry.cursor() as cr:
            jobs = api.Environment(cr, SUPERUSER_ID, {})["queue.job"].search(
                [("credit_allocation_run_id", "=", run_id)], order="id"
            )
            self.assertEqual(jobs.mapped("credit_allocation_batch"), self.batches)
            self.assertEqual(len(set(jobs.mapped("worker_pid"))), 2)
            self.assertEqual(jobs.user_id.id, self.user_id)
        self.assertEqual(self.read_errors(), [])

    def test_a_killed_worker_loses_and_doubles_nothing(self):
        with self.registry.cursor() as cr:
            cr.execute("LOCK TABLE account_partial_reconcile IN SHARE MODE")  # in the middle of a batch, workers wait
            run_id = self.start_run(24, 4)
            worker_pid = self.server.wait_until(
                lambda: self.find_waiting_worker(run_id), 60, "A batch is worked on", interval=0.05
            )
            os.kill(worker_pid, signal.SIGKILL)
        self.wait_for(run_id, 60)
        self.assertAllAllocatedOnce(run_id)
        self.assertEqual(self.read_run(run_id, lambda run: max(run.row_ids.mapped("tries"))), 2)
        self.assertIn("Re-queued dead job", self.server.read_log()[self.log_start :])

    def find_waiting_worker(self, run_id):
        """The process of a job, when all jobs that have been started wait for the lock."""
        with self.registry.cursor() as cr:
            cr.execute(
                """SELECT MAX(worker_pid)
                     FROM queue_job
                    WHERE credit_allocation_run_id = %s AND state = 'started'
                   HAVING COUNT(*) = (SELECT COUNT(*) FROM pg_locks
                                       WHERE NOT granted AND relation = 'account_partial_reconcile'::regclass)""",
                [run_id],
            )
            return (cr.fetchone() or [None])[0]

    def test_jobs_and_the_scheduler_may_work_on_the_same_run(self):
        run_id = self.start_run(24, 2)

        def has_begun(run):
            return "done" in run.job_ids.mapped("state")

        self.server.wait_until(lambda: self.read_run(run_id, has_begun), 60, "The first job is done", interval=0.05)
        # from here on this process takes the same batches, as the scheduler would
        worked = self.read_run(run_id, lambda run: [run._process_batch(batch) for batch in self.batches])
        self.wait_for(run_id, 60)
        self.assertAllAllocatedOnce(run_id)
        self.assertTrue(any(worked), "This process was too late for every batch")
        self.assertEqual(self.read_errors(), [])
