from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import SecurityCase, press
from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunLifecycle(RunCase):
    """Stop, resume, preview and apply, delete."""

    def test_stopped_run_does_nothing_until_it_is_resumed(self):
        invoice, payment = self.pair(self.customer)
        run = self.new_run()
        run.action_start()
        run.action_stop()
        self.work()
        self.assertNotAllocated(invoice, payment)
        self.assertEqual((run.state, run.row_ids.state), ("stopped", "pending"))
        run.action_resume()
        self.work()
        self.assertAllocated(invoice, payment, 100)
        self.assertEqual(run.state, "done")

    def test_buttons_out_of_turn_are_refused(self):
        self.pair(self.customer)
        run = self.new_run()
        for name in ("action_stop", "action_resume", "action_apply", "action_retry"):
            with self.assertRaisesRegex(UserError, "cannot be done now"):
                getattr(run, name)()
        run.action_start()
        with self.assertRaisesRegex(UserError, "cannot be done now"):
            run.action_start()

    def test_preview_allocates_nothing_until_it_is_applied(self):
        pairs = [self.pair(partner) for partner in (self.customer, self.stranger)]
        run = self.run_now(mode="preview")
        for pair in pairs:
            self.assertNotAllocated(*pair)
        self.assertEqual((run.state, run.draft_count, run.amount_allocated), ("done", 1, 200))
        run.action_apply()
        self.assertEqual(run.state, "running")
        self.work()
        for pair in pairs:
            self.assertAllocated(*pair, 100)
        self.assertEqual((run.state, run.amount_allocated, run.draft_count), ("done", 200, 0))
        self.assertEqual(sum(run.row_ids.mapped("amount")), 200)
        self.assertEqual(set(run.allocation_ids.mapped("state")), {"done"})

    def test_preview_cannot_be_mistaken_for_what_was_allocated(self):
        self.pair(self.customer)
        run = self.run_now(mode="preview")
        self.assertRecordValues(
            run, [{"state": "done", "status": "to_apply", "amount_so_far": 0, "amount_planned": 100}]
        )
        self.assertTrue(run.is_mere_preview)
        self.assertIn("nothing has been allocated yet", "".join(run.message_ids.mapped("body")))
        self.assertTrue(run.action_open_partners()["context"]["credit_allocation_is_preview"])
        press(run, "action_apply")
        self.work()
        self.assertRecordValues(run, [{"state": "done", "status": "done", "amount_so_far": 100, "amount_planned": 0}])
        self.assertFalse(run.is_mere_preview)
        self.assertIn("Allocations: 1", "".join(run.message_ids[:2].mapped("body")))

    def test_preview_that_was_discarded_is_not_to_be_applied(self):
        self.pair(self.customer)
        run = self.run_now(mode="preview")
        press(run, "action_discard")
        self.assertEqual(run.status, "done")

    def test_preview_of_mere_choices_is_applied_once_one_is_chosen(self):
        for amount in (30, 70, 40, 60):
            self.invoice(amount)
        self.payment(100)
        run = self.run_now(mode="preview")
        self.assertRecordValues(run, [{"status": "done", "draft_count": 0, "discardable_count": 1}])
        with self.assertRaisesRegex(UserError, "no draft left to apply"):
            press(run, "action_apply")
        press(run.allocation_ids.suggestion_ids[0], "action_choose")
        self.assertRecordValues(run, [{"status": "to_apply", "draft_count": 1}])
        press(run, "action_apply")
        self.work()
        self.assertRecordValues(run, [{"status": "done", "amount_allocated": 100}])

    def test_what_changed_since_the_preview_is_left_and_named(self):
        changed = self.pair(self.customer)
        unchanged = self.pair(self.stranger)
        run = self.run_now(mode="preview")
        (self.open_items(changed[0]) | self.open_items(changed[1])).reconcile()
        run.action_apply()
        self.work()
        self.assertAllocated(*unchanged, 100)
        row = self.row(run, self.customer)
        self.assertEqual(row.state, "failed")
        self.assertTrue(row.message)
        self.assertEqual(run.amount_allocated, 100)

    def test_preview_of_which_nothing_can_be_applied_stays_a_draft(self):
        changed = self.pair(self.customer)
        run = self.run_now(mode="preview")
        (self.open_items(changed[0]) | self.open_items(changed[1])).reconcile()
        run.action_apply()
        self.work()
        self.assertEqual((run.state, run.row_ids.state, run.allocation_ids.state), ("done", "failed", "draft"))
        self.assertEqual(run.amount_allocated, 0)

    def test_only_a_run_that_left_no_trace_can_be_deleted(self):
        self.new_run().unlink()
        self.pair(self.customer)
        run = self.run_now()
        with self.assertRaisesRegex(UserError, "stays on record"):
            run.unlink()

    def test_quiet_run_sends_no_tracking_messages(self):
        (loud, _payment), (quiet, _payment) = self.pair(self.customer), self.pair(self.stranger)
        self.run_now(partner_scope="partners", partner_ids=self.customer.ids)
        self.run_now(quiet=True)
        self.env.cr.flush()
        tracked = [len(invoice.message_ids.tracking_value_ids) for invoice in (loud, quiet)]
        self.assertOpen(quiet, 0)
        self.assertGreater(tracked[0], tracked[1])
        self.assertTrue(quiet.message_ids.filtered(lambda message: "allocated from" in message.body))

    def test_results_by_rule_and_reason(self):
        self.pair(self.customer)
        self.invoice(50, self.stranger)
        self.payment(80, self.stranger)
        run = self.run_now()
        rates = {result.rule: (result.credit_count, result.amount) for result in run.rule_result_ids}
        self.assertEqual(rates, {"exact_amount": (1, 100), "oldest_first": (1, 50)})
        exact = run.rule_result_ids.filtered(lambda result: result.rule == "exact_amount")
        self.assertAlmostEqual(exact.item_rate, 0.5)
        self.assertAlmostEqual(exact.money_rate, 100 / 180)
        action = exact.action_open()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).amount, 100)
        self.assertFalse(exact.is_preview)
        self.assertAlmostEqual(run.money_rate, 150 / 180)
        self.assertEqual([(reason.reason, reason.amount) for reason in run.reason_ids], [("overpaid", 30)])
        action = run.reason_ids.action_open()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]).amount, 30)

    def test_amounts_that_are_left_are_summed_by_currency(self):
        self.payment(30)
        self.payment(40, currency_id=self.euro.id)
        run = self.run_now()
        amounts = {reason.currency_id: reason.amount for reason in run.reason_ids}
        self.assertEqual(amounts, {self.company.currency_id: 30, self.euro: 40})

    def test_progress_tells_how_far_it_is(self):
        self.pair(self.customer)
        run = self.new_run()
        run.action_start()
        progress = run.get_progress()
        self.assertEqual((progress["partners"], progress["finished"], progress["items"]), (1, 0, 2))
        self.assertIsNone(progress["seconds_left"])
        self.work()
        progress = run.get_progress()
        self.assertEqual((progress["state"], progress["finished"], progress["pairs"]), ("done", 1, 1))
        self.assertEqual(run.progress, 100)


