from collections import defaultdict
from random import Random

from odoo.exceptions import UserError
from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase

SEQUENCES = 12  # of random operations
STEPS = 18


@tagged("post_install", "-at_install")
class TestCustomerCreditInvariants(CustomerCreditCase):
    """Whatever is done, the available credit is what an independent count over the ledger gives.

    The count below reads journal items one by one and shares nothing with the query that it is held against.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currencies = [cls.dollar, cls.euro]
        cls.partners = [cls.customer, cls.stranger]
        cls.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 40})
        cls.env.user.group_ids += cls.env.ref("account.group_validate_bank_account")
        cls.env.user.group_ids += cls.env.ref("account_customer_credit.customer_credit_group_approve")
        cls.billing = cls.new_billing_user()
        cls.banks = {
            partner: cls.env["res.partner.bank"].create(
                {"acc_number": f"BE7109612345676{partner.id}", "partner_id": partner.id, "allow_out_payment": True}
            )
            for partner in cls.partners
        }

    # --- the independent count ----------------------------------------------------------------------------------------

    def count(self):
        """``{(partner, currency): available}``, ``{partner: balance in the company's currency}``."""
        available, balance = defaultdict(float), defaultdict(float)
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT line.partner_id, line.currency_id, line.amount_currency, line.balance, move.move_type,
                      line.credit_reservation_id,
                      COALESCE((SELECT SUM(debit_amount_currency) FROM account_partial_reconcile
                                 WHERE debit_move_id = line.id), 0),
                      COALESCE((SELECT SUM(credit_amount_currency) FROM account_partial_reconcile
                                 WHERE credit_move_id = line.id), 0)
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                 JOIN account_account account ON account.id = line.account_id
                WHERE move.state = 'posted' AND account.account_type = 'asset_receivable' AND line.partner_id IN %s""",
            (tuple(partner.id for partner in self.partners),),
        )
        for partner, currency, amount, value, move_type, reservation, as_debit, as_credit in self.env.cr.fetchall():
            still_open = float(amount - as_debit + as_credit)
            balance[partner] += float(value)
            if (still_open < 0 and not reservation) or (still_open > 0 and move_type == "entry"):
                available[partner, currency] -= still_open
        return available, balance

    def check(self, step):
        """What holds after every step: the count, the movements, and the parts of each reservation."""
        available, _balance = self.count()
        moved = {
            (partner.id, currency.id): amount
            for partner, currency, amount in self.env["customer.credit.movement"]._read_group(
                [("partner_id", "in", [partner.id for partner in self.partners]), ("company_id", "=", self.company.id)],
                ["partner_id", "currency_id"],
                ["amount:sum"],
            )
        }
        for partner in self.partners:
            for currency in self.currencies:
                key = (partner.id, currency.id)
                self.assertAlmostEqual(partner._get_credit(self.company, currency), available[key], 2, step)
                self.assertAlmostEqual(moved.get(key, 0.0), available[key], 2, f"movements, {step}")
        for reservation in self.reservations | self.withdrawals:
            parts = reservation.amount_held + reservation.amount_settled + reservation.amount_released
            self.assertAlmostEqual(reservation.amount, parts, msg=step)
            self.assertGreaterEqual(min(parts, reservation.amount_held, reservation.amount_released), 0, step)
        self.assertEqual(self.env["account.credit.allocation.check"]._find_problems(self.company), [], step)

    # --- the operations: each says by how much the available credit changes -------------------------------------------

    def do_payment(self, random, partner, currency):
        amount = random.choice([10, 33.33, 50, 120.5])
        self.payment(amount, partner, currency_id=currency.id, day=self.draw_day(random))
        return amount

    def do_credit_note(self, random, partner, currency):
        amount = random.choice([5, 20.01])
        self.credit_note(amount, partner, currency_id=currency.id, day=self.draw_day(random))
        return amount

    def do_invoice(self, random, partner, currency):
        self.invoice(random.choice([10, 40, 77.77]), partner, currency_id=currency.id, day=self.draw_day(random))
        return 0

    def do_refund_paid_out(self, random, partner, currency):
        self.payment(7, partner, currency_id=currency.id, payment_type="outbound", day=self.draw_day(random))
        return -7

    def do_reserve(self, random, partner, currency):
        amount = random.choice([5, 20, 60.6])
        # what was overdrawn at another rate brings a gain or a loss when it is settled, whoever settles it
        partner._credit_settle_overdraft(self.company, currency)
        spendable, balance = partner._get_spendable_credit(self.company, currency), self.get_balance(partner)
        if amount > spendable:
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.reserve(amount, currency, partner=partner)
            return 0
        self.reservations |= self.reserve(amount, currency, partner=partner)
        self.assertAlmostEqual(self.get_balance(partner), balance)
        return -amount

    def do_release(self, random, partner, currency):
        held = self.get_held(partner, currency)
        if not held:
            return 0
        return held._credit_release(random.choice([None, currency.round(held.amount_held / 3) or None]))

    def do_settle(self, random, partner, currency):
        held = self.get_held(partner, currency)
        invoice = self.invoice(random.choice([4, 15.15, 80]), partner, currency_id=currency.id)
        if held:
            settled = held._credit_settle(
                invoice, random.choice([None, held.amount_held / 2 if held.amount_held > 1 else None])
            )
            self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - settled)
        return 0

    def do_undo(self, random, partner, currency):
        """Take a settlement back: its credit is reserved again, and the invoice is open."""
        lines = self.env["account.credit.allocation.line"].search(
            [("credit_line_id.credit_reservation_id", "in", self.reservations.ids), ("state", "=", "done")]
        )
        lines = lines.filtered(lambda line: line.debt_move_id.move_type == "out_invoice")
        if lines:
            random.choice(lines)._undo()
        return 0

    def do_deposit(self, random, partner, currency):
        amount = random.choice([15, 44.44])
        journal = self.company_data["default_journal_bank"]
        self.env["customer.credit.deposit"].create(
            {"partner_id": partner.id, "currency_id": currency.id, "amount": amount, "journal_id": journal.id}
        ).action_deposit()
        return amount

    def do_adjust(self, random, partner, currency):
        amount = random.choice([12.5, -3, -25])
        wizard = self.env["customer.credit.adjustment"].create(
            {
                "partner_id": partner.id,
                "currency_id": currency.id,
                "amount": amount,
                "account_id": self.revenue.id,
                "reason": "Goodwill",
            }
        )
        if amount < 0 and -amount > partner._get_credit(self.company, currency):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                wizard.action_adjust()
            return 0
        wizard.action_adjust()
        return amount

    def do_transfer(self, random, partner, currency):
        other = next(other for other in self.partners if other != partner)
        amount = random.choice([6, 31.31])
        before = other._get_credit(self.company, currency)
        wizard = self.env["customer.credit.transfer"].create(
            {
                "partner_id": partner.id,
                "receiver_id": other.id,
                "currency_id": currency.id,
                "amount": amount,
                "reason": "Departments",
            }
        )
        if amount > partner._get_credit(self.company, currency):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                wizard.action_transfer()
            return 0
        wizard.action_transfer()
        self.assertAlmostEqual(other._get_credit(self.company, currency), before + amount)
        return -amount

    def do_withdraw(self, random, partner, currency):
        """Requested by one, approved by another; then paid, refused, or left as it is."""
        amount = random.choice([9, 18.18])
        requester = partner.with_user(self.billing)
        if amount > partner._get_withdrawable_credit(self.company, currency):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                requester._request_credit_withdrawal(amount, currency, self.banks[partner], self.company)
            return 0
        withdrawal = requester._request_credit_withdrawal(amount, currency, self.banks[partner], self.company)
        self.withdrawals |= withdrawal.reservation_id
        end = random.choice(["requested", "refused", "paid", "paid"])
        withdrawal = withdrawal.with_user(self.env.user)
        if end == "refused":
            withdrawal.action_refuse("No")
            return 0
        if end == "paid":
            withdrawal.action_approve()
            self.env["customer.credit.withdrawal.payment"].create({"withdrawal_id": withdrawal.id}).action_pay()
            self.assertEqual(withdrawal.state, "done")
        return -amount

    def do_allocate(self, random, partner, currency):
        """The rules spend free credits on invoices, and nothing that is reserved."""
        held = {reservation: reservation.amount_held for reservation in self.reservations}
        self.allocate()
        self.assertEqual(held, {reservation: reservation.amount_held for reservation in self.reservations})
        return None

    def get_held(self, partner, currency):
        return self.reservations.filtered(
            lambda reservation: reservation.state == "held"
            and (reservation.partner_id, reservation.currency_id) == (partner, currency)
        )[:1]

    @staticmethod
    def draw_day(random):
        return f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}"

    def get_operations(self):
        return [getattr(self, name) for name in sorted(dir(self)) if name.startswith("do_")]

    def run_sequence(self, seed):
        random = Random(seed)
        self.reservations = self.withdrawals = self.env["customer.credit.reservation"].sudo()
        for step in range(STEPS):
            operation = random.choice(self.get_operations())
            partner, currency = random.choice(self.partners), random.choice(self.currencies)
            before = partner._get_credit(self.company, currency)
            name = f"seed {seed}, step {step}: {operation.__name__} {partner.name} {currency.name}"
            change = operation(random, partner, currency)
            if change is not None:
                self.assertAlmostEqual(partner._get_credit(self.company, currency), before + change, 2, name)
            self.check(name)

    def test_available_credit_is_what_the_ledger_says_after_any_sequence(self):
        for seed in range(SEQUENCES):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                self.run_sequence(seed)
                savepoint.rollback()
                self.env.invalidate_all()
