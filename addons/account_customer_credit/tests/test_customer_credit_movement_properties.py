from collections import defaultdict
from random import Random

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_customer_credit_movement import MovementCase


@tagged("post_install", "-at_install")
class TestCustomerCreditMovementProperties(MovementCase):
    """Whatever is done, the movements of a customer add up to the available credit."""

    SEQUENCES = 12
    STEPS = 14

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 100})
        cls.contact = cls.env["res.partner"].create({"name": "Colleen", "parent_id": cls.customer.id})
        cls.partners = cls.customer + cls.contact + cls.stranger

    def test_movements_add_up_to_the_available_credit(self):
        for seed in range(self.SEQUENCES):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                random = Random(seed)
                for _step in range(self.STEPS):
                    done = self._do_something(random)
                    self._check_sums(done)
                savepoint.rollback()
                self.env.invalidate_all()

    def _do_something(self, random):
        operation = random.choice(
            [
                self._pay,
                self._pay,
                self._refund,
                self._book,
                self._credit_note,
                self._invoice,
                self._reserve,
                self._reserve,
                self._earmark,
                self._settle,
                self._release,
                self._allocate,
                self._reconcile_anything,
                self._undo,
                self._adjust,
                self._transfer,
                self._pay_out_reserved,
            ]
        )
        try:
            with self.env.cr.savepoint():
                operation(random)
        except UserError:
            return f"{operation.__name__} refused"
        return operation.__name__

    def _check_sums(self, done):
        self.env.flush_all()
        sums = defaultdict(float)
        last = {}
        for row in self.movements(self.customer) + self.movements(self.stranger):
            key = (row.partner_id.id, row.company_id.id, row.currency_id.id)
            sums[key] += row.amount
            last[key] = row.balance
            self.assertAlmostEqual(row.balance, sums[key], 3, f"running balance after {done}")
        expected = self._compute_available()
        available = (self.customer + self.stranger)._get_available_credit(self.company)
        for key in sums.keys() | expected.keys() | available.keys():
            self.assertAlmostEqual(sums.get(key, 0), expected.get(key, 0), 3, f"after {done}")
            self.assertAlmostEqual(sums.get(key, 0), available.get(key, 0), 3, f"after {done}")

    def _compute_available(self):
        """From the residuals of the journal items, one by one."""
        lines = self.env["account.move.line"].search(
            [("account_type", "=", "asset_receivable"), ("parent_state", "=", "posted"), ("partner_id", "!=", False)]
        )
        lines.invalidate_recordset()
        available = defaultdict(float)
        for line in lines:
            move = line.move_id
            made = self.env["account.partial.reconcile"].search_count([("exchange_move_id", "=", move.id)], limit=1)
            counts = move.move_type == "entry" if line.amount_currency > 0 else not line.credit_reservation_id
            if counts and not made and not move.tax_cash_basis_origin_move_id:
                key = (line.partner_id.commercial_partner_id.id, line.company_id.id, line.currency_id.id)
                available[key] -= line.amount_residual_currency
        return available

    # --- operations ---------------------------------------------------------------------------------------------------

    def _draw(self, random):
        return {
            "partner": random.choice(self.partners),
            "day": f"2024-{random.randint(1, 12):02}-15",
            "currency_id": random.choice([self.dollar, self.dollar, self.euro]).id,
        }

    def _amount(self, random):
        return random.choice([100, 33.33, 0.01, 60, round(random.uniform(1, 300), 2)])

    def _pay(self, random):
        self.payment(self._amount(random), **self._draw(random))

    def _refund(self, random):
        self.payment(self._amount(random), payment_type="outbound", **self._draw(random))

    def _book(self, random):
        values = self._draw(random)
        values.pop("currency_id")
        self.entry(self._amount(random) * random.choice([1, -1]), **values)

    def _credit_note(self, random):
        self.credit_note(self._amount(random), **self._draw(random))

    def _invoice(self, random):
        self.invoice(self._amount(random), **self._draw(random))

    def _reserve(self, random):
        values = self._draw(random)
        currency = self.env["res.currency"].browse(values["currency_id"])
        self.reserve(self._amount(random), currency, partner=values["partner"])

    def _open(self, domain):
        return self.env["account.move.line"].search(
            [
                ("account_id", "=", self.receivable.id),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
                *domain,
            ]
        )

    def _earmark(self, random):
        credits = self._open([("amount_residual_currency", "<", 0), ("credit_reservation_id", "=", False)])
        if credits:
            line = random.choice(credits)
            line.partner_id._credit_earmark(line, self.vendor)

    def _held(self, random):
        held = self.env["customer.credit.reservation"].search([("state", "=", "held")])
        return random.choice(held) if held else held

    def _settle(self, random):
        if reservation := self._held(random):
            debts = self._open(
                [("amount_residual_currency", ">", 0), ("partner_id", "child_of", reservation.partner_id.id)]
            ).move_id.filtered(lambda move: move != reservation.move_id)
            if debts:
                amount = random.choice([None, round(reservation.amount_held / 2, 2)])
                reservation._credit_settle(random.choice(debts), amount)

    def _pay_out_reserved(self, random):
        if reservation := self._held(random):
            refund = self.payment(
                reservation.amount_held,
                reservation.partner_id,
                payment_type="outbound",
                currency_id=reservation.currency_id.id,
            )
            reservation._credit_settle(refund.move_id)

    def _release(self, random):
        if reservation := self._held(random):
            reservation._credit_release(random.choice([None, round(reservation.amount_held / 2, 2) or None]))

    def _allocate(self, random):
        self.company.credit_allocation_cross_currency = random.choice([True, False])
        self.allocate(partner_ids=(self.customer.id, self.stranger.id))

    def _reconcile_anything(self, random):
        """Natively, across currencies and even customers: what is reserved is left alone."""
        debits = self._open([("amount_residual_currency", ">", 0)])
        credits = self._open([("amount_residual_currency", "<", 0), ("credit_reservation_id", "=", False)])
        if debits and credits:
            (random.choice(debits) | random.choice(credits)).reconcile()

    def _undo(self, random):
        partials = self.env["account.partial.reconcile"].search([("debit_move_id.account_id", "=", self.receivable.id)])
        if partials:
            random.choice(partials).unlink()

    def _window(self, model, random, **vals):
        values = self._draw(random)
        return self.env[model].create(
            {
                "partner_id": values["partner"].id,
                "currency_id": values["currency_id"],
                "amount": self._amount(random),
                "reason": "Because",
                "company_id": self.company.id,
                **vals,
            }
        )

    def _adjust(self, random):
        amount = self._amount(random) * random.choice([1, -1])
        window = self._window(
            "customer.credit.adjustment", random, account_id=self.revenue.id, amount=amount, mode="amount"
        )
        window.action_adjust()

    def _transfer(self, random):
        window = self._window("customer.credit.transfer", random, receiver_id=random.choice(self.partners).id)
        window.action_transfer()
