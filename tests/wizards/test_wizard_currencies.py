from odoo.tests import tagged

from ..random_ledgers import RandomLedgerCase
from .test_wizard import WizardCase


class WizardCurrencyCase(WizardCase, RandomLedgerCase):
    def allow_other_currencies(self):
        self.company.credit_allocation_cross_currency = True


@tagged("post_install", "-at_install")
class TestWizardCurrencies(WizardCurrencyCase):
    """1 dollar buys 2 euros from January 2024 on, 4 euros from June on; the company keeps its books in dollars."""

    def test_part_of_a_foreign_credit_pays_part_of_a_foreign_invoice_at_another_rate(self):
        invoice = self.invoice(100, currency_id=self.euro.id)
        payment = self.payment(80, day="2024-06-15", currency_id=self.euro.id)
        wizard = self.allocate_credits_to(invoice)
        self.assertEqual((wizard.currency_id, wizard.amount_due), (self.euro, 100))
        line = self.allocate_typed(wizard, {payment: 33.33})
        self.assertEqual((line.debt_amount, line.credit_amount), (33.33, 33.33))
        self.assertTrue(line.exchange_move_id)
        self.assertOpen(invoice, 66.67)
        self.assertOpen(payment, 46.67)
        self.allocate_typed(self.allocate_to_invoices(payment), {invoice: 46.67})
        self.assertOpen(payment, 0)
        self.assertOpen(invoice, 20)

    def test_other_currency_is_shown_but_refused_where_the_settings_do_not_allow_it(self):
        invoice, payment = self.invoice(100), self.payment(80, currency_id=self.euro.id)
        wizard = self.allocate_credits_to(invoice)
        self.assertTrue(wizard.has_other_currencies)
        line = self.line_of(wizard, payment)
        self.assertEqual((line.residual, line.item_currency_id), (80, self.euro))
        self.assertEqual((line.available, line.currency_id), (40, self.company.currency_id))
        self.assertRefused("which the settings do not allow", self.allocate_typed, wizard, {payment: 10})

    def test_typed_amount_in_the_currency_of_the_invoice_is_settled_exactly(self):
        self.allow_other_currencies()
        invoice, payment = self.invoice(100), self.payment(80, currency_id=self.euro.id)
        line = self.allocate_typed(self.allocate_credits_to(invoice), {payment: 12.34})
        self.assertEqual((line.debt_amount, line.credit_amount), (12.34, 24.68))
        self.assertOpen(invoice, 87.66)
        self.assertOpen(payment, 55.32)

    def test_typed_amount_in_the_currency_of_the_payment_is_settled_exactly(self):
        self.allow_other_currencies()
        invoice, payment = self.invoice(100), self.payment(80, currency_id=self.euro.id)
        line = self.allocate_typed(self.allocate_to_invoices(payment), {invoice: 12.35})
        self.assertEqual(line.credit_amount, 12.35)
        self.assertOpen(payment, 67.65)

    def test_all_that_is_available_in_another_currency_leaves_nothing(self):
        self.allow_other_currencies()
        for currency, amount in ((self.euro, 77.77), (self.yen, 4999), (self.dinar, 12.345)):
            for day in ("2024-03-15", "2024-06-15"):
                invoice, payment = self.invoice(1000), self.payment(amount, day=day, currency_id=currency.id)
                wizard = self.allocate_credits_to(invoice)
                available = self.line_of(wizard, payment).available
                self.allocate_typed(wizard, {payment: available})
                self.assertOpen(payment, 0)
                self.assertOpen(invoice, 1000 - available)

    def test_an_amount_that_is_worth_less_than_a_cent_is_refused(self):
        self.allow_other_currencies()
        rupiah = self.setup_other_currency("IDR", rates=[("2024-01-01", 50000.0)])
        invoice, payment = self.invoice(25000, currency_id=rupiah.id), self.payment(20)
        wizard = self.allocate_credits_to(invoice)
        self.assertRefused("Exactly this amount cannot be allocated", self.allocate_typed, wizard, {payment: 0.01})
        self.assertOpen(invoice, 25000)

    def test_an_invoice_is_paid_in_full_from_a_larger_payment_in_a_coarser_currency(self):
        # a cent is worth hundreds of rupiah, so the dollars that an invoice is worth do not tell its rupiah
        self.allow_other_currencies()
        rupiah = self.setup_other_currency("IDR", rates=[("2024-01-01", 50000.0), ("2024-06-01", 47000.0)])
        payment = self.payment(1000)
        for amount in (25149.47, 31415.93, 470.01):
            invoice = self.invoice(amount, day="2024-06-15", currency_id=rupiah.id)
            line = self.allocate_typed(self.allocate_credits_to(invoice), {payment: amount})
            self.assertEqual(line.debt_amount, amount)
            self.assertOpen(invoice, 0)

    def test_all_that_is_due_in_another_currency_leaves_nothing(self):
        self.allow_other_currencies()
        for currency, amount in ((self.euro, 77.77), (self.yen, 4999), (self.dinar, 12.345)):
            payment, invoice = self.payment(1000), self.invoice(amount, day="2024-06-15", currency_id=currency.id)
            wizard = self.allocate_to_invoices(payment)
            due = self.line_of(wizard, invoice).available
            self.allocate_typed(wizard, {invoice: due})
            self.assertOpen(invoice, 0)
            self.assertOpen(payment, 1000 - due)


