from odoo import fields
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """The demo data change nothing that tests of other addons rely on."""

    def setUp(self):
        super().setUp()
        if not self.env.ref("account_credit_allocation.currency_rate_eur_new", raise_if_not_found=False):
            self.skipTest("This database has no demo data.")

    def test_the_first_other_currency_is_worth_the_same_as_ever(self):
        """As website_sale asks for it, whose tests compare a price of today with one of 2020."""
        company = self.env.ref("base.main_company")
        currencies = self.env["res.currency"].with_context(active_test=False)
        other = currencies.search([("name", "!=", company.currency_id.name)], limit=1)
        today, before = (
            company.currency_id._convert(100, other, company, day)
            for day in (fields.Date.today(), fields.Date.to_date("2020-01-01"))
        )
        self.assertEqual(today, before)
