from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderCreditPortal(OrderCreditCase, AccountTestInvoicingHttpCommon):
    """The portal does not ask for what is reserved for an order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        method = cls.env["payment.method"].create({"name": "Card", "code": "card_of_test", "is_primary": True})
        cls.provider.write({"payment_method_ids": [Command.set(method.ids)], "is_published": True})
        method.active = True
        cls.quotation = cls.order(80, confirm=False, require_payment=True, prepayment_percent=1)

    def get_asked_amount(self, **params):
        page = self.url_open(
            self.quotation.get_portal_url(query_string="".join(f"&{k}={v}" for k, v in params.items()))
        )
        form = page.text.partition('id="o_payment_form"')[2] or page.text.partition("o_payment_form")[2]
        return form.partition('data-amount="')[2].partition('"')[0]

    def test_portal_asks_for_what_is_left(self):
        self.assertEqual(self.get_asked_amount(), "80.0")
        self.payment(30)
        self.quotation._use_credit(30)
        self.assertEqual(self.get_asked_amount(), "50.0")

    def test_portal_asks_for_what_is_left_of_the_prepayment(self):
        self.quotation.prepayment_percent = 0.5
        self.payment(30)
        self.quotation._use_credit(30)
        self.assertEqual(self.get_asked_amount(), "10.0")
        self.assertEqual(self.get_asked_amount(amount_selection="full_amount"), "50.0")

    def test_payment_link_asks_for_no_more_than_is_left(self):
        self.payment(30)
        self.quotation._use_credit(30)
        self.quotation.action_confirm()
        self.assertEqual(self.get_asked_amount(payment_amount="20.0"), "20.0")
        self.assertEqual(self.get_asked_amount(payment_amount="80.0"), "50.0")