@tagged("post_install", "-at_install")
class TestWizardRandomAmounts(WizardCurrencyCase):
    """Whatever is typed: exactly that is settled, what leaves the credits reaches the invoice, nothing else changes."""

    CASES = 20

    def test_random_amounts_in_one_currency(self):
        self.try_seeds(range(self.CASES), self._check_random_amounts, cross=False)

    def test_random_amounts_across_currencies(self):
        self.allow_other_currencies()
        self.try_seeds(range(self.CASES), self._check_random_amounts, cross=True)

    def _check_random_amounts(self, random, cross):
        currencies = [self.company.currency_id, self.euro, self.dinar, self.yen]
        currency = random.choice(currencies)
        document, others = self._make_documents(random, currency, currencies if cross else [currency])
        opening = self.allocate_credits_to if document._name == "account.move" else self.allocate_to_invoices
        wizard = opening(document)
        left, typed = wizard.amount_due, {}
        for other in others:
            available = min(self.line_of(wizard, other).available, left)
            amount = currency.round(random.choice([0, available, random.uniform(0, available), currency.rounding]))
            if 0 < amount <= available:
                typed[other] = amount
                left = currency.round(left - amount)
        if not typed:
            return
        before = {other: self.open_items(other).amount_residual_currency for other in others}
        self.allocate_typed(wizard, typed)
        self.assertOpen(document, left)
        for other in others:
            was, now = before[other], self.open_items(other).amount_residual_currency
            self.assertGreaterEqual(was * now, 0, "a residual changed its sign")
            if other not in typed:
                self.assertEqual(was, now)
            elif self.open_items(other).currency_id == currency:
                self.assertAlmostEqual(abs(was) - abs(now), typed[other], 3)
            else:
                self.assertLess(abs(now), abs(was))

    def _make_documents(self, random, currency, currencies):
        def amount(currency):
            return currency.round(random.uniform(1, 5) * (10000 if currency == self.yen else 100))

        make, make_other = random.choice([(self.invoice, self.payment), (self.payment, self.invoice)])
        document = make(amount(currency), day=self.draw_day(random), currency_id=currency.id)
        others = []
        for _number in range(random.randint(1, 4)):
            other_currency = random.choice(currencies)
            others.append(make_other(amount(other_currency), day=self.draw_day(random), currency_id=other_currency.id))
        return document, others
