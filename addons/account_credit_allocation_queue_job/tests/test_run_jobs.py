from datetime import datetime, timedelta
from unittest.mock import patch

import psycopg2

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_credit_allocation.models.run import account_credit_allocation_run_partner
from odoo.addons.account_credit_allocation.tests.run.run_common import RunCase
from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import Job
from odoo.addons.queue_job.tests.common import trap_jobs


@tagged("post_install", "-at_install")
class TestRunJobs(RunCase):
    """What becomes of a run's batches in the job queue. Each customer is a batch of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(account_credit_allocation_run_partner, "ITEMS_PER_BATCH", 2))
        cls.customers = cls.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(3)])

    def start_run(self, **vals):
        """A run over three customers, with something to allocate each."""
        self.invoices = [self.pair(customer)[0] for customer in self.customers]
        run = self.new_run(**vals)
        run.action_start()
        return run

    def new_bookkeeper(self, login="bookkeeper", more_groups=""):
        return new_test_user(self.env, login, "account.group_account_user" + more_groups, company_id=self.company.id)

    def jobs(self, run):
        return self.env["queue.job"].sudo().search([("credit_allocation_run_id", "=", run.id)], order="id")

    def load(self, job):
        return Job.load(self.env, job.uuid)

    def perform(self, jobs):
        """What a worker does with each of these jobs, once they are committed."""
        self.env.flush_all()
        for job in jobs:
            loaded = self.load(job)
            loaded.perform()
            loaded.set_done()
            loaded.store()
        self.env.flush_all()
        self.env.invalidate_all()

    def assertPaid(self, *invoices):
        self.assertEqual([invoice.amount_residual for invoice in invoices], [0] * len(invoices))

    # --- from batches to jobs -----------------------------------------------------------------------------------------

    def test_each_batch_is_one_job_in_the_channel(self):
        run = self.start_run()
        jobs = self.jobs(run)
        self.assertEqual(jobs.mapped("credit_allocation_batch"), [1, 2, 3])
        self.assertEqual(set(jobs.mapped("channel")), {"root.credit_allocation"})
        self.assertEqual(set(jobs.mapped("state")), {"pending"})
        self.assertEqual(jobs[1].name, f"{run.name}: batch 2 of 3")
        self.assertEqual(jobs[1].records, run)
        self.assertFalse(any(jobs.mapped("eta")))

    def test_jobs_allocate_and_end_the_run(self):
        run = self.start_run()
        jobs = self.jobs(run)
        self.perform(jobs[:2])
        self.assertPaid(*self.invoices[:2])
        self.assertEqual(self.invoices[2].amount_residual, 100)
        self.assertEqual(run.state, "running")
        self.perform(jobs[2])
        self.assertPaid(*self.invoices)
        self.assertEqual(run.state, "done")
        self.assertEqual(set(run.row_ids.mapped("state")), {"done"})

    def test_run_at_once_needs_no_job(self):
        run = self.start_run(in_background=False)
        self.assertEqual(run.state, "done")
        self.assertFalse(self.jobs(run))

    def test_batch_is_not_queued_twice_but_again_when_its_job_is_over(self):
        run = self.start_run()
        run._enqueue_batch(2)
        jobs = self.jobs(run)
        self.assertEqual(len(jobs), 3)
        self.perform(jobs[1])
        run._enqueue_batch(2)
        self.assertEqual(len(self.jobs(run)), 4)
        self.perform(self.jobs(run)[3])  # and does nothing
        self.assertEqual(len(run.allocation_ids), 1)

    def test_same_batch_of_another_run_is_another_job(self):
        first = self.start_run()
        second = self.new_run()
        second.action_start()
        self.assertEqual(len(self.jobs(first)), 3)
        self.assertEqual(len(self.jobs(second)), 3)

    def test_batch_that_is_put_off_waits_and_comes_after_the_others(self):
        run = self.start_run()
        with trap_jobs() as trap:
            run._enqueue_batch(7, delay=180)
            trap.assert_enqueued_job(run._process_batch, args=(7,), properties={"eta": 180, "max_retries": 0})
        before = datetime.now()
        run._enqueue_batch(7, delay=180)
        job = self.jobs(run)[3]
        self.assertAlmostEqual(job.eta, before + timedelta(seconds=180), delta=timedelta(seconds=20))
        self.assertGreater(job.priority, self.jobs(run)[0].priority)

    def test_job_belongs_to_the_responsible_user_in_the_companies_of_the_run(self):
        user = self.new_bookkeeper()
        run = self.new_run()
        run.sudo().user_id = user
        self.pair(self.customer)
        run._start()
        job = self.jobs(run)
        self.assertEqual(job.user_id, user)
        self.assertEqual(job.company_id, self.company)
        self.assertEqual(job.records.env.uid, user.id)
        self.assertFalse(job.records.env.su)
        self.assertEqual(job.records.env.context["allowed_company_ids"], self.company.ids)
        self.perform(job)
        self.assertEqual(run.allocation_ids.user_id, user)

    # --- conflicts and failures ---------------------------------------------------------------------------------------

    def test_retries_wait_longer_each_time(self):
        job = self.load(self.jobs(self.start_run())[0])

        def get_seconds(retry):
            job.retry = retry
            return job._get_retry_seconds()

        seconds = [get_seconds(retry) for retry in range(1, 9)]
        self.assertEqual(seconds, [5, 15, 60, 300, 300, 900, 900, 900])

    def test_lost_connection_is_tried_again(self):
        run = self.start_run()
        job = self.load(self.jobs(run)[0])
        with (
            patch.object(type(self.Worker), "_begin_batch", side_effect=psycopg2.OperationalError("server closed")),
            self.assertRaises(RetryableJobError),
        ):
            job.perform()
        self.assertEqual(set(run.row_ids.mapped("state")), {"pending"})
        self.perform(self.jobs(run))
        self.assertPaid(*self.invoices)

    def test_batch_that_another_worker_is_at_is_tried_again(self):
        run = self.start_run()
        job = self.load(self.jobs(run)[0])
        with patch.object(type(self.Worker), "_begin_batch", return_value=0), self.assertRaises(RetryableJobError):
            job.perform()

    def fail_for_good(self, job):
        """What nobody expects happens to the job; what queue_job commits apart is written in the test's transaction."""
        loaded = self.load(job)
        with (
            patch.object(type(self.Worker), "_begin_batch", side_effect=ValueError("nonsense")),
            patch.object(Job, "in_temporary_env") as temporary_env,
            mute_logger("odoo.addons.queue_job.controllers.main"),
        ):
            temporary_env.return_value.__enter__.return_value = self.env
            try:
                RunJobController._runjob(self.env, loaded)
            except ValueError:
                return
        self.fail("The job did not fail.")

    def test_job_that_fails_for_good_fails_its_partners_and_can_be_retried(self):
        run = self.start_run()
        jobs = self.jobs(run)
        self.perform(jobs[1:])
        self.fail_for_good(jobs[0])
        row = self.row(run, self.customers[0])
        self.assertEqual((row.state, row.try_reason), ("failed", "error"))
        self.assertIn("nonsense", row.message)
        self.assertEqual(run.state, "done")
        self.assertEqual(run.failed_count, 1)
        self.assertEqual(run.job_summary, "0 waiting, 0 running, 1 failed")
        run.action_retry()
        self.assertEqual(run.state, "running")
        self.work()  # the job that failed before fails nothing again
        self.perform(self.jobs(run)[3])
        self.assertEqual((row.state, run.state), ("done", "done"))
        self.assertPaid(*self.invoices)

    def test_scheduler_notices_a_job_that_failed_and_fails_its_partners(self):
        run = self.start_run()
        job = self.jobs(run)[0]
        job.write({"state": "failed", "exc_name": "OutOfMemory", "exc_info": "The process had no memory left"})
        self.work()
        row = self.row(run, self.customers[0])
        self.assertEqual(row.state, "failed")
        self.assertIn("The process had no memory left", row.message)
        self.assertEqual(run.state, "running")
        self.assertEqual(self.invoices[0].amount_residual, 100)

    # --- beside the jobs ----------------------------------------------------------------------------------------------

    def test_scheduler_takes_only_what_has_lost_its_job(self):
        run = self.start_run()
        self.work()
        self.assertFalse(run.allocation_ids)
        jobs = self.jobs(run)
        jobs[0].button_cancelled()
        jobs[1].sudo().unlink()
        self.work()
        self.assertPaid(*self.invoices[:2])
        self.assertEqual(self.invoices[2].amount_residual, 100)
        self.perform(jobs[2])
        self.assertEqual(run.state, "done")

    def test_scheduler_takes_what_waits_for_a_job_runner_that_is_not_there(self):
        self.env["queue.job"].sudo().search([]).date_enqueued = False  # of other tests, which commit
        run = self.start_run()
        jobs = self.jobs(run)
        jobs.eta = datetime.now() - timedelta(hours=1)
        jobs[0].write({"state": "enqueued", "date_enqueued": datetime.now() - timedelta(minutes=1)})
        self.work()
        self.assertFalse(run.allocation_ids)  # the runner is busy with others
        jobs[0].write({"state": "done", "date_enqueued": datetime.now() - timedelta(hours=1)})
        jobs[1].eta = datetime.now() + timedelta(hours=1)
        self.work()
        self.assertPaid(self.invoices[0], self.invoices[2])
        self.assertEqual(self.invoices[1].amount_residual, 100)

    def test_stop_cancels_what_waits_and_resume_queues_it_again(self):
        run = self.start_run()
        jobs = self.jobs(run)
        self.perform(jobs[0])
        jobs[1].state = "enqueued"  # the runner has just handed it out
        run.action_stop()
        self.assertEqual(jobs.mapped("state"), ["done", "enqueued", "cancelled"])
        self.perform(jobs[1])
        self.assertEqual(self.invoices[1].amount_residual, 100)
        run.action_resume()
        self.assertEqual(self.jobs(run).mapped("credit_allocation_batch"), [1, 2, 3, 2, 3])
        self.perform(self.jobs(run)[3:])
        self.assertPaid(*self.invoices)
        self.assertEqual(run.state, "done")

    def test_job_of_a_deleted_run_does_nothing(self):
        run = self.start_run()
        job = self.jobs(run)[0]
        run.action_stop()
        run.unlink()
        self.perform(job)
        self.assertEqual(job.state, "done")
        self.assertFalse(job.credit_allocation_run_id)

    # --- what people see ----------------------------------------------------------------------------------------------

    def test_summary_counts_jobs_by_what_they_are_doing(self):
        run = self.start_run()
        self.assertEqual(run.job_summary, "3 waiting, 0 running, 0 failed")
        self.jobs(run)[0].state = "started"
        run.invalidate_recordset(["job_summary"])
        self.assertEqual(run.job_summary, "2 waiting, 1 running, 0 failed")
        self.assertFalse(self.new_run().job_summary)

    def test_jobs_are_listed_for_managers_of_the_queue_and_told_to_others(self):
        run = self.start_run()
        user = self.new_bookkeeper()
        told = run.with_user(user).action_open_jobs()
        self.assertEqual(told["tag"], "display_notification")
        self.assertEqual(told["params"]["title"], "3 waiting, 0 running, 0 failed")
        manager = self.new_bookkeeper("manager", ",queue_job.group_queue_job_manager")
        listed = run.with_user(manager).action_open_jobs()
        found = self.env[listed["res_model"]].with_user(manager).search(listed["domain"])
        self.assertEqual(found, self.jobs(run))

    def test_form_opens_for_somebody_who_does_not_see_the_queue(self):
        run = self.start_run()
        user = self.new_bookkeeper()
        arch = run.with_user(user).get_view(view_type="form")["arch"]
        self.assertIn("action_open_jobs", arch)
        self.assertEqual(run.with_user(user).read(["job_summary"])[0]["job_summary"], "3 waiting, 0 running, 0 failed")
