from datetime import date

import lxml.html

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.account_credit_allocation.tests.common import SecurityCase

from .test_customer_credit_movement import MovementCase

REPORT = "account_customer_credit.res_partner_action_customer_credit_statement"


class StatementCase(MovementCase):
    def print_statement(self, partner=None, user=None, **vals):
        """The pages that the window prints, as trees of HTML."""
        window = (
            self.env["customer.credit.statement"]
            .with_user(user or self.env.user)
            .with_context(active_model="res.partner", active_ids=(partner or self.customer).ids)
            .create({"date_from": "2024-02-01", "date_to": "2024-02-29", **vals})
        )
        action = window.action_print()
        Report = self.env["ir.actions.report"].with_user(user or self.env.user)
        html, _type = Report._render_qweb_html(
            action["report_name"], action["context"]["active_ids"], data=action["data"]
        )
        return lxml.html.fromstring(html).findall(".//div[@name='statement']")

    @staticmethod
    def get_rows(page, name):
        return [
            [
                " ".join(cell.text_content().replace("\xa0", " ").replace("\ufeff", "").split())
                for cell in row.iter("td")
            ]
            for row in page.iterfind(f".//tr[@name='{name}']")
        ]


@tagged("post_install", "-at_install")
class TestCustomerCreditStatement(StatementCase):
    """The customer's statement of a period."""

    def test_opening_and_closing_balance_and_the_rows_between(self):
        self.payment(100, day="2024-01-10")
        self.payment(50, day="2024-02-10", memo="Second")
        self.payment(30, day="2024-02-20", payment_type="outbound")
        self.payment(70, day="2024-03-10")
        [page] = self.print_statement()
        self.assertEqual(self.get_rows(page, "opening"), [["02/01/2024", "Opening balance", "$ 100.00"]])
        rows = self.get_rows(page, "movement")
        self.assertEqual(
            [row[0:2] + row[3:] for row in rows],
            [
                ["02/10/2024", "Payment", "$ 50.00", "$ 150.00"],
                ["02/20/2024", "Paid Out", "$ -30.00", "$ 120.00"],
            ],
        )
        self.assertIn("Second", rows[0][2])
        self.assertEqual(self.get_rows(page, "closing"), [["02/29/2024", "Closing balance", "$ 120.00"]])

    def test_the_next_period_opens_with_what_the_last_closed_with(self):
        self.payment(100, day="2024-01-10"), self.credit_note(30, day="2024-02-10"), self.entry(-7, day="2024-03-31")
        closing = 0
        for month, days in ((1, 31), (2, 29), (3, 31), (4, 30)):
            values = self.customer._get_customer_credit_statement_values(
                self.company, self.dollar, date(2024, month, 1), date(2024, month, days)
            )
            self.assertEqual(values["opening"], closing)
            self.assertEqual(values["received"] + values["spent"], values["closing"] - values["opening"])
            closing = values["closing"]
        self.assertEqual(closing, 137)

    def test_what_is_reserved_is_listed(self):
        self.payment(100, day="2024-02-10")
        reservation = self.reserve(60)
        [page] = self.print_statement()
        [[_date, label, number, amount]] = self.get_rows(page, "reservation")
        self.assertEqual((label, number, amount), ("Deco Addict", reservation.name, "$ 60.00"))

    def test_what_was_reserved_before_the_customer_joined_a_company_is_listed(self):
        self.payment(100, partner=self.stranger)
        reservation = self.reserve(40, partner=self.stranger)
        self.stranger.parent_id = self.customer
        period = date(2024, 1, 1), date(2024, 12, 31)
        values = self.stranger._get_customer_credit_statement_values(self.company, self.dollar, *period)
        self.assertEqual((values["partner"], values["reservations"]), (self.customer, reservation))

    def test_each_currency_has_a_page(self):
        self.payment(100, day="2024-02-10"), self.payment(80, day="2024-02-10", currency_id=self.euro.id)
        pages = self.print_statement()
        self.assertEqual([page.get("data-currency") for page in pages], ["USD", "EUR"])
        [page] = self.print_statement(currency_id=self.euro.id)
        self.assertEqual(page.get("data-currency"), "EUR")
        self.assertEqual(self.get_rows(page, "closing")[0][-1], "80.00 €")

    def test_several_customers_and_one_without_movements(self):
        self.payment(100, day="2024-02-10")
        pages = self.print_statement(self.customer + self.stranger)
        self.assertEqual(len(pages), 2)
        self.assertTrue(self.get_rows(pages[1], "nothing"))
        self.assertNotIn("Azure", pages[1].text_content())

    def test_a_contact_gets_the_statement_of_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        self.payment(100, day="2024-02-10")
        [page] = self.print_statement(contact)
        self.assertEqual(self.get_rows(page, "closing")[0][-1], "$ 100.00")

    def test_dates_are_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.customer.lang = "de_DE"
        self.payment(100, day="2024-02-10")
        [page] = self.print_statement()
        self.assertEqual(self.get_rows(page, "movement")[0][0], "10.02.2024")
        self.assertEqual(self.get_rows(page, "movement")[0][-1], "$ 100,00")


@tagged("post_install", "-at_install")
class TestCustomerCreditStatementPdf(StatementCase, AccountTestInvoicingHttpCommon):
    """Printed for real: wkhtmltopdf asks the server for the style sheets."""

    def test_the_portal_can_have_it_as_pdf(self):
        self.payment(100, day="2024-02-10")
        user = new_test_user(self.env, login="portal_customer", groups="base.group_portal")
        partner = self.customer.with_user(user).sudo().with_context(force_report_rendering=True)
        pdf = partner._render_customer_credit_statement(self.company, self.dollar, date(2024, 2, 1), date(2024, 2, 29))
        self.assertEqual(pdf[:4], b"%PDF")


@tagged("post_install", "-at_install")
class TestCustomerCreditStatementRights(StatementCase, SecurityCase):
    def test_reader_and_billing_user_print_it_and_others_do_not(self):
        self.payment(100, day="2024-02-10")
        for group in ("account.group_account_readonly", "account.group_account_invoice"):
            self.assertTrue(self.print_statement(user=self.new_user(group, [group])))
        for user in (
            self.new_user("employee", ["base.group_user"]),
            new_test_user(self.env, login="portal_customer", groups="base.group_portal"),
        ):
            with self.assertRaises(AccessError):
                self.print_statement(user=user)
            # the address of the report, typed into a browser
            with self.assertRaises(AccessError):
                self.env["ir.actions.report"].with_user(user)._render_qweb_html(REPORT, self.customer.ids)

    def test_not_for_a_company_that_is_not_selected(self):
        billing = self.new_user("billing", ["account.group_account_invoice"])
        data = {"company_id": self.other_company.id, "date_from": "2024-01-01", "date_to": "2024-12-31"}
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(billing)._render_qweb_html(REPORT, self.customer.ids, data=data)
