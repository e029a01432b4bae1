from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.press.portal import PressPortalCase
from odoo.addons.account_credit_allocation.tests.press.press_case import PressCase
from odoo.addons.account_credit_allocation.tests.press.pressed_ledger import PressingUsers

from .common import CreditPaymentCase


@tagged("post_install", "-at_install")
class TestPaymentPress(PressCase, PressingUsers, CreditPaymentCase):
    """Every button of customer credit in online payments, by each kind of user."""

    press_modules = ("payment_customer_credit",)

    def setUp(self):
        super().setUp()
        wire = self.provider("custom", state="enabled", is_published=True)
        topup = self.transaction(50, provider=wire, is_customer_credit_topup=True)
        topup._process("custom", {"reference": topup.reference})

    def test_whatever_is_pressed_answers_in_a_way_people_understand(self):
        self.press_everything(self.users)


@tagged("post_install", "-at_install")
class TestPortalPress(PressPortalCase, CreditPaymentCase):
    """Every page and form of the portal, as a customer sees and sends it."""

    press_modules = ("payment_customer_credit",)

    def setUp(self):
        super().setUp()
        self.company.write({"customer_credit_topup": True, "customer_credit_portal_withdrawal": True})
        self.provider("demo", state="test", is_published=True)
        bank = self.env["res.partner.bank"].create({"acc_number": "BE71096123456769", "partner_id": self.customer.id})
        self.customer._request_credit_withdrawal(5, self.company.currency_id, bank, self.company)
        self.open_invoice = self.invoice(30, self.contact)
        self.paid_topup = self.topup(20)

    def test_every_page_and_form_is_answered(self):
        self.press_portal(
            self.portal_user,
            starts=[
                "/my",
                "/my/home",
                self.open_invoice.get_portal_url(),
                "/my/credit/page/2",
                "/my/credit/top-up",
                "/my/credit/top-up?amount=20",
                f"/my/credit/top-up/{self.paid_topup.id}",
            ],
            get_snippets=self.get_payment_forms,
        )

    def get_payment_forms(self):
        """The form that the payment form's script sends, when the customer has chosen credit."""
        values = self.make_jsonrpc_request(
            f"/invoice/transaction/{self.open_invoice.id}",
            {
                "access_token": self.open_invoice._portal_ensure_token(),
                "provider_id": self.credit_provider.id,
                "payment_method_id": self.credit_method.id,
                "token_id": None,
                "amount": 30,
                "flow": "redirect",
                "tokenization_requested": False,
                "landing_route": self.open_invoice.get_portal_url(),
            },
        )
        return [values["redirect_form_html"]]
