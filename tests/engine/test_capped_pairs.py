from collections import defaultdict

from odoo.tests import tagged

from ...matching.open_item import CREDIT, DEBT, MANUAL, AllocationPlan, Cap, Evidence, Match
from ...models.engine.allocation_planner import GroupPlan
from ...models.engine.minor_units import to_minor_units
from ...models.engine.open_item_reader import AllocationScope
from ..random_ledgers import RandomLedgerCase

TYPED = Evidence("manual")


class CappedPairsCase(RandomLedgerCase):
    """Pairs with amounts that somebody typed, executed by the executor as the wizard does it."""

    def read_items(self):
        """``(debts, credits)`` of the customer."""
        return self.env["account.open.item.reader"]._read_open_items(
            AllocationScope(self.env.companies._ids, partner_ids=(self.customer.id,))
        )

    def settle(self, *typed):
        """Settle pairs for typed amounts: ``(debt, credit, side, amount)``; a side of None for as much as possible.

        :return: :class:`AllocationOutcome`
        """
        debts, credits = self.read_items()
        items = {item.id: item for item in debts + credits}
        exchange = self.env["account.credit.allocation.planner"]._get_exchange(items.values())
        matches = []
        for debt_document, credit_document, side, amount in typed:
            lines = {DEBT: self.open_items(debt_document), CREDIT: self.open_items(credit_document)}
            debt, credit = (items[lines[name].id] for name in (DEBT, CREDIT))
            cap = Cap(side, to_minor_units(lines[side].currency_id, amount)) if side else None
            matches.append(Match(debt, credit, *exchange.settle(debt, credit, cap), MANUAL, TYPED, cap))
        plan = GroupPlan(debts[0].group, AllocationPlan(tuple(matches), (), ()))
        return self.env["account.credit.allocation.executor"]._execute([plan], "wizard")


@tagged("post_install", "-at_install")
class TestCappedPairs(CappedPairsCase):
    def test_part_of_the_credit_pays_part_of_the_invoice(self):
        invoice, payment = self.invoice(100), self.payment(80)
        line = self.settle((invoice, payment, DEBT, 30)).documents.line_ids
        self.assertAllocated(invoice, payment, 30)
        self.assertOpen(invoice, 70)
        self.assertOpen(payment, 50)
        self.assertEqual((line.debt_amount, line.credit_amount, line.amount), (30, 30, 30))
        self.assertFalse(line.partial_id.full_reconcile_id)

    def test_several_allocations_complete_it(self):
        invoice, payment = self.invoice(100), self.payment(100)
        for amount in (30, 50, 20):
            self.settle((invoice, payment, CREDIT, amount))
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertTrue(self.receivable_line(invoice).full_reconcile_id)
        self.assertEqual(self.receivable_line(invoice).matched_credit_ids.mapped("amount"), [30, 50, 20])

    def test_a_cap_in_a_foreign_currency_books_only_its_share_of_the_difference(self):
        # 100 euros are 50 dollars in March and 25 dollars in July
        invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
        payment = self.payment(100, currency_id=self.euro.id, day="2024-07-01")
        line = self.settle((invoice, payment, DEBT, 40)).documents.line_ids
        self.assertOpen(invoice, 60)
        self.assertOpen(payment, 60)
        loss = sum(line.exchange_move_id.line_ids.mapped("debit"))
        self.assertEqual(loss, 10, "40 euros were 20 dollars and are 10 dollars now")
        self.assertEqual(self.receivable_line(invoice).amount_residual, 30)
        self.assertEqual(self.receivable_line(payment.move_id).amount_residual, -15)

    def test_a_cap_in_the_currency_of_either_side(self):
        # 30 dollars are 60 euros by the rate of the payment
        for side, amount in ((DEBT, 30), (CREDIT, 60)):
            invoice = self.invoice(100)
            payment = self.payment(160, currency_id=self.euro.id, day="2024-03-01")
            line = self.settle((invoice, payment, side, amount)).documents.line_ids
            self.assertEqual((line.debt_amount, line.credit_amount), (30, 60))
            self.assertOpen(invoice, 70)
            self.assertOpen(payment, 100)
            self.settle((invoice, payment, side, 20))

    def test_what_a_client_sends_in_the_context_does_not_disturb_native_reconciliation(self):
        for value in ({"caps": {}}, [1], "pairs", True):
            invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
            payment = self.payment(100, currency_id=self.euro.id, day="2024-07-01")
            items = self.open_items(invoice) + self.open_items(payment)
            items.with_context(credit_allocation_pairs=value).reconcile()
            self.assertOpen(invoice, 0)
            self.assertTrue(items.matched_debit_ids.exchange_move_id)

    def test_an_amount_beyond_the_credit_is_not_executed(self):
        invoice, payment = self.invoice(100), self.payment(80)
        debts, credits = self.read_items()
        match = Match(debts[0], credits[0], 9000, 9000, MANUAL, TYPED, Cap(DEBT, 9000))
        plan = GroupPlan(debts[0].group, AllocationPlan((match,), (), ()))
        with self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"):
            outcome = self.env["account.credit.allocation.executor"]._execute([plan], "wizard")
        self.assertFalse(outcome.executed)
        self.assertNotAllocated(invoice, payment)

    def test_instalments_are_paid_by_three_partial_credits(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half later",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days, "delay_type": "days_after"})
                    for days in (0, 30)
                ],
            }
        )
        invoice = self.invoice(100, invoice_payment_term_id=term.id)
        first, second = self.open_items(invoice).sorted("date_maturity")
        payments = [self.payment(amount) for amount in (60, 25, 15)]
        debts, credits = self.read_items()
        debts = {debt.id: debt for debt in debts}
        credits = {credit.document: credit for credit in credits}
        matches = [
            Match(debts[line.id], credits[payment.move_id.id], amount, amount, MANUAL, TYPED, Cap(CREDIT, amount))
            for line, payment, amount in (
                (first, payments[0], 3000),
                (first, payments[1], 2000),
                (second, payments[0], 3000),
                (second, payments[2], 1500),
                (second, payments[1], 500),
            )
        ]
        plan = GroupPlan(matches[0].debt.group, AllocationPlan(tuple(matches), (), ()))
        self.env["account.credit.allocation.executor"]._execute([plan], "wizard")
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(len(invoice.line_ids.full_reconcile_id), 1)

    def receivable_line(self, move):
        return move.line_ids.filtered(lambda line: line.account_id == self.receivable)


