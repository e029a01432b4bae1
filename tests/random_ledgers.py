from random import Random

from .common import AllocationCase


class RandomLedgerCase(AllocationCase):
    """Four currencies of 0, 2 and 3 decimals whose rates change, and one way to try what must hold on any ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dinar = cls.setup_other_currency("BHD", rounding=0.001, rates=[("2024-01-01", 0.4), ("2024-06-01", 0.37)])
        cls.yen = cls.setup_other_currency("JPY", rounding=1.0, rates=[("2024-01-01", 150.0), ("2024-06-01", 141.3)])
        cls.dollar = cls.company.currency_id

    def try_seeds(self, seeds, check, **options):
        """Call ``check(random, **options)`` for each seed; what it books is rolled back before the next."""
        for seed in seeds:
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                check(Random(seed), **options)
                savepoint.rollback()
                self.env.invalidate_all()

    def make_ledger(self, random, tax=None):
        """Some posted invoices, payments and credit notes of two customers; ``tax`` is put on half of the invoices.

        :return: their open items
        """
        documents = self.env["account.move"]
        for _number in range(random.randint(4, 12)):
            currency = random.choice([self.dollar, self.dollar, self.euro, self.dinar, self.yen])
            amount = self.draw_amount(random, currency)
            partner = random.choice([self.customer, self.customer, self.stranger])
            kind = random.choice(["invoice", "invoice", "payment", "payment", "credit_note"])
            vals = {"day": self.draw_day(random), "currency_id": currency.id}
            if kind == "payment" and documents and random.random() < 0.4:
                vals["memo"] = random.choice(documents).name
            taxed = kind == "invoice" and tax and random.random() < 0.5
            document = getattr(self, kind)(amount, partner, post=not taxed, **vals)
            if taxed:
                document.invoice_line_ids.tax_ids = tax
                document.action_post()
            documents += document.move_id if kind == "payment" else document
        self.env.flush_all()
        return self.open_items(documents)

    def draw_day(self, random):
        return f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}"

    def draw_amount(self, random, currency):
        """Often one that others have, too, or one of the smallest; never zero."""
        return currency.round(random.choice([100, 33.33, 0.01, 1, random.uniform(1, 500)])) or currency.rounding

    def residuals(self, items):
        """``{item: (residual in its currency, residual in the company's currency)}``, read from the database."""
        items.invalidate_recordset(["amount_residual", "amount_residual_currency"])
        return {item: (round(item.amount_residual_currency, 3), round(item.amount_residual, 2)) for item in items}
