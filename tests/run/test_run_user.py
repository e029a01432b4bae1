from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..common import press
from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunUser(RunCase):
    """Whoever is responsible for runs and schedules may leave, and be deleted."""

    def setUp(self):
        super().setUp()
        self.leaving = new_test_user(
            self.env,
            login="leaving",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.invoice_of_run, self.payment_of_run = self.pair(self.customer)

    def start(self, **vals):
        run = self.new_run(**vals).with_user(self.leaving)
        press(run, "action_start")
        return run.with_user(self.env.user)

    def test_a_run_that_is_done_stays_on_record(self):
        run = self.start(in_background=False)
        self.leaving.unlink()
        self.assertEqual((run.state, run.exists().user_id), ("done", self.env["res.users"]))

    def test_one_at_work_stops_and_goes_on_for_whoever_resumes_it(self):
        run = self.start()
        self.leaving.unlink()
        self.work()
        self.assertEqual(run.state, "stopped")
        self.assertIn("user was deleted", " ".join(run.message_ids.mapped("body")))
        self.assertNotAllocated(self.invoice_of_run, self.payment_of_run)
        press(run, "action_resume")
        self.work()
        self.assertEqual((run.state, run.user_id), ("done", self.env.user))
        self.assertAllocated(self.invoice_of_run, self.payment_of_run, 100)

    def test_a_schedule_starts_nothing_until_somebody_takes_it_over(self):
        schedule = (
            self.env["account.credit.allocation.run.schedule"]
            .with_user(self.leaving)
            .create({"name": "Nightly", "company_id": self.company.id})
            .with_user(self.env.user)
        )
        self.leaving.unlink()
        with self.assertRaisesRegex(UserError, "user was deleted"):
            schedule.sudo()._start_run()
        schedule.sudo(False).account_scope = "both"
        self.assertEqual(schedule.user_id, self.env.user)
        schedule.sudo()._start_run()
