from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestSecurity(CreditPortalCase):
    """Credit is spent by the customer whose it is, who is logged in and means to: by nobody else, and once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill_to_pay = cls.invoice(150, cls.contact)

    def pay_invoice(self, amount=60, due=150, invoice=None, **options):
        invoice = invoice or self.bill_to_pay
        return self.post(f"/my/credit/invoice/{invoice.id}/pay", amount=amount, due=due, **options)

    def assertNothingSpent(self):
        self.assertFalse(self.all_reservations())
        self.assertOpen(self.bill_to_pay, 150)
        self.assertCredit(100)

    # --- who ----------------------------------------------------------------------------------------------------------

    def test_an_access_token_alone_does_not_spend(self):
        """A link to the invoice, with a valid token, was forwarded to somebody who is not logged in."""
        token = self.bill_to_pay._portal_ensure_token()
        page = self.get(self.bill_to_pay.get_portal_url()).text
        self.assertNotIn("o_customer_credit_offer", page)
        self.assertNotIn(f'data-provider-id="{self.credit_provider.id}"', page)
        self.assertNotIn("o_customer_credit_available", page)
        self.make_jsonrpc_request(
            f"/invoice/transaction/{self.bill_to_pay.id}", self.transaction_values(access_token=token)
        )
        tx = self.bill_to_pay.transaction_ids
        self.assertEqual(tx.state, "draft")
        response = self.url_open(
            "/payment/customer_credit/process",
            data={"reference": tx.reference, "access_token": token, "csrf_token": self.public_token()},
        )
        self.assertIn("/web/login", response.url)
        self.env.invalidate_all()
        self.assertEqual(tx.state, "draft")
        self.assertNothingSpent()

    def transaction_values(self, **values):
        return {
            "provider_id": self.credit_provider.id,
            "payment_method_id": self.credit_method.id,
            "token_id": None,
            "amount": 60,
            "flow": "redirect",
            "tokenization_requested": False,
            "landing_route": "/my",
            **values,
        }

    def public_token(self):
        self.csrf_token = None
        return self.token("/web/login")

    def test_the_public_is_sent_to_the_login_everywhere(self):
        for url in ("/my/credit", "/my/credit/top-up", "/my/credit/withdraw", "/my/credit/statement"):
            self.assertIn("/web/login", self.get(url).url)
        token = self.public_token()
        for url in (
            f"/my/credit/invoice/{self.bill_to_pay.id}/pay",
            "/my/credit/withdraw",
            "/my/credit/withdrawal/1/cancel",
        ):
            self.assertIn("/web/login", self.url_open(url, data={"csrf_token": token, "amount": "60"}).url)
        self.assertNothingSpent()

    def test_another_customer_cannot_confirm_a_payment(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.log_in(self.stranger_user)
        self.assertEqual(self.pay_by_post(tx).status_code, 404)
        self.env.invalidate_all()
        self.assertEqual(tx.state, "draft")
        self.assertNothingSpent()

    def test_another_customer_cannot_pay_with_this_ones_credit(self):
        """Not even the own invoice, with a transaction that names this customer."""
        tx = self.transaction(60, [self.invoice(60, self.stranger)])
        self.log_in(self.stranger_user)
        self.assertEqual(self.pay_by_post(tx).status_code, 404)
        self.log_in()
        self.pay_by_post(tx)
        self.env.invalidate_all()
        self.assertEqual(tx.state, "error")
        self.assertNothingSpent()

    def test_another_customers_invoice_is_not_found(self):
        foreign = self.invoice(60, self.stranger)
        self.log_in()
        foreign._portal_ensure_token()
        response = self.pay_invoice(60, due=60, invoice=foreign, access_token=foreign.access_token)
        self.assertEqual(response.status_code, 404)
        self.assertNothingSpent()

    def test_the_page_of_another_customers_invoice_offers_no_credit(self):
        """It can be seen with a token, and paid by card; credit is for the own invoices."""
        self.provider("demo", state="test", is_published=True)
        foreign = self.invoice(60, self.stranger)
        self.log_in()
        page = self.get(foreign.get_portal_url()).text
        self.assertIn("o_payment_form", page)
        self.assertNotIn("o_customer_credit_offer", page)
        self.assertNotIn(f'data-provider-id="{self.credit_provider.id}"', page)

    def test_an_employee_spends_no_customers_credit(self):
        tx = self.transaction(60, [self.bill_to_pay])
        for groups in ("base.group_user", "base.group_user,account.group_account_manager"):
            user = new_test_user(
                self.env,
                login=f"employee{len(groups)}",
                groups=groups,
                company_id=self.company.id,
                company_ids=self.company.ids,
            )
            self.log_in(user)
            self.assertEqual(self.pay_by_post(tx).status_code, 404)
            self.assertEqual(self.pay_invoice().status_code, 404)
            self.assertNothingSpent()

    # --- what ---------------------------------------------------------------------------------------------------------

    def test_guessed_references_and_ids_are_not_found(self):
        card = self.transaction(60, [self.bill_to_pay], provider=self.provider("demo", state="test"))
        self.log_in()
        for reference in ("S00001", "", card.reference, "' OR 1=1 --", "%", "\0"):
            with self.subTest(reference=reference):
                response = self.post("/payment/customer_credit/process", reference=reference)
                self.assertEqual(response.status_code, 404)
        for invoice_id in (
            0,
            10**8,
            self.entry(10).id,
            self.bill(10).id,
            self.credit_note(10, self.contact, post=False).id,
        ):
            with self.subTest(invoice_id=invoice_id):
                response = self.post(f"/my/credit/invoice/{invoice_id}/pay", amount=1, due=10)
                self.assertEqual(response.status_code, 404)
        self.assertFalse(self.all_reservations())

    def test_amounts_that_were_tampered_with_are_refused(self):
        self.log_in()
        for amount in (
            -60,
            0,
            100.01,
            150,
            150.01,
            10**15,
            "NaN",
            "-NaN",
            "Infinity",
            "1e400",
            "sixty",
            "",
            "60,0,0",
            60.001,
        ):
            with self.subTest(amount=amount):
                self.assertEqual(self.pay_invoice(amount).status_code, 200)
                self.assertNothingSpent()

    def test_a_transaction_of_a_tampered_amount_pays_nothing(self):
        """The native route takes the amount of an invoice's payment from the browser."""
        self.log_in()
        for amount in (-60, 0, 100.01, 150.01, 10**12):
            with self.subTest(amount=amount):
                self.make_jsonrpc_request(
                    f"/invoice/transaction/{self.bill_to_pay.id}",
                    self.transaction_values(amount=amount, access_token=self.bill_to_pay._portal_ensure_token()),
                )
                self.pay_by_post(self.bill_to_pay.transaction_ids.sorted("id")[-1:])
                self.env.invalidate_all()
                self.assertEqual(self.bill_to_pay.transaction_ids.sorted("id")[-1:].state, "error")
                self.assertNothingSpent()

    def test_the_amount_is_the_one_of_the_transaction(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.log_in()
        self.pay_by_post(
            tx, amount=1, currency_id=self.euro.id, partner_id=self.stranger.id, invoice_ids=self.bill_to_pay.id
        )
        self.env.invalidate_all()
        self.assertOpen(self.bill_to_pay, 90)
        self.assertCredit(40)

    def test_only_payments_by_redirection_are_confirmed(self):
        for operation in ("validation", "online_direct", "online_token", "offline", "refund"):
            tx = self.transaction(60, [self.bill_to_pay], operation=operation)
            self.log_in()
            self.pay_by_post(tx)
            self.env.invalidate_all()
            self.assertEqual(tx.state, "error")
        self.assertNothingSpent()

    def test_the_other_company_is_not_spent_in(self):
        other = self.setup_other_company(name="Other company")["company"]
        provider = self.provider("customer_credit", company=other, state="enabled", is_published=True)
        tx = self.transaction(60, [self.bill_to_pay], provider=provider)
        self.log_in()
        self.pay_by_post(tx)
        self.env.invalidate_all()
        self.assertEqual(tx.state, "error")
        self.assertNothingSpent()

    # --- once ---------------------------------------------------------------------------------------------------------

    def test_a_confirmation_sent_again_pays_once(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.log_in()
        for _time in range(3):
            self.assertTrue(self.pay_by_post(tx).url.endswith("/payment/status"))
        self.env.invalidate_all()
        self.assertOpen(self.bill_to_pay, 90)
        self.assertEqual(len(self.all_reservations()), 1)
        self.assertCredit(40)

    def test_the_form_of_an_invoice_sent_again_pays_once(self):
        self.log_in()
        self.pay_invoice(30)
        response = self.pay_invoice(30)
        self.assertIn("changed meanwhile", response.text)
        self.env.invalidate_all()
        self.assertOpen(self.bill_to_pay, 120)
        self.assertEqual(len(self.all_reservations()), 1)

    def test_what_is_due_cannot_be_left_out(self):
        self.log_in()
        for due in ("", "abc", 149.99, -150):
            with self.subTest(due=due):
                self.pay_invoice(30, due=due)
        self.assertNothingSpent()

    def test_a_form_without_its_token_is_refused(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.log_in()
        for send in (self.pay_by_post, self.pay_invoice):
            with self.assertLogs("odoo.http", "WARNING"):
                response = send(tx, csrf=False) if send == self.pay_by_post else send(csrf=False)
            self.assertEqual(response.status_code, 400)
        self.assertNothingSpent()

    def test_a_link_spends_nothing(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.log_in()
        for url in (
            f"/payment/customer_credit/process?reference={tx.reference}",
            f"/my/credit/invoice/{self.bill_to_pay.id}/pay?amount=60&due=150",
        ):
            self.assertEqual(self.get(url).status_code, 405)
        self.assertNothingSpent()

    def test_a_transaction_cannot_be_sent_to_the_routes_of_other_providers(self):
        tx = self.transaction(60, [self.bill_to_pay])
        self.provider("demo", state="test")
        self.provider("custom", state="enabled")
        with mute_logger("odoo.addons.payment.models.payment_transaction"):
            self.url_open("/payment/custom/process", data={"reference": tx.reference})
            self.make_jsonrpc_request(
                "/payment/demo/simulate_payment", {"reference": tx.reference, "simulated_state": "done"}
            )
        self.env.invalidate_all()
        self.assertEqual(tx.state, "draft")
        self.assertNothingSpent()

    def test_post_processing_a_draft_spends_nothing(self):
        tx = self.transaction(60, [self.bill_to_pay])
        tx._post_process()
        self.assertNothingSpent()

    def test_several_invoices_of_two_customers_are_refused(self):
        tx = self.transaction(60, [self.bill_to_pay])
        tx.invoice_ids = [Command.link(self.invoice(10, self.stranger).id)]
        self.log_in()
        self.pay_by_post(tx)
        self.env.invalidate_all()
        self.assertEqual(tx.state, "error")
        self.assertNothingSpent()
