from odoo.exceptions import UserError
from odoo.tests import tagged

from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunDrafts(RunCase):
    """What becomes of the drafts of a preview: discarded, or previewed again where something has changed."""

    def reconcile_natively(self, invoice, payment):
        (self.open_items(invoice) | self.open_items(payment)).reconcile()

    def test_discarding_deletes_all_drafts_of_the_run_and_says_so(self):
        pairs = [self.pair(partner) for partner in (self.customer, self.stranger)]
        self.payment(30, self.new_partner("Alone"))
        run = self.run_now(mode="preview")
        drafts = run.allocation_ids
        self.assertTrue(drafts)
        run.action_discard()
        self.assertFalse(drafts.exists())
        for pair in pairs:
            self.assertNotAllocated(*pair)
        self.assertEqual((run.state, run.draft_count, run.amount_allocated, run.money_rate), ("done", 0, 0, 0))
        self.assertFalse(run.leftover_ids)
        self.assertEqual(run.get_progress()["amount"], 0)
        self.assertRegex(run.message_ids[0].body, r"2 allocations \(\$.*200\.00\)")
        with self.assertRaisesRegex(UserError, "no draft left"):
            run.action_discard()
        with self.assertRaisesRegex(UserError, "no draft left"):
            run.action_apply()

    def test_drafts_of_another_run_stay(self):
        self.pair(self.customer)
        first, second = self.run_now(mode="preview"), self.run_now(mode="preview")
        first.action_discard()
        self.assertEqual((first.draft_count, second.draft_count), (0, 1))

    def test_nothing_is_discarded_while_the_run_is_at_work(self):
        self.pair(self.customer)
        run = self.run_now(mode="preview")
        run.action_apply()
        with self.assertRaisesRegex(UserError, "cannot be done now"):
            run.action_discard()

    def test_partner_that_has_changed_is_previewed_again_alone(self):
        changed, unchanged = self.pair(self.customer), self.pair(self.stranger)
        later = self.invoice(70), self.payment(70)
        run = self.run_now(mode="preview", min_amount=5)
        self.reconcile_natively(*changed)
        run.action_apply()
        self.work()
        self.assertAllocated(*unchanged, 100)
        action = run.action_preview_again()
        again = run.next_run_id
        self.assertEqual((action["res_model"], action["res_id"]), (again._name, again.id))
        self.work()
        self.assertEqual((again.state, again.mode, again.row_ids.partner_id), ("done", "preview", self.customer))
        self.assertEqual((again.min_amount, again.amount_allocated), (5, 70))
        self.assertNotAllocated(*later)
        again.action_apply()
        self.work()
        self.assertAllocated(*later, 70)

    def test_what_could_not_be_applied_is_no_draft_any_more_once_it_is_previewed_again(self):
        changed = self.pair(self.customer)
        self.pair(self.customer, 70)
        self.payment(30, self.stranger)
        run = self.run_now(mode="preview")
        self.reconcile_natively(*changed)
        run.action_apply()
        self.work()
        self.assertEqual(run.draft_count, 1, "nothing of it could be applied")
        run.action_preview_again()
        self.work()
        self.assertEqual((run.draft_count, run.discardable_count, run.next_run_id.draft_count), (0, 0, 1))
        left = run.leftover_ids.filtered(lambda leftover: leftover.partner_id == self.stranger)
        self.assertEqual(left.amount, 30, "what was left of others stays on record")

    def test_what_was_applied_stays_when_the_rest_is_discarded(self):
        changed = self.pair(self.customer)
        self.payment(30, self.stranger)
        run = self.run_now(mode="preview")
        self.reconcile_natively(*changed)
        self.assertEqual(run.discardable_count, 1)
        run.action_apply()
        self.work()
        run.action_discard()
        self.assertEqual((run.draft_count, run.discardable_count), (0, 0))
        self.assertIn(self.stranger, run.leftover_ids.partner_id)
        self.assertEqual(self.row(run, self.stranger).left_count, 1)

    def test_preview_that_was_applied_completely_is_not_previewed_again(self):
        self.pair(self.customer)
        run = self.run_now(mode="preview")
        with self.assertRaisesRegex(UserError, "or nothing yet"):
            run.action_preview_again()
        run.action_apply()
        self.work()
        with self.assertRaisesRegex(UserError, "has been applied"):
            run.action_preview_again()
