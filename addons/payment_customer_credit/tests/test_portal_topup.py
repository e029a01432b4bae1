import re

from odoo.exceptions import ValidationError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestPortalTopUp(CreditPortalCase):
    """Top-up in the portal: an amount, a payment, credit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {"customer_credit_topup": True, "customer_credit_topup_min": 10, "customer_credit_topup_max": 500}
        )
        cls.demo = cls.provider("demo", state="test", is_published=True)

    def form(self, amount):
        return self.get(f"/my/credit/top-up?amount={amount}").text

    def call_route(self, amount=50, form_amount=None, **parameters):
        """Call the route of the payment form, with the token of a form for ``form_amount``."""
        token = re.search(r'data-access-token="(\w+)"', self.form(form_amount or amount))
        return self.make_jsonrpc_request(
            "/my/credit/top-up/transaction",
            {
                "provider_id": self.demo.id,
                "payment_method_id": self.demo.payment_method_ids[:1].id,
                "token_id": None,
                "amount": amount,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/evil",
                "is_validation": False,
                "access_token": token and token[1],
                **parameters,
            },
        )

    def topups(self):
        self.env.invalidate_all()
        return (
            self.env["payment.transaction"]
            .sudo()
            .search([("is_customer_credit_topup", "=", True), ("company_id", "=", self.company.id)])
        )

    def test_the_page_asks_for_an_amount_within_the_limits(self):
        self.log_in()
        page = self.get("/my/credit/top-up").text
        self.assertIn('min="10.0"', page)
        self.assertIn('max="500.0"', page)
        for amount, error in ((9.99, "smallest amount is"), (500.01, "largest amount is"), ("abc", "enter an amount")):
            page = self.form(amount)
            self.assertIn(error, page)
            self.assertNotIn("o_payment_form", page)

    def test_the_form_offers_every_method_but_credit(self):
        self.log_in()
        page = self.form(50)
        self.assertRegex(page, rf'data-provider-id="{self.demo.id}"')
        self.assertNotRegex(page, rf'data-provider-id="{self.credit_provider.id}"')

    def test_a_top_up_that_is_paid_is_credit(self):
        self.log_in()
        values = self.call_route(50)
        tx = self.topups()
        self.assertEqual((tx.reference, tx.amount, tx.state), (values["reference"], 50, "draft"))
        self.assertEqual(tx.landing_route, f"/my/credit/top-up/{tx.id}")
        self.assertCredit(100)
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {"reference": tx.reference, "payment_details": "4242", "simulated_state": "done"},
        )
        for _time in range(3):
            self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        self.assertCredit(150)
        page = self.get(tx.landing_route).text
        self.assertIn("150.00", page)

    def test_a_wire_transfer_is_pending_until_somebody_says_that_it_has_arrived(self):
        wire = self.provider("custom", state="enabled", is_published=True)
        self.log_in()
        values = self.call_route(
            50, provider_id=wire.id, payment_method_id=wire.payment_method_ids[:1].id, flow="redirect"
        )
        self.url_open("/payment/custom/process", data={"reference": values["reference"]})
        self.make_jsonrpc_request("/payment/status/poll", {})
        tx = self.topups()
        self.assertEqual(tx.state, "pending")
        self.assertCredit(100)
        self.assertIn("o_customer_credit_topups", self.get("/my/credit").text)
        self.assertIn("when your payment has arrived", self.get(tx.landing_route).text)
        tx.with_user(self.new_billing_user()).sudo(False).action_customer_credit_money_received()
        self.assertCredit(150)

    def test_it_is_offered_only_where_the_company_switched_it_on(self):
        self.log_in()
        self.assertIn('href="/my/credit/top-up"', self.get("/my/credit").text)
        self.company.customer_credit_topup = False
        self.assertNotIn('href="/my/credit/top-up"', self.get("/my/credit").text)
        self.assertEqual(self.get("/my/credit/top-up").status_code, 404)

    def test_the_limits_of_a_company_make_sense(self):
        for vals in (
            {"customer_credit_topup_min": -1},
            {"customer_credit_topup_min": 50, "customer_credit_topup_max": 20},
        ):
            with self.assertRaises(ValidationError):
                self.company.write(vals)
        self.company.write({"customer_credit_topup_min": 0, "customer_credit_topup_max": 0})
        self.assertFalse(self.company._get_customer_credit_topup_error(999999))

    # --- what a browser may try ---------------------------------------------------------------------------------------

    def assertRefused(self, amount=50, **parameters):
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.call_route(amount, **parameters)
        self.assertFalse(self.topups())

    def test_amounts_that_were_tampered_with_are_refused(self):
        self.log_in()
        for amount in (-50, 0, 9.99, 500.01, 10**15, "NaN", "Infinity", "fifty", "", None, [50], 50.001):
            with self.subTest(amount=amount):
                self.assertRefused(amount, form_amount=50)

    def test_the_amount_is_the_one_of_the_form(self):
        self.log_in()
        self.assertRefused(60, form_amount=50)

    def test_a_token_of_somebody_else_is_refused(self):
        self.log_in(self.stranger_user)
        token = re.search(r'data-access-token="(\w+)"', self.form(50))[1]
        self.log_in()
        self.assertRefused(50, access_token=token)

    def test_a_top_up_by_credit_is_refused(self):
        self.log_in()
        self.assertRefused(
            50, provider_id=self.credit_provider.id, payment_method_id=self.credit_method.id, flow="redirect"
        )

    def test_other_values_of_the_transaction_cannot_be_set(self):
        self.log_in()
        for name, value in (
            ("partner_id", self.stranger.id),
            ("currency_id", self.euro.id),
            ("custom_create_values", {"state": "done"}),
            ("reference_prefix", "HELLO"),
        ):
            with self.subTest(name=name):
                self.assertRefused(50, **{name: value})

    def test_a_validation_is_no_top_up(self):
        self.log_in()
        self.call_route(50, is_validation=True)
        self.assertRecordValues(self.topups(), [{"amount": 50.0, "operation": "online_direct"}])

    def test_an_ordinary_payment_cannot_be_made_a_top_up(self):
        invoice = self.invoice(50, self.contact)
        self.log_in()
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request(
                f"/invoice/transaction/{invoice.id}",
                {
                    "access_token": invoice._portal_ensure_token(),
                    "provider_id": self.demo.id,
                    "payment_method_id": self.demo.payment_method_ids[:1].id,
                    "token_id": None,
                    "amount": 50,
                    "flow": "direct",
                    "tokenization_requested": False,
                    "landing_route": "/my",
                    "is_customer_credit_topup": True,
                },
            )
        self.assertFalse(self.topups())

    def test_the_result_is_shown_to_its_customer_only(self):
        tx = self.topup(50)
        self.log_in(self.stranger_user)
        self.assertEqual(self.get(f"/my/credit/top-up/{tx.id}").status_code, 404)
        self.log_in()
        self.assertEqual(self.get(f"/my/credit/top-up/{tx.id}").status_code, 200)
        other = self.transaction(50, [self.invoice(50)])
        self.assertEqual(self.get(f"/my/credit/top-up/{other.id}").status_code, 404)
