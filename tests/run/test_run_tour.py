from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from ...models.run import account_credit_allocation_run_partner
from ..common import AllocationCase
from ..patient_browser import PatientBrowser


@tagged("post_install", "-at_install")
class TestRunTour(PatientBrowser, AllocationCase, AccountTestInvoicingHttpCommon):
    """What a billing user sees of a run, in a real browser: from the menu to one of its allocations."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_allocation_receivable = False
        cls.billing_user = cls.new_billing_user()

    def get_run(self):
        return self.env["account.credit.allocation.run"].search([("company_id", "=", self.company.id)])

    def test_billing_user_runs_and_looks_at_what_was_done_and_left(self):
        paid, payment = self.invoice(100), self.payment(100)
        self.payment(30, self.stranger)
        self.start_tour("/odoo/credit-allocation-runs", "account_credit_allocation_run", login="billing")
        run = self.get_run()
        self.assertEqual((run.state, run.in_background, run.user_id), ("done", False, self.billing_user))
        self.assertAllocated(paid, payment, 100, "exact_amount")

    def test_page_follows_a_run_in_the_background(self):
        pairs = [
            (self.invoice(amount, partner), self.payment(amount, partner), amount)
            for partner, amount in ((self.customer, 100), (self.stranger, 50))
        ]
        queue = self.work_when_asked_for_progress()
        run = self.env["account.credit.allocation.run"].with_user(self.billing_user).create({})
        run.action_start()
        run._get_worker()._work_on_batch(run.sudo(), queue.pop(0))
        queue.clear()
        self.start_tour(
            f"/odoo/credit-allocation-runs/{run.id}", "account_credit_allocation_run_background", login="billing"
        )
        self.env.invalidate_all()
        self.assertEqual((run.state, run.failed_count), ("done", 0))
        for pair in pairs:
            self.assertAllocated(*pair, "exact_amount")

    def work_when_asked_for_progress(self):
        """Each partner is a batch, and of the batches that are to be done one is done after each answer to the page.

        :return: list of the numbers of these batches
        """
        queue, Run = [], self.env.registry["account.credit.allocation.run"]
        get_progress = Run.get_progress

        def answer_and_work(run):
            progress = get_progress(run)
            if queue:
                run._get_worker()._work_on_batch(run.sudo(), queue.pop(0))
                run.sudo()._finish_if_complete()
            return progress

        self.patch(account_credit_allocation_run_partner, "ITEMS_PER_BATCH", 2)
        self.patch(Run, "_enqueue_batch", lambda _run, batch, delay=0: queue.append(batch))
        self.patch(Run, "get_progress", answer_and_work)
        return queue

    def test_billing_user_previews_then_discards(self):
        pair = self.invoice(100), self.payment(100)
        self.start_tour("/odoo/credit-allocation-runs", "account_credit_allocation_run_preview", login="billing")
        run = self.get_run()
        self.assertEqual((run.state, run.mode, run.allocation_count), ("done", "preview", 0))
        self.assertNotAllocated(*pair)
