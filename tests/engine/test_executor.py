from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.engine import allocation_executor
from ...models.engine.allocation_executor import AllocationMismatchError
from ...models.engine.open_item_reader import AllocationScope
from ..common import AllocationCase

LOCKED = "The period is locked."


@tagged("post_install", "-at_install")
class TestExecutor(AllocationCase):
    """Native reconciliation of exactly the plan, one partner at a time where something goes wrong."""

    def test_same_currency_at_two_rates_gets_its_exchange_entry(self):
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)  # 50 dollars
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)  # 25 dollars
        self.allocate(partner_ids=(self.customer.id,))
        line = self.env["account.credit.allocation.line"].search([("debt_move_id", "=", invoice.id)])
        self.assertEqual(line.debt_amount, 100)
        self.assertEqual(line.credit_amount, 100)
        self.assertTrue(line.exchange_move_id)
        self.assertEqual(line.exchange_move_id, line.partial_id.exchange_move_id)
        self.assertEqual(invoice.payment_state, self.env["account.move"]._get_invoice_in_payment_state())
        items = self.open_items(invoice) + self.open_items(payment)
        self.assertEqual(items.mapped("amount_residual"), [0, 0])
        self.assertEqual(items.mapped("amount_residual_currency"), [0, 0])

    def test_exchange_entry_hangs_on_the_pair_it_came_from(self):
        """One credit, two invoices, only the second at another rate: natively the entry lands on the first partial."""
        first = self.invoice(100, day="2024-07-01", currency_id=self.euro.id)  # at the credit's rate
        second = self.invoice(100, day="2024-03-01", due="2024-12-01", currency_id=self.euro.id)
        payment = self.payment(200, day="2024-07-15", currency_id=self.euro.id)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(self.partials_between(first, payment).exchange_move_id)
        partial = self.partials_between(second, payment)
        self.assertTrue(partial.exchange_move_id)
        # so undoing the second alone gives back exactly what it took
        partial.unlink()
        self.assertOpen(second, 100)
        self.assertOpen(payment, 100)
        self.assertAlmostEqual(self.open_items(second).amount_residual, 50)
        self.assertAlmostEqual(self.open_items(payment).amount_residual, -25)
        self.assertOpen(first, 0)

    def test_exchange_entry_is_linked_also_after_an_allocation_without_one(self):
        """Odoo hands out an existing environment again where contexts are equal; what a plan notes in the context must
        not end up with an earlier plan."""
        self.invoice(100, self.stranger), self.payment(100, self.stranger)
        kept_alive = self.allocate(partner_ids=(self.stranger.id,))
        self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        self.assertTrue(line.exchange_move_id)
        self.assertTrue(kept_alive.documents)

    def test_foreign_residual_worth_nothing_in_company_currency_is_settled_too(self):
        dong = self.setup_other_currency("VND", rounding=1.0, rates=[("2024-01-01", 25000.0)])
        invoice = self.invoice(1_000_000, currency_id=dong.id)
        self.payment(999_900, currency_id=dong.id)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(self.open_items(invoice).amount_residual_currency, 100)
        self.assertEqual(self.open_items(invoice).amount_residual, 0)
        payment = self.payment(300_000, currency_id=dong.id)
        dollars, dollar_payment = self.invoice(77), self.payment(77)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(invoice, 0)
        self.assertOpen(payment, 299_900)
        self.assertAllocated(dollars, dollar_payment, 77)

    def test_partner_whose_books_cannot_be_planned_stops_nobody(self):
        broken, healthy = self.payment(100), (self.invoice(100, self.stranger), self.payment(100, self.stranger))
        Reader = type(self.env["account.open.item.reader"])
        native_read = Reader._read_open_items

        def read_nonsense(reader, scope):
            debts, credits = native_read(reader, scope)
            return debts, [
                credit._replace(residual=-1) if credit.group.partner == self.customer.id else credit
                for credit in credits
            ]

        with (
            patch.object(Reader, "_read_open_items", read_nonsense),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertLeft(outcome, broken, "failed")
        self.assertIn("because a program failed", outcome.credits_left[0].message)
        self.assertAllocated(*healthy, 100)

    def test_an_item_may_stand_in_several_pairs(self):
        invoices = self.invoice(100) + self.invoice(100) + self.invoice(100)
        first, second = self.payment(150), self.payment(120)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(len(outcome.executed), 4)
        self.assertEqual(sum(invoices.mapped("amount_residual")), 30)
        self.assertOpen(first, 0)
        self.assertOpen(second, 0)

    def test_poisoned_partner_leaves_its_documents_untouched_and_the_others_allocated(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(5)])
        invoices = {partner: self.invoice(10, partner) for partner in partners}
        payments = {partner: self.payment(10, partner) for partner in partners}
        poisoned = partners[2]
        poisoned_ids = self.open_items(invoices[poisoned]).ids
        Line = type(self.env["account.move.line"])
        native_reconcile = Line._reconcile_plan

        def reconcile_plan(lines, plan):
            if any(set(leaf.ids) & set(poisoned_ids) for leaf in plan):
                raise UserError(LOCKED)
            return native_reconcile(lines, plan)

        with (
            patch.object(Line, "_reconcile_plan", reconcile_plan),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            outcome = self.allocate(partner_ids=tuple(partners.ids))
        for partner in partners - poisoned:
            self.assertAllocated(invoices[partner], payments[partner], 10)
        self.assertNotAllocated(invoices[poisoned], payments[poisoned])
        self.assertLeft(outcome, payments[poisoned], "failed")
        left = next(left for left in outcome.credits_left if left.reason == "failed")
        self.assertEqual(left.message, "The period is locked.")

    def test_what_differs_from_the_plan_is_rolled_back(self):
        invoice, payment = self.invoice(100), self.payment(100)
        Line = type(self.env["account.move.line"])
        native_pairs = Line._reconcile_pairs

        def reconcile_all_but_the_last(lines, pairs, **options):
            return native_pairs(lines, pairs[:-1], **options)

        second_invoice = self.invoice(50)
        second_payment = self.payment(50)
        with (
            patch.object(Line, "_reconcile_pairs", reconcile_all_but_the_last),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING") as logs,
        ):
            outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertIn(AllocationMismatchError.__name__, logs.output[0])
        self.assertFalse(outcome.documents)
        self.assertNotAllocated(invoice, payment)
        self.assertNotAllocated(second_invoice, second_payment)
        self.assertLeft(outcome, payment, "failed")

    def test_another_amount_than_planned_is_rolled_back(self):
        invoice, payment = self.invoice(100), self.payment(60)
        Line = type(self.env["account.move.line"])
        native_single = Line._prepare_reconciliation_single_partial

        def settle_less(lines, debit_values, credit_values, shadowed_aml_values=None):
            results = native_single(lines, debit_values, credit_values, shadowed_aml_values=shadowed_aml_values)
            for name in ("amount", "debit_amount_currency", "credit_amount_currency"):
                results["partial_values"][name] -= 1
            return results

        with (
            patch.object(Line, "_prepare_reconciliation_single_partial", settle_less),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "failed")
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 60)

    def test_what_was_locked_only_for_a_moment_is_not_listed_when_it_was_allocated_after_all(self):
        """One batch: the first partner's items are locked at first, the second partner fails; then each alone."""
        locked, failing = (self.invoice(100), self.payment(100)), (self.invoice(50, self.stranger),)
        self.payment(50, self.stranger)
        failing_ids = self.open_items(failing[0]).ids
        Line = type(self.env["account.move.line"])
        native_pairs, native_lock, attempts = Line._reconcile_pairs, Line.try_lock_for_update, []

        def lock(lines, **options):
            attempts.append(lines)
            mine = self.open_items(locked[0]) if len(attempts) == 1 else lines.browse()
            return native_lock(lines - mine, **options)

        def fail(lines, pairs, **options):
            if any(set((pair.debit + pair.credit).ids) & set(failing_ids) for pair in pairs):
                raise UserError(LOCKED)
            return native_pairs(lines, pairs, **options)

        with (
            patch.object(Line, "try_lock_for_update", lock),
            patch.object(Line, "_reconcile_pairs", fail),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertAllocated(*locked, 100)
        self.assertEqual({left.reason for left in outcome.credits_left + outcome.debts_left}, {"failed"})

    def test_items_that_changed_after_the_plan_are_left(self):
        invoice, payment = self.invoice(100), self.payment(100)
        executor = self.env["account.credit.allocation.executor"]
        planner = self.env["account.credit.allocation.planner"]
        plans = planner._plan(AllocationScope(company_ids=tuple(self.company.ids), partner_ids=(self.customer.id,)))
        (self.open_items(invoice) + self.open_items(self.payment(30))).reconcile()
        outcome = executor._execute(plans, "run")
        self.assertFalse(outcome.executed)
        self.assertNotAllocated(invoice, payment)
        self.assertLeft(outcome, payment, "changed")
        [message] = {left.message for left in outcome.credits_left}
        self.assertIn("open now instead of", message)

    def test_a_plan_that_contradicts_itself_is_refused_whoever_made_it(self):
        """What people type, choose and reserve comes as a plan, too."""
        invoice, payment = self.invoice(100), self.payment(100)
        planner, executor = (
            self.env["account.credit.allocation.planner"],
            self.env["account.credit.allocation.executor"],
        )
        [made] = planner._plan(AllocationScope(company_ids=tuple(self.company.ids), partner_ids=self.customer._ids))
        [match] = made.plan.matches
        plan = made.plan._replace(matches=(match._replace(credit_amount=match.amount - 1),))
        with self.assertLogs("odoo.addons.account_credit_allocation", "WARNING") as logs:
            outcome = executor._execute([made._replace(plan=plan)], "wizard")
        self.assertIn("though they are of one currency", logs.output[0])
        self.assertLeft(outcome, payment, "failed")
        self.assertNotAllocated(invoice, payment)

    def test_a_scope_of_many_batches_is_one_document(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(7)])
        for partner in partners:
            self.invoice(10, partner)
            self.invoice(10, partner)
            self.payment(20, partner)
        with patch.object(allocation_executor, "PAIRS_PER_BATCH", 5):
            outcome = self.allocate(partner_ids=tuple(partners.ids))
        self.assertEqual(len(outcome.executed), 14)
        self.assertEqual(len(outcome.documents), 1)
        self.assertEqual(outcome.documents.amount_total, 140)
        self.assertFalse(outcome.credits_left + outcome.debts_left)

    def test_second_allocation_right_after_the_first_does_nothing(self):
        self.invoice(100), self.invoice(70), self.payment(150)
        self.assertTrue(self.allocate(partner_ids=(self.customer.id,)).documents)
        again = self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(again.executed)
        self.assertFalse(again.documents)