@tagged("post_install", "-at_install")
class TestRunRights(RunCase, SecurityCase):
    """A run has the rights of whoever started it, no more."""

    def setUp(self):
        super().setUp()
        self.reader = self.new_user("reader", ["account.group_account_readonly"])
        self.billing = self.new_user("billing", ["account.group_account_invoice"])
        self.other = self.new_user("other", ["account.group_account_invoice"], self.other_company)

    def test_billing_user_runs_and_reader_reads(self):
        invoice, payment = self.pair(self.customer)
        run = self.Run.with_user(self.billing).create({"company_id": self.company.id})
        run.action_start()
        self.work()
        self.assertAllocated(invoice, payment, 100)
        self.assertEqual(run.sudo().allocation_ids.user_id, self.billing)
        self.assertEqual(run.with_user(self.reader).state, "done")
        self.assertEqual(run.with_user(self.reader).rule_result_ids.amount, 100)
        with self.assertRaises(AccessError):
            run.with_user(self.reader).action_retry()
        with self.assertRaises(AccessError):
            run.with_user(self.other).read(["name"])

    def test_whoever_starts_is_responsible(self):
        run = self.new_run()
        run.with_user(self.billing).action_start()
        self.assertEqual(run.user_id, self.billing)

    def test_nobody_borrows_the_rights_of_another_user(self):
        run = self.Run.with_user(self.billing).create({"company_id": self.company.id})
        for vals in ({"user_id": self.env.uid}, {"state": "running"}, {"amount_allocated": 1}):
            with self.assertRaises(AccessError):
                run.write(vals)
            with self.assertRaises(AccessError):
                self.Run.with_user(self.billing).create({"company_id": self.company.id, **vals})
        run.action_start()
        with self.assertRaises(UserError):
            run.account_scope = "both"

    def test_user_who_lost_access_stops_the_run_with_a_note(self):
        invoice, payment = self.pair(self.customer)
        run = self.Run.with_user(self.billing).create({"company_id": self.company.id})
        run.action_start()
        self.billing.active = False
        self.work()
        self.assertNotAllocated(invoice, payment)
        run = run.sudo().with_user(self.env.user)
        self.assertEqual(run.state, "stopped")
        self.assertIn("is archived", " ".join(run.message_ids.mapped("body")))
