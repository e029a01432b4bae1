from odoo.tests import tagged

from ..exceptions import InsufficientCreditError
from .customer_credit_common import CustomerCreditCase

HUGE = 1e17


@tagged("post_install", "-at_install")
class TestCustomerCreditTooLarge(CustomerCreditCase):
    """An item that Odoo cannot count to the cent is nothing that could be spent, and breaks nobody's page."""

    def movements(self):
        return self.env["customer.credit.movement"].search([("partner_id", "=", self.customer.id)])

    def test_such_a_credit_is_not_the_customers_to_spend(self):
        self.payment(100), self.entry(-HUGE)
        self.assertAvailable(100)
        with self.assertRaises(InsufficientCreditError):
            self.reserve(150)
        self.reserve(60)
        self.assertAvailable(40)

    def test_such_a_debit_counts_but_is_not_settled(self):
        self.payment(100), self.entry(HUGE)
        credit = self.customer._get_credit(self.company, self.dollar)
        self.assertAlmostEqual(credit / HUGE, -1.0, 13)
        with self.assertRaises(InsufficientCreditError):
            self.reserve(60)
        self.assertEqual(self.customer._credit_settle_overdraft(self.company, self.dollar), 0)

    def test_the_filters_on_the_balance_find_the_others(self):
        self.entry(-HUGE), self.payment(30), self.payment(100, self.stranger)
        both = self.customer | self.stranger
        for condition, expected in (((">", 50), self.stranger), (("<", 50), self.customer), ((">", 0), both)):
            domain = [("customer_credit_balance", *condition), ("id", "in", both.ids)]
            self.assertEqual(self.env["res.partner"].search(domain), expected, condition)

    def test_the_movements_add_up_to_what_there_is(self):
        self.payment(100), self.entry(-HUGE)
        self.assertAlmostEqual(self.movements()[:1].balance, 100)
        self.assertEqual(len(self.movements()), 1)

    def test_the_movements_of_such_a_debit_do_so_too(self):
        self.payment(100), self.entry(HUGE)
        credit = self.customer._get_credit(self.company, self.dollar)
        self.assertAlmostEqual(self.movements()[:1].balance / credit, 1.0, 13)
