from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import SecurityCase
from .test_preview import PreviewCase


@tagged("post_install", "-at_install")
class TestApplyPreview(PreviewCase):
    """Apply: exactly what was shown, or nothing, partner by partner."""

    def test_the_preview_becomes_the_document(self):
        first, second = self.invoice(100), self.invoice(50, day="2024-03-02")
        payment = self.payment(120, memo=second.name)
        draft = self.preview(first + second)
        shown = draft.line_ids.mapped("evidence")
        params = draft.action_apply()["params"]
        self.assertEqual(params["title"], "Outstanding credits allocated")
        self.assertEqual(params["links"][0]["label"], draft.name)
        self.assertAllocated(second, payment, 50, "reference")
        self.assertAllocated(first, payment, 70, "oldest_first")
        self.assertRegex(draft.name, r"^CA/\d{4}/\d{5}$")
        self.assertEqual(draft.state, "done")
        self.assertEqual(set(draft.line_ids.mapped("state")), {"done"})
        self.assertEqual(draft.line_ids.mapped("evidence"), shown)
        self.assertEqual(draft.date, fields.Date.context_today(draft))
        self.assertIn(draft.name, first.message_ids[0].body)
        self.assertRecordValues(draft.leftover_ids, [{"reason": "underpaid", "amount": 30}])
        draft.action_undo()

    def test_documents_are_listed_by_number_whenever_they_were_previewed(self):
        draft = self.preview(self.invoice(100) + self.payment(60).move_id)
        self.invoice(50, self.stranger)
        later = self.env["account.credit.allocation"].search([])
        self.payment(50, self.stranger)
        self.allocate(partner_ids=(self.stranger.id,))
        done = self.env["account.credit.allocation"].search([]) - later
        draft.action_apply()
        self.assertLess(done.name, draft.name)
        self.assertEqual(draft.search([("id", "in", (draft + done).ids)]), draft + done)

    def test_partner_of_whom_something_changed_is_named_and_left_the_others_are_allocated(self):
        changed, payment = self.invoice(100), self.payment(100)
        other, other_payment = self.invoice(50, self.stranger), self.payment(50, self.stranger)
        draft = self.preview(changed + other)
        (self.open_items(changed) + self.open_items(self.payment(30))).reconcile()
        message = draft.action_apply()["params"]["message"].replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn(f"{self.customer.name}: Of {changed.name} $ 70.00 is open now instead of $ 100.00.", message)
        self.assertAllocated(other, other_payment, 50)
        self.assertNotAllocated(changed, payment)
        self.assertEqual(draft.state, "done")
        self.assertEqual(draft.line_ids.debt_move_id, other)
        self.assertEqual(set(draft.leftover_ids.mapped("reason")), {"changed"})
        self.assertEqual(draft.leftover_ids.move_id, changed + payment.move_id)
        self.assertIn(changed.name, draft.leftover_ids[0].message)
        self.assertEqual(draft.leftover_ids.filtered(lambda left: left.side == "debt").amount, 70)

    def test_of_many_changed_partners_the_first_are_named(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(8)])
        payments = [(self.invoice(10, partner), self.payment(10, partner))[1] for partner in partners]
        draft = self.preview(partners)
        for payment in payments[1:]:
            payment.credit_allocation_excluded = True
        message = draft.action_apply()["params"]["message"]
        self.assertIn("Customer 5: ", message)
        self.assertNotIn("Customer 6: ", message)
        self.assertIn("More partners of whom something has changed: 2.", message)

    def assertRefused(self, draft, sentence):
        with self.assertRaisesRegex(UserError, sentence), self.env.cr.savepoint():
            draft.action_apply()
        self.env.invalidate_all()
        self.assertEqual((draft.state, draft.name), ("draft", "/"))
        self.assertTrue(draft.line_ids)
        self.assertFalse(draft.line_ids.partial_id)

    def test_settled_meanwhile(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        (self.open_items(invoice) + self.open_items(self.payment(100))).reconcile()
        self.assertRefused(draft, f"{invoice.name} has been settled meanwhile")

    def test_excluded_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        payment.credit_allocation_excluded = True
        self.assertRefused(draft, f"{payment.name}: Excluded from automatic allocation")

    def test_set_to_draft_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        payment.action_draft()
        self.assertRefused(draft, f"{payment.name} is not posted any more")

    def test_deleted_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(100)
        number = payment.name
        draft = self.preview(invoice)
        payment.action_draft()
        payment.unlink()
        self.assertRefused(draft, f"{number} was deleted")

    def test_partner_changed_meanwhile(self):
        invoice = self.invoice(100)
        entry = self.entry(-100)
        draft = self.preview(invoice)
        entry.button_draft()
        self.open_items(entry).partner_id = self.stranger
        entry.action_post()
        self.assertRefused(draft, f"{entry.name} has another partner or account now")

    def test_company_not_selected_any_more(self):
        branch = self.branch()
        companies = self.company | branch
        branch_payment = self.payment(100, journal_id=self.branch_bank(branch).id)
        invoice = self.invoice(100)
        both = self.env["account.credit.allocation"].with_context(allowed_company_ids=companies.ids).env
        draft = self.preview(invoice.with_env(both))
        self.assertEqual(draft.line_ids.credit_move_id, branch_payment.move_id)
        self.assertRefused(
            draft.with_context(allowed_company_ids=self.company.ids), f"{branch.name}, which is not among the selected"
        )
        draft.action_apply()
        self.assertAllocated(invoice, branch_payment, 100)

    def branch_bank(self, branch):
        return self.env["account.journal"].create(
            {"name": "Branch bank", "type": "bank", "code": "BB", "company_id": branch.id}
        )

    def test_second_click_finds_it_applied(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        draft.action_apply()
        for again in (draft.action_apply, draft.action_discard):
            with self.assertRaisesRegex(UserError, f"{draft.name} is: Done"):
                again()

    def test_new_documents_do_not_disturb(self):
        """Only what the preview shows is compared: a payment that came since is left for the next one."""
        invoice, payment = self.invoice(100), self.payment(60)
        draft = self.preview(invoice)
        later = self.payment(40, day="2024-03-01")
        draft.action_apply()
        self.assertAllocated(invoice, payment, 60)
        self.assertOpen(later, 40)

    def test_a_preview_that_somebody_has_discarded_is_gone(self):
        draft = self.preview(self.invoice(100) + self.payment(60).move_id)
        draft.action_discard()
        for again in (draft.action_apply, draft.action_discard):
            with self.assertRaisesRegex(UserError, "It is gone: somebody has just deleted it."):
                again()

    def test_discard_leads_back_to_the_customers_or_to_the_vendors(self):
        for documents, path in (
            (self.invoice(100) + self.payment(60).move_id, "credit-allocations"),
            (self.bill(100) + self.vendor_payment(60).move_id, "vendor-credit-allocations"),
        ):
            self.assertEqual(self.preview(documents).action_discard()["path"], path)

    def test_discard_deletes_it(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        lines = draft.line_ids
        draft.action_discard()
        self.assertFalse(draft.exists())
        self.assertFalse(lines.exists())
        self.assertOpen(invoice, 100)

    def test_nobody_deletes_what_is_done(self):
        self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        for state in ("done", "undone"):
            document.sudo().state = state
            with self.assertRaisesRegex(UserError, "Only a preview can be deleted"):
                document.sudo().unlink()

    def test_old_previews_are_cleaned_up(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        old, young = self.preview(invoice), self.preview(invoice)
        done = self.preview(invoice)
        done.action_apply()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_credit_allocation SET create_date = %s WHERE id IN %s",
            (fields.Datetime.now() - timedelta(days=31), (old.id, done.id)),
        )
        self.env.invalidate_all()
        self.env["account.credit.allocation"]._gc_previews()
        self.assertFalse(old.exists())
        self.assertTrue(young.exists())
        self.assertTrue(done.exists())


@tagged("post_install", "-at_install")
class TestPreviewSecurity(PreviewCase, SecurityCase):
    def test_billing_previews_applies_and_discards(self):
        billing = self.new_user("billing", ["account.group_account_invoice"])
        invoice, payment = self.invoice(100), self.payment(100)
        self.preview(invoice.with_user(billing)).action_discard()
        draft = self.preview(invoice.with_user(billing))
        draft.action_apply()
        self.assertAllocated(invoice, payment, 100)
        self.assertEqual(draft.user_id, billing)

    def test_reader_and_employee_may_not(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        for user in (
            self.new_user("reader", ["account.group_account_readonly"]),
            self.new_user("employee", ["base.group_user"]),
        ):
            for action in (
                invoice.with_user(user).action_preview_credit_allocation,
                draft.with_user(user).action_apply,
                draft.with_user(user).action_discard,
            ):
                with self.assertRaises(AccessError):
                    action()
        elsewhere = self.new_user("elsewhere", ["account.group_account_invoice"], self.other_company)
        for action in (draft.with_user(elsewhere).action_apply, draft.with_user(elsewhere).action_discard):
            with self.assertRaises(AccessError):
                action()
        self.assertOpen(invoice, 100)

    def test_nobody_writes_a_preview(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        manager = self.new_user("manager", ["account.group_account_manager"])
        with self.assertRaises(AccessError):
            draft.line_ids.with_user(manager).write({"debt_amount": 1})
        with self.assertRaises(AccessError):
            draft.with_user(manager).write({"line_ids": [Command.clear()]})
