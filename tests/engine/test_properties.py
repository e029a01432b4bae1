from collections import defaultdict

from odoo.tests import tagged

from ..random_ledgers import RandomLedgerCase


@tagged("post_install", "-at_install")
class TestProperties(RandomLedgerCase):
    """What must hold on any ledger, tried on random ones."""

    LEDGERS = 15

    def test_random_ledgers(self):
        self.try_seeds(range(self.LEDGERS), self._check_ledger)

    def test_random_ledgers_with_crossing_currencies(self):
        self.company.credit_allocation_cross_currency = True
        self.try_seeds(range(self.LEDGERS), self._check_ledger)

    def _check_ledger(self, random):
        items = self.make_ledger(random)
        before = self.residuals(items)
        outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        after = self.residuals(items)
        self._check_conservation(items, before, after)
        self._check_records(outcome)
        again = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertFalse(again.executed, "a second allocation right after the first does nothing")
        lines = outcome.documents.line_ids
        by_hand = set()
        for line in random.sample(lines, len(lines)):
            if random.random() < 0.3:
                by_hand.add(line)
                line.partial_id.unlink()
            else:
                line._undo()
        self.env.flush_all()
        self.assertEqual(self.residuals(items), before, "undo in any order restores every residual")
        for line in lines:
            self.assertEqual(line.state, "removed" if line in by_hand else "undone")

    def test_previews_of_random_ledgers(self):
        """What a preview shows is what applying it does."""
        self.try_seeds(range(100, 100 + self.LEDGERS // 2), self._check_preview)

    def _check_preview(self, random):
        items = self.make_ledger(random)
        before = self.residuals(items)
        action = (self.customer + self.stranger).action_preview_credit_allocation()
        self.assertEqual(self.residuals(items), before, "a preview changes nothing")
        if not action.get("res_id"):
            return
        document = self.env["account.credit.allocation"].browse(action["res_id"])
        shown = {item: abs(residual) for item, (residual, _amount) in before.items()}
        fields = ["debt_line_id", "credit_line_id", "debt_amount", "credit_amount", "rule", "evidence"]
        planned = document.line_ids.read(fields)
        for line in document.line_ids:
            for side in ("debt", "credit"):
                self.assertAlmostEqual(line[f"{side}_residual_before"], shown[line[f"{side}_line_id"]], 3)
                shown[line[f"{side}_line_id"]] = line[f"{side}_residual_after"]
        document.action_apply()
        self.assertEqual(document.line_ids.read(fields), planned)
        self.assertEqual(set(document.line_ids.mapped("state")), {"done"})
        for item, (residual, _amount) in self.residuals(items).items():
            self.assertAlmostEqual(abs(residual), shown[item], 3)
        document.line_ids._undo()
        self.assertEqual(self.residuals(items), before)

    def _check_conservation(self, items, before, after):
        """What left the credits reached the debts, in every currency and for every partner; no residual changed its
        sign; what is settled in its own currency is settled in the company's, too."""
        moved = defaultdict(float)
        for item in items:
            was, left = before[item][0], after[item][0]
            self.assertGreaterEqual(was * left, 0, "a residual changed its sign")
            self.assertLessEqual(abs(left), abs(was), "a residual grew")
            moved[item.partner_id, item.currency_id] += was - left
            if not left:
                self.assertEqual(after[item][1], 0, "a cent of the company's currency was left on a settled item")
        if not self.company.credit_allocation_cross_currency:
            for key, balance in moved.items():
                self.assertAlmostEqual(balance, 0, 3, f"{key} did not balance")
        # exchange entries included, all that was ever booked on the account is open or settled by its like
        booked = self.env["account.move.line"].search([("account_id", "=", self.receivable.id)])
        self.assertAlmostEqual(sum(booked.mapped("amount_residual")), sum(booked.mapped("balance")), 2)

    def _check_records(self, outcome):
        """Each allocation line agrees with its native partial; together the lines are all the partials there are."""
        lines = outcome.documents.line_ids
        self.assertEqual(len(lines), len(outcome.executed))
        for line in lines:
            partial = line.partial_id
            self.assertEqual(partial.debit_move_id | partial.credit_move_id, line.debt_line_id | line.credit_line_id)
            self.assertAlmostEqual(line.amount, partial.amount)
            if line.debt_currency_id == line.credit_currency_id:
                self.assertAlmostEqual(line.debt_amount, partial.debit_amount_currency, 3)
                self.assertAlmostEqual(line.credit_amount, partial.credit_amount_currency, 3)
            self.assertEqual(line.exchange_move_id, partial.exchange_move_id)
            self.assertTrue(line.rule)
            self.assertTrue(line.evidence)
