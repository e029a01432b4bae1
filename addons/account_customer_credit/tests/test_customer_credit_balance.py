from odoo.exceptions import AccessError
from odoo.fields import Date
from odoo.tests import Form, tagged

from odoo.addons.account_credit_allocation.tests.common import SecurityCase

from .customer_credit_common import CustomerCreditCase


class BalanceCase(CustomerCreditCase):
    def assertFound(self, domain, expected, user=None):
        """Of the partners of the test, the domain finds these."""
        partners = self.customer + self.stranger + self.vendor
        domain = [("id", "in", partners.ids), *domain]
        self.assertEqual(self.env["res.partner"].with_user(user or self.env.user).search(domain), expected)


@tagged("post_install", "-at_install")
class TestCustomerCreditBalance(BalanceCase):
    """What partner and invoice show of the credit."""

    def test_all_currencies_are_shown_and_added_up_at_todays_rates(self):
        self.payment(100), self.payment(80, currency_id=self.euro.id)
        worth = self.euro._convert(80, self.dollar, self.company, Date.today())
        self.assertAlmostEqual(self.customer.customer_credit_balance, 100 + worth)
        self.assertEqual(self.customer.customer_credit_summary, "$\xa0100.00 and 80.00\xa0€")
        self.assertEqual(self.stranger.customer_credit_summary, "$\xa00.00")

    def test_a_contact_shows_the_credit_of_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        self.payment(100)
        self.assertEqual(contact.customer_credit_balance, 100)

    def test_reserved_credit_is_not_shown(self):
        self.payment(100)
        self.reserve(60)
        self.assertEqual(self.customer.customer_credit_balance, 40)

    def test_one_query_for_many_partners(self):
        self.payment(100), self.payment(50, self.stranger)
        partners = self.customer + self.stranger + self.vendor
        partners.mapped("customer_credit_balance")
        self.env.flush_all()

        def count(records):
            records.invalidate_recordset()
            before = self.env.cr.sql_log_count
            records.mapped("customer_credit_balance")
            return self.env.cr.sql_log_count - before

        self.assertEqual(count(partners), count(self.customer))

    def test_customers_with_credit_are_found(self):
        self.payment(100), self.payment(80, self.stranger, currency_id=self.euro.id)
        worth = self.stranger.customer_credit_balance
        self.assertFound([("customer_credit_balance", ">", 0)], self.customer + self.stranger)
        self.assertFound([("customer_credit_balance", ">=", 100)], self.customer)
        self.assertFound([("customer_credit_balance", "=", 100)], self.customer)
        self.assertFound([("customer_credit_balance", "=", worth)], self.stranger)
        self.assertFound([("customer_credit_balance", "=", 0)], self.vendor)
        self.assertFound([("customer_credit_balance", "!=", 0)], self.customer + self.stranger)
        self.assertFound([("customer_credit_balance", "<", 100)], self.stranger + self.vendor)
        self.assertFound([("customer_credit_balance", "<=", 0)], self.vendor)

    def test_search_and_field_agree(self):
        self.payment(100), self.payment(80, self.stranger, currency_id=self.euro.id)
        self.payment(10, self.vendor, payment_type="outbound")
        partners = self.customer + self.stranger + self.vendor
        for operator in (">", ">=", "<", "<=", "=", "!="):
            for value in (-10, 0, 20, 100):
                domain = [("customer_credit_balance", operator, value)]
                self.assertFound(domain, partners.filtered_domain(domain))

    def test_overdrawn_customers_are_found(self):
        self.payment(10, self.stranger, payment_type="outbound")
        self.payment(100)
        self.assertFound([("customer_credit_balance", "<", 0)], self.stranger)

    def test_contacts_and_customers_can_be_filtered(self):
        view = self.env["res.partner"].get_view(self.env.ref("base.view_res_partner_filter").id, "search")
        self.assertIn('name="customer_credit"', view["arch"])

    def test_the_button_opens_the_movements_of_the_customer(self):
        self.payment(100), self.payment(50, self.stranger)
        action = self.customer.action_open_customer_credit()
        movements = self.env[action["res_model"]].with_context(**action["context"]).search(action["domain"])
        self.assertEqual(movements.partner_id, self.customer)

    def test_an_open_invoice_says_what_the_customer_has(self):
        self.payment(100)
        invoice = self.invoice(300)
        self.assertEqual(invoice.customer_credit_summary, "$\xa0100.00")
        self.assertFalse(self.bill(100).customer_credit_summary)
        self.assertFalse(self.invoice(300, self.stranger).customer_credit_summary)
        draft = self.invoice(50, post=False)
        with Form(draft) as form:
            self.assertEqual(form.customer_credit_summary, "$\xa0100.00")


@tagged("post_install", "-at_install")
class TestCustomerCreditBalanceRights(BalanceCase, SecurityCase):
    def test_billing_user_and_reader_see_it_and_employee_does_not(self):
        self.payment(100)
        for group in ("account.group_account_invoice", "account.group_account_readonly"):
            user = self.new_user(group, [group])
            self.assertEqual(self.customer.with_user(user).customer_credit_balance, 100)
            self.assertFound([("customer_credit_balance", ">", 0)], self.customer, user)
            self.assertTrue(self.env["customer.credit.movement"].with_user(user).search_count([]))
        employee = self.new_user("employee", ["base.group_user"])
        with self.assertRaises(AccessError):
            self.customer.with_user(employee).read(["customer_credit_balance"])
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(employee).search([("customer_credit_balance", ">", 0)])
        with self.assertRaises(AccessError):
            self.env["customer.credit.movement"].with_user(employee).search([])
        self.assertNotIn("customer_credit_balance", self.env["res.partner"].with_user(employee).fields_get())

    def test_credit_of_a_company_that_is_not_selected_is_not_seen(self):
        bank = self.env["account.journal"].search(
            [("company_id", "=", self.other_company.id), ("type", "=", "bank")], limit=1
        )
        self.payment(70, journal_id=bank.id, company_id=self.other_company.id)
        self.payment(100)
        user = self.new_user("billing", ["account.group_account_invoice"])
        self.assertEqual(self.customer.with_user(user).customer_credit_balance, 100)
        movements = self.env["customer.credit.movement"].with_user(user).search([])
        self.assertEqual(movements.company_id, self.company)
        both = self.new_user("both", ["account.group_account_invoice"], self.company | self.other_company)
        partner = self.customer.with_user(both).with_context(
            allowed_company_ids=(self.company | self.other_company).ids
        )
        self.assertEqual(partner.customer_credit_summary, "$\xa0170.00")