@tagged("post_install", "-at_install")
class TestCappedPairsProperties(CappedPairsCase):
    """What must hold for any amounts that somebody may type, on random ledgers in four currencies."""

    LEDGERS = 30

    def test_random_typed_amounts(self):
        self.try_seeds(range(self.LEDGERS), self._check_ledger)

    def _check_ledger(self, random):
        items = self._make_ledger(random)
        before = self.residuals(items)
        lines = self.env["account.credit.allocation.line"]
        for _round in range(random.randint(1, 3)):
            plan = self._type_amounts(random)
            if not plan.plan.matches:
                continue
            residuals = self.residuals(items)
            outcome = self.env["account.credit.allocation.executor"]._execute([plan], "wizard")
            self.assertEqual(len(outcome.executed), len(plan.plan.matches), outcome.credits_left)
            self._check_amounts(plan, residuals, self.residuals(items))
            lines |= outcome.documents.line_ids
        self._check_books(items)
        partials = list(lines.partial_id)
        random.shuffle(partials)
        for partial in partials:
            partial.unlink()
        self.env.flush_all()
        self.assertEqual(self.residuals(items), before, "undo in any order restores every residual")
        self.assertFalse(items.full_reconcile_id)

    def _make_ledger(self, random):
        documents = self.env["account.move"]
        for number in range(random.randint(3, 8)):
            currency = random.choice([self.dollar, self.dollar, self.euro, self.dinar, self.yen])
            amount = self.draw_amount(random, currency)
            kind = (
                ["invoice", "payment"][number] if number < 2 else random.choice(["invoice", "payment", "credit_note"])
            )
            document = getattr(self, kind)(amount, day=self.draw_day(random), currency_id=currency.id)
            documents += document.move_id if kind == "payment" else document
        self.env.flush_all()
        return self.open_items(documents)

    def _type_amounts(self, random):
        """A plan of some pairs of any currencies, most of them for part of what is open."""
        debts, credits = self.read_items()
        exchange = self.env["account.credit.allocation.planner"]._get_exchange(debts + credits)
        residuals = {item.id: item.residual for item in debts + credits}
        pairs = [(debt, credit) for debt in debts for credit in credits]
        matches = []
        for debt, credit in random.sample(pairs, min(len(pairs), 4)):
            side = random.choice([DEBT, CREDIT, None])
            item = debt if side == DEBT else credit
            if not residuals[debt.id] or not residuals[credit.id]:
                continue
            cap = (
                Cap(side, random.choice([1, residuals[item.id], random.randint(1, residuals[item.id])]))
                if side
                else None
            )
            amounts = exchange.settle(debt, credit, cap)
            if amounts:
                if cap and amounts[side == CREDIT] < cap.amount:
                    cap = None  # the other item is worth less
                matches.append(Match(debt, credit, *amounts, MANUAL, TYPED, cap))
                residuals[debt.id] -= amounts[0]
                residuals[credit.id] -= amounts[1]
        group = (debts or credits)[0].group if debts or credits else None
        return GroupPlan(group, AllocationPlan(tuple(matches), (), ()))

    def _check_amounts(self, plan, before, after):
        """Every item lost exactly what the plan says, to the last unit of its currency."""
        planned = defaultdict(int)
        for match in plan.plan.matches:
            planned[match.debt.id] += match.amount
            planned[match.credit.id] += match.credit_amount
            if match.cap:
                amount = match.amount if match.cap.side == DEBT else match.credit_amount
                self.assertLessEqual(amount, match.cap.amount)
                both = {match.debt.currency, match.credit.currency}
                if len(both) == 1:
                    self.assertEqual(match.amount, match.credit_amount)
        for item in after:
            moved = to_minor_units(item.currency_id, abs(before[item][0]) - abs(after[item][0]))
            self.assertEqual(moved, planned[item.id])
            self.assertGreaterEqual(before[item][0] * after[item][0], 0, "a residual changed its sign")
            self.assertGreaterEqual(before[item][1] * after[item][1], 0, "a residual changed its sign")

    def _check_books(self, items):
        """In the company's currency nothing is lost or made but what exchange entries say, and what is reconciled in
        full is exactly what nothing is left of."""
        account_lines = self.env["account.move.line"].search(
            [("account_id", "=", self.receivable.id), ("partner_id", "=", self.customer.id)]
        )
        self.assertAlmostEqual(sum(account_lines.mapped("amount_residual")), sum(account_lines.mapped("balance")), 2)
        for item in items:
            if item.full_reconcile_id:
                for line in item.full_reconcile_id.reconciled_line_ids:
                    self.assertFalse(line.amount_residual, line.name)
                    self.assertFalse(line.amount_residual_currency, line.name)
            elif not item.amount_residual_currency:
                self.assertFalse(item.amount_residual, "a cent of the company's currency was left on a settled item")
                component = item._all_reconciled_lines()
                self.assertTrue(any(line.amount_residual_currency for line in component), "all is empty, yet not full")
