from collections import defaultdict
from random import Random

from odoo.tests import tagged

from .common import AllocationCase


@tagged("post_install", "-at_install")
class TestProperties(AllocationCase):
    """What must hold on any ledger, tried on random ones; each is rolled back before the next."""

    LEDGERS = 15

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dinar = cls.setup_other_currency("BHD", rounding=0.001, rates=[("2024-01-01", 0.4), ("2024-06-01", 0.37)])
        cls.yen = cls.setup_other_currency("JPY", rounding=1.0, rates=[("2024-01-01", 150.0), ("2024-06-01", 141.3)])
        cls.dollar = cls.company.currency_id

    def test_random_ledgers(self):
        self._check_ledgers()

    def test_random_ledgers_with_crossing_currencies(self):
        self.company.credit_allocation_cross_currency = True
        self._check_ledgers()

    def _check_ledgers(self):
        for seed in range(self.LEDGERS):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._check_ledger(Random(seed))
                savepoint.rollback()
                self.env.invalidate_all()

    def _check_ledger(self, random):
        items = self._make_ledger(random)
        before = self._residuals(items)
        outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        after = self._residuals(items)
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
        self.assertEqual(self._residuals(items), before, "undo in any order restores every residual")
        for line in lines:
            self.assertEqual(line.state, "removed" if line in by_hand else "undone")

    def test_previews_of_random_ledgers(self):
        """What a preview shows is what applying it does."""
        for seed in range(100, 100 + self.LEDGERS // 2):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self._check_preview(Random(seed))
                savepoint.rollback()
                self.env.invalidate_all()

    def _check_preview(self, random):
        items = self._make_ledger(random)
        before = self._residuals(items)
        action = (self.customer + self.stranger).action_preview_credit_allocation()
        self.assertEqual(self._residuals(items), before, "a preview changes nothing")
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
        for item, (residual, _amount) in self._residuals(items).items():
            self.assertAlmostEqual(abs(residual), shown[item], 3)
        document.line_ids._undo()
        self.assertEqual(self._residuals(items), before)

    def _make_ledger(self, random):
        documents = self.env["account.move"]
        for _number in range(random.randint(4, 12)):
            currency = random.choice([self.dollar, self.dollar, self.euro, self.dinar, self.yen])
            amount = currency.round(random.choice([100, 33.33, 0.01, 1, random.uniform(1, 500)])) or currency.rounding
            partner = random.choice([self.customer, self.customer, self.stranger])
            day = f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
            kind = random.choice(["invoice", "invoice", "payment", "payment", "credit_note"])
            vals = {"day": day, "currency_id": currency.id}
            if kind == "payment" and documents and random.random() < 0.4:
                vals["memo"] = random.choice(documents).name
            document = getattr(self, kind)(amount, partner, **vals)
            documents += document.move_id if kind == "payment" else document
        self.env.flush_all()
        return self.open_items(documents)

    def _residuals(self, items):
        items.invalidate_recordset(["amount_residual", "amount_residual_currency"])
        return {item: (round(item.amount_residual_currency, 3), round(item.amount_residual, 2)) for item in items}

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
