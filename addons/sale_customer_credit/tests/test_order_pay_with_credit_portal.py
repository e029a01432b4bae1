import re

from odoo import Command
from odoo.tests import tagged

from odoo.addons.payment_customer_credit.tests.common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestOrderPayWithCreditPortal(CreditPortalCase):
    """A quotation that waits for a payment is confirmed when its customer, who has 100.00, pays it with credit in the
    portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_salesman_all_leads")

    def quotation(self, amount, **vals):
        product = self.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        line = {"product_id": product.id, "price_unit": amount, "tax_ids": [Command.clear()]}
        return self.env["sale.order"].create(
            {
                "partner_id": self.contact.id,
                "require_signature": False,
                "require_payment": True,
                "prepayment_percent": 1,
                "order_line": [Command.create(line)],
                **vals,
            }
        )

    def pay_in_portal(self, order, amount):
        """Open the quotation, press *Pay* and confirm what the provider asks, as a browser does."""
        self.log_in()
        self.assertIn(f'data-provider-id="{self.credit_provider.id}"', self.get(order.get_portal_url()).text)
        values = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/transaction",
            {
                "access_token": order._portal_ensure_token(),
                "provider_id": self.credit_provider.id,
                "payment_method_id": self.credit_method.id,
                "token_id": None,
                "amount": amount,
                "flow": "redirect",
                "tokenization_requested": False,
                "landing_route": order.get_portal_url(),
            },
        )
        form = values["redirect_form_html"]
        action = re.search(r'action="([^"]+)"', form)[1]
        response = self.url_open(action, data=dict(re.findall(r'name="(\w+)" value="([^"]+)"', form)))
        self.assertTrue(response.url.endswith("/payment/status"))
        self.env.invalidate_all()
        self.assertRecordValues(order.transaction_ids, [{"state": "done", "is_post_processed": True}])

    def test_quotation_that_is_paid_wholly_with_credit_is_confirmed(self):
        order = self.quotation(80)
        self.pay_in_portal(order, 80)
        self.assertRecordValues(order, [{"state": "sale", "amount_paid": 80.0}])
        self.assertCredit(20)

    def test_quotation_is_confirmed_by_its_prepayment(self):
        order = self.quotation(150, prepayment_percent=0.5)
        self.pay_in_portal(order, 75)
        page = self.get(order.get_portal_url()).text
        self.assertRegex(page, r"75\.00 is paid with your credit, [^<]*75\.00 is left to pay")
        self.assertRecordValues(order, [{"state": "sale", "amount_paid": 75.0}])
        self.assertCredit(25)

    def test_quotation_of_which_credit_was_reserved_is_confirmed_by_the_rest(self):
        order = self.quotation(80)
        order._use_credit(30)
        self.assertEqual(order.state, "draft")
        self.pay_in_portal(order, 50)
        self.assertRecordValues(order, [{"state": "sale", "amount_paid": 80.0}])
        self.assertCredit(20)

    def test_order_that_was_read_before_its_payment_is_done_counts_it(self):
        """Odoo declares that what is paid depends on the transactions, not on what becomes of them."""
        order = self.quotation(80)
        transaction = self.transaction(80, sale_order_ids=[Command.set(order.ids)])
        self.assertEqual(order.amount_paid, 0)
        self.pay_with_credit(transaction)
        self.assertEqual(order.amount_paid, 80)
        self.assertEqual(order.state, "sale")
