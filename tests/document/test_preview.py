from odoo.exceptions import UserError
from odoo.tests import tagged

from ...matching.open_item import DEBT, TOLERANCE, AllocationPlan, Cap, Evidence, WriteOff
from ...models.engine.allocation_planner import GroupPlan
from ...models.engine.open_item_reader import AllocationScope
from ..common import AllocationCase
from ..rule.test_tolerance import ToleranceCase


class PreviewCase(AllocationCase):
    def preview(self, records):
        """“Preview credit allocation” of the Action menu: the draft documents that it opens."""
        action = records.action_preview_credit_allocation()
        self.assertEqual(action.get("res_model"), "account.credit.allocation", action)
        Document = self.env["account.credit.allocation"].with_env(records.env)
        return Document.browse(action["res_id"]) if action.get("res_id") else Document.search(action["domain"])

    def plan(self, partners):
        return self.env["account.credit.allocation.planner"]._plan(
            AllocationScope(company_ids=tuple(self.company.ids), partner_ids=tuple(partners.ids))
        )


@tagged("post_install", "-at_install")
class TestPreview(PreviewCase):
    """A preview shows what would be allocated, changes nothing, and can be applied as it stands."""

    def test_it_shows_what_would_be_allocated_and_changes_nothing(self):
        first, second = self.invoice(100), self.invoice(50, day="2024-03-02")
        payment = self.payment(120, memo=second.name)
        draft = self.preview(first + second)
        self.assertRecordValues(
            draft,
            [
                {
                    "name": "/",
                    "display_name": "Preview",
                    "state": "draft",
                    "origin": "bulk",
                    "amount_total": 120,
                    "debt_count": 2,
                    "credit_count": 1,
                    "partner_count": 1,
                }
            ],
        )
        self.assertRecordValues(
            draft.line_ids,
            [
                {
                    "state": "planned",
                    "debt_move_id": second.id,
                    "credit_move_id": payment.move_id.id,
                    "amount": 50,
                    "debt_residual_before": 50,
                    "debt_residual_after": 0,
                    "credit_residual_before": 120,
                    "credit_residual_after": 70,
                    "rule": "reference",
                    "partial_id": False,
                },
                {
                    "state": "planned",
                    "debt_move_id": first.id,
                    "credit_move_id": payment.move_id.id,
                    "amount": 70,
                    "debt_residual_before": 100,
                    "debt_residual_after": 30,
                    "credit_residual_before": 70,
                    "credit_residual_after": 0,
                    "rule": "oldest_first",
                    "partial_id": False,
                },
            ],
        )
        self.assertOpen(first, 100)
        self.assertOpen(payment, 120)
        self.assertRecordValues(draft.leftover_ids, [{"reason": "underpaid", "amount": 30, "side": "debt"}])

    def test_done_documents_show_before_and_after_too(self):
        self.invoice(100), self.payment(60)
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        self.assertRecordValues(
            line,
            [
                {
                    "debt_residual_before": 100,
                    "debt_residual_after": 40,
                    "credit_residual_before": 60,
                    "credit_residual_after": 0,
                }
            ],
        )

    def test_same_scope_as_the_action(self):
        old, new = self.invoice(100, day="2024-01-10"), self.invoice(100, day="2024-03-10")
        payment, other = self.payment(70), self.payment(20, day="2024-03-16")
        self.assertEqual(self.preview(new).line_ids.debt_move_id, new)
        self.assertEqual(self.preview(other).line_ids.credit_move_id, other.move_id)
        everything = self.preview(self.customer).line_ids
        self.assertEqual(everything.credit_move_id, payment.move_id + other.move_id)
        self.assertEqual(everything.debt_move_id, old)

    def test_lines_stand_partner_by_partner(self):
        partners = self.env["res.partner"].create([{"name": name} for name in ("Zoe", "Adam", "Mia")])
        for partner in partners:
            self.invoice(10, partner), self.invoice(20, partner), self.payment(25, partner)
        draft = self.preview(partners)
        self.assertEqual(
            draft.line_ids.mapped("partner_id.name"),
            ["Adam", "Mia", "Zoe"],
        )
        self.assertEqual([line.partner_id.name for line in draft.line_ids][::2], ["Adam", "Mia", "Zoe"])
        action = draft.action_open_by_partner()
        self.assertEqual(action["context"], {"group_by": "partner_id"})
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), draft.line_ids)

    def test_nothing_to_allocate_is_said_without_a_document(self):
        lonely = self.invoice(100)
        params = lonely.action_preview_credit_allocation()["params"]
        self.assertEqual(params["title"], "Nothing to allocate")
        self.assertIn("Nothing to match it with", params["message"])

    def test_payment_without_journal_entry_is_named(self):
        payment = self.payment(100)
        self.env.cr.execute("UPDATE account_payment SET move_id = NULL WHERE id = %s", (payment.id,))
        payment.invalidate_recordset()
        params = payment.action_preview_credit_allocation()["params"]
        self.assertIn("Payments without journal entry: 1", params["message"])

    def test_foreign_amounts_are_estimated_at_the_rate_of_the_invoice(self):
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.payment(60, day="2024-07-01", currency_id=self.euro.id)
        draft = self.preview(invoice)
        self.assertEqual((draft.line_ids.debt_amount, draft.line_ids.amount), (60, 30))
        draft.action_apply()
        self.assertEqual(draft.line_ids.amount, draft.line_ids.partial_id.amount)
        self.assertTrue(draft.line_ids.exchange_move_id)
        self.assertEqual(draft.amount_total, draft.line_ids.amount)

    def test_typed_amounts_are_kept(self):
        invoice, payment = self.invoice(100), self.payment(60)
        [(group, plan)] = self.plan(self.customer)
        match = plan.matches[0]._replace(amount=2500, credit_amount=2500, cap=Cap(DEBT, 2500))
        plan = AllocationPlan((match,), (), ())
        draft = self.env["account.credit.allocation"]._create_preview([GroupPlan(group, plan)], "wizard")
        self.assertRecordValues(draft.line_ids, [{"debt_residual_after": 75, "credit_residual_after": 35}])
        draft.action_apply()
        self.assertAllocated(invoice, payment, 25)
        draft.line_ids._undo()
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 60)

    def test_smart_buttons_do_not_count_previews(self):
        invoice, payment = self.invoice(100), self.payment(100)
        draft = self.preview(invoice)
        for record in (invoice, payment, self.customer):
            self.assertEqual(record.credit_allocation_count, 0)
        draft.action_apply()
        self.env.invalidate_all()
        for record in (invoice, payment, self.customer):
            self.assertEqual(record.credit_allocation_count, 1)
            self.assertEqual(record.action_open_credit_allocations()["res_id"], draft.id)

    def test_planned_write_off_is_a_line_with_one_side(self):
        invoice, payment = self.invoice(100), self.payment(99)
        [(group, plan)] = self.plan(self.customer)
        item = plan.matches[0].debt
        plan = AllocationPlan(plan.matches, (), (), (WriteOff(item, 100, TOLERANCE, Evidence("Only 1.00 short")),))
        draft = self.env["account.credit.allocation"]._create_preview([GroupPlan(group, plan)], "bulk")
        self.assertRecordValues(
            draft.line_ids,
            [
                {"debt_move_id": invoice.id, "credit_move_id": payment.move_id.id, "amount": 99},
                {"debt_move_id": invoice.id, "credit_move_id": False, "amount": 1},
            ],
        )
        self.assertRecordValues(
            draft.line_ids[1],
            [
                {
                    "display_name": f"Write-off → {invoice.name}",
                    "rule": "tolerance",
                    "evidence": "Only 1.00 short",
                    "debt_amount": 1,
                    "debt_residual_before": 1,
                    "debt_residual_after": 0,
                }
            ],
        )
        plans, changes = draft._rebuild_plans()
        self.assertFalse(changes)
        self.assertEqual(
            plans[0].plan.write_offs[0]._replace(evidence=None), plan.write_offs[0]._replace(evidence=None)
        )


