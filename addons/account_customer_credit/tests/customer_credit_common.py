from odoo.addons.account_credit_allocation.tests.common import AllocationCase


class CustomerCreditCase(AllocationCase):
    """A customer with credit in the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.company.currency_id

    def reserve(self, amount, currency=None, origin=None, partner=None, **options):
        partner = partner or self.customer
        options.setdefault("company", self.company)
        return partner._credit_reserve(amount, currency or self.dollar, origin or self.stranger, **options)

    def get_balance(self, partner=None):
        """What the customer owes in the ledger, negative for credit, in the company's currency."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        return sum(lines.mapped("balance"))

    def assertAvailable(self, amount, currency=None, partner=None):
        credit = (partner or self.customer)._get_credit(self.company, currency or self.dollar)
        self.assertAlmostEqual(credit, amount)

    def assertEntry(self, move, expected):
        """The items of an entry, in their order: pairs of account and signed balance."""
        self.assertEqual([(line.account_id, line.balance) for line in move.line_ids.sorted("id")], expected)
