from odoo.tests import tagged

from .common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestPortal(CreditPortalCase):
    """My Credit: the customer sees the own credit, and nobody else's."""

    def page(self, url="/my/credit"):
        response = self.get(url)
        self.assertEqual(response.status_code, 200)
        return response.text

    def test_home_leads_to_my_credit_and_tells_the_balance(self):
        self.log_in()
        page = self.page("/my/home")
        self.assertIn('href="/my/credit"', page)
        self.assertIn("$\N{NO-BREAK SPACE}100.00", page)

    def test_the_page_shows_what_is_available_and_what_is_reserved(self):
        self.customer._credit_reserve(30, self.company.currency_id, self.contact, company=self.company)
        self.log_in()
        page = self.page()
        self.assertRegex(page, r"Available credit(?s:.){0,300}>70\.00<")
        self.assertRegex(page, r">30\.00<(?s:.){0,80}more is reserved")
        self.assertRegex(page, r"o_customer_credit_reservations(?s:.){0,500}Azure Interior, Brandon")

    def test_contacts_of_one_company_see_the_same_credit(self):
        other = self.env["res.partner"].create({"name": "Colleen Diaz", "parent_id": self.customer.id})
        self.log_in(self.new_portal_user("colleen", other))
        self.assertRegex(self.page(), r"Available credit(?s:.){0,300}>100\.00<")

    def test_somebody_without_credit_sees_an_empty_page(self):
        self.log_in(self.stranger_user)
        page = self.page()
        self.assertRegex(page, r"Available credit(?s:.){0,300}>0\.00<")
        self.assertIn("o_customer_credit_no_movements", page)
        self.assertNotIn("100.00", page)

    def test_an_overdraft_is_shown_as_a_debt(self):
        self.customer.with_company(self.company).write(
            {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50}
        )
        self.pay_with_credit(self.transaction(130, [self.invoice(130)]))
        self.log_in()
        self.assertRegex(self.page(), r"You owe us(?s:.){0,300}>30\.00<")

    def test_each_currency_has_its_own_balance(self):
        self.payment(70, currency_id=self.euro.id, credit_allocation_excluded=True)
        self.log_in()
        page = self.page()
        self.assertEqual(page.count("Available credit"), 2)
        self.assertRegex(page, r">70\.00<")

    def test_another_company_is_not_shown_to_users_who_are_not_in_it(self):
        other = self.setup_other_company(name="Other company")["company"]
        self.payment(77, company_id=other.id, journal_id=self.bank_of(other).id, currency_id=other.currency_id.id)
        self.log_in()
        self.assertNotIn(">77.00<", self.page())
        self.portal_user.company_ids += other
        page = self.page()
        self.assertIn(">77.00<", page)
        self.assertIn("Other company", page)

    def bank_of(self, company):
        return self.env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)

    # --- movements ----------------------------------------------------------------------------------------------------

    def test_movements_tell_what_happened(self):
        self.pay_with_credit(self.transaction(80, [self.invoice(80)]))
        self.log_in()
        page = self.page()
        self.assertIn("-\N{ZERO WIDTH NO-BREAK SPACE}80.00", page)
        self.assertEqual(page.count("fa-arrow-circle-down"), 1)
        self.assertEqual(page.count("fa-arrow-circle-up"), 1)

    def test_a_correction_tells_its_reason(self):
        self.env["customer.credit.adjustment"].create(
            {
                "partner_id": self.customer.id,
                "amount": 5,
                "account_id": self.company_data["default_account_expense"].id,
                "reason": "Goodwill for the late delivery",
            }
        ).action_adjust()
        self.log_in()
        self.assertIn("Goodwill for the late delivery", self.page())

    def test_movements_are_filtered_by_kind_and_period(self):
        self.pay_with_credit(self.transaction(80, [self.invoice(80)]))
        self.log_in()
        self.assertIn("o_customer_credit_no_movements", self.page("/my/credit?filterby=reservation"))
        page = self.page("/my/credit?filterby=spent")
        self.assertIn("-\N{ZERO WIDTH NO-BREAK SPACE}80.00", page)
        self.assertNotIn("fa-arrow-circle-down", page)
        self.assertIn("o_customer_credit_no_movements", self.page("/my/credit?filterby=withdrawal"))
        self.assertNotIn("fa-arrow-circle-down", self.page("/my/credit?period=month"))
        self.assertIn("fa-arrow-circle-down", self.page("/my/credit?filterby=nonsense&period=nonsense"))

    def test_movements_are_paged(self):
        for _number in range(25):
            self.payment(1, credit_allocation_excluded=True)
        self.log_in()
        self.assertEqual(self.page().count("fa-arrow-circle-down"), 20)
        self.assertEqual(self.page("/my/credit/page/2").count("fa-arrow-circle-down"), 6)
        self.assertEqual(self.page("/my/credit/page/99").count("fa-arrow-circle-down"), 6)

    # --- statement ----------------------------------------------------------------------------------------------------

    def statement(self, **parameters):
        parameters = {"company": self.company.id, "currency": self.company.currency_id.id, **parameters}
        return self.get("/my/credit/statement?" + "&".join(f"{key}={value}" for key, value in parameters.items()))

    def test_the_statement_is_a_pdf(self):
        self.log_in()
        response = self.statement(date_from="2024-01-01", date_to="2024-12-31")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("2024-01-01-2024-12-31.pdf", response.headers["Content-Disposition"])

    def test_there_is_no_statement_of_other_companies_and_currencies(self):
        self.log_in()
        self.assertEqual(self.statement(company=self.company.id + 1000).status_code, 404)
        self.assertEqual(self.statement(currency=self.euro.id).status_code, 404)
        self.assertEqual(self.statement(company="abc").status_code, 404)
        self.assertEqual(self.statement(company="").status_code, 404)