@tagged("post_install", "-at_install")
class TestPreviewTolerance(PreviewCase, ToleranceCase):
    def test_planned_write_off_is_booked_and_undone(self):
        invoice, payment = self.invoice(100), self.payment(99.5)
        draft = self.preview(invoice)
        self.assertEqual(
            draft.line_ids.mapped("display_name"), [f"{payment.name} → {invoice.name}", f"Write-off → {invoice.name}"]
        )
        self.assertEqual(draft.line_ids.mapped("amount"), [99.5, 0.5])
        draft.action_apply()
        self.assertOpen(invoice, 0)
        write_off = draft.line_ids[1]
        self.assertEqual(write_off.state, "done")
        self.assertEqual(write_off.credit_move_id, write_off.write_off_move_id)
        self.assertEqual((draft.credit_count, draft.amount_total), (1, 99.5))
        draft.line_ids[0]._undo()
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 99.5)
        self.assertOpen(write_off.write_off_move_id, 0)
        self.assertEqual(draft.state, "undone")

    def test_tolerance_that_was_lowered_or_switched_off_meanwhile(self):
        for vals in ({"tolerance_amount": 0.49}, {"tolerance_percent": 0.4}, {"enabled": False}):
            invoice, payment = self.invoice(100), self.payment(99.5)
            draft = self.preview(invoice)
            with self.env.cr.savepoint() as savepoint:
                self.rule.write(vals)
                with (
                    self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
                    self.assertRaisesRegex(UserError, r"more than the rule Tolerance allows now"),
                ):
                    draft.action_apply()
                self.assertOpen(invoice, 100)
                savepoint.rollback()
            self.env.invalidate_all()
            draft.action_apply()
            self.assertAllocated(invoice, payment, 99.5)
            self.assertOpen(invoice, 0)

    def test_undo_of_a_foreign_difference_restores_both_currencies(self):
        invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
        payment = self.payment(99, currency_id=self.euro.id, day="2024-07-01", memo=invoice.name)
        draft = self.preview(invoice)
        draft.action_apply()
        self.assertEqual(len(draft.line_ids), 2)
        draft.line_ids._undo()
        for record, amount, amount_currency in ((invoice, 50, 100), (payment, -24.75, -99)):
            item = self.open_items(record)
            self.assertAlmostEqual(item.amount_residual, amount)
            self.assertAlmostEqual(item.amount_residual_currency, amount_currency)
