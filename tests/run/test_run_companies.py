from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunCompanies(RunCase):
    """A run covers a company and its branches. Whoever may not work in one of them is told so, and changes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north = cls.branch("North")
        cls.boss = cls.new_biller("boss", cls.company | cls.north)
        cls.clerk = cls.new_biller("clerk", cls.company)

    @classmethod
    def new_biller(cls, login, companies):
        return new_test_user(
            cls.env,
            login=login,
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(companies.ids)],
        )

    def setUp(self):
        super().setUp()
        self.root_invoice = self.invoice(100, self.stranger)
        self.north_invoice = self.invoice(100, company=self.north)
        self.payment(100, self.stranger)
        self.credit_note(100, company=self.north)

    def run_of(self, user, **vals):
        """A run of the root company, with nothing but that company selected."""
        Run = self.Run.with_user(user).with_context(allowed_company_ids=self.company.ids)
        return Run.create({"company_id": self.company.id, **vals})

    def assertRefused(self, run, button):
        state = run.state
        with self.assertRaisesRegex(UserError, "North"):
            getattr(run.with_user(self.clerk), button)()
        self.assertEqual(run.state, state)
        self.assertOpen(self.root_invoice, 100)
        self.assertOpen(self.north_invoice, 100)

    def test_branches_are_covered_whatever_is_selected(self):
        for in_background in (False, True):
            with self.subTest(in_background=in_background):
                run = self.run_of(self.boss, in_background=in_background)
                run.action_start()
                self.work()
                self.assertEqual(run.state, "done")
                self.assertOpen(self.root_invoice, 0)
                self.assertOpen(self.north_invoice, 0)
                self.root_invoice = self.invoice(100, self.stranger)
                self.north_invoice = self.invoice(100, company=self.north)
                self.payment(100, self.stranger)
                self.credit_note(100, company=self.north)

    def test_a_branch_that_is_closed_to_the_user_is_named(self):
        run = self.run_of(self.clerk)
        run.action_start()
        self.work()
        self.assertOpen(self.root_invoice, 0)
        self.assertOpen(self.north_invoice, 100)
        self.assertIn("North", "".join(run.sudo().message_ids.mapped("body")))

    def test_drafts_are_applied_and_discarded_by_those_who_see_all_of_them(self):
        run = self.run_of(self.boss, mode="preview")
        run.action_start()
        self.work()
        for button in ("action_apply", "action_discard"):
            self.assertRefused(run, button)
        self.assertFalse(run.is_applying)
        run.action_apply()
        self.work()
        self.assertOpen(self.root_invoice, 0)
        self.assertOpen(self.north_invoice, 0)

    def test_a_stopped_run_is_resumed_by_those_who_may_work_in_all_of_it(self):
        run = self.run_of(self.boss)
        run.action_start()
        run.with_user(self.clerk).action_stop()
        self.assertEqual(run.state, "stopped")
        self.assertRefused(run, "action_resume")
        run.action_resume()
        self.work()
        self.assertOpen(self.north_invoice, 0)

    def test_failed_partners_are_retried_by_those_who_may_work_in_all_of_it(self):
        run = self.run_of(self.boss)
        run.action_start()
        run.sudo().row_ids.state = "failed"
        self.work()
        self.assertRefused(run, "action_retry")
        run.action_retry()
        self.work()
        self.assertOpen(self.north_invoice, 0)
