import re
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestPortalInvoice(CreditPortalCase):
    """An open invoice is paid with credit on its page in the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bill_to_pay = cls.invoice(150, cls.contact)

    def invoice_page(self, invoice=None):
        return self.get((invoice or self.bill_to_pay).get_portal_url()).text

    def pay(self, amount, due=150, invoice=None, **options):
        invoice = invoice or self.bill_to_pay
        response = self.post(f"/my/credit/invoice/{invoice.id}/pay", amount=amount, due=due, **options)
        self.env.invalidate_all()
        return response

    def test_the_page_offers_what_the_credit_covers(self):
        self.log_in()
        page = self.invoice_page()
        self.assertIn("o_customer_credit_offer", page)
        self.assertRegex(page, r'name="amount"(?s:.){0,300}value="100.00"')
        self.assertRegex(page, r'name="due" value="150.0"')

    def test_whoever_may_overdraw_is_told_how_much_can_be_used(self):
        self.allow_overdraft(50)
        self.pay_with_credit(self.transaction(130, [self.invoice(130)]))
        self.log_in()
        page = self.invoice_page()
        self.assertRegex(
            page, r"Your credit:(?s:.){0,200}text-danger(?s:.){0,200}30\.00(?s:.){0,200}At most(?s:.){0,200}20\.00"
        )
        self.assertNotIn("text-success", page[page.index("o_customer_credit_offer") :].split("</form>")[0])

    def allow_overdraft(self, limit):
        self.customer.with_company(self.company).write(
            {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": limit}
        )

    def offer_on_page(self, page):
        return page[page.index("o_customer_credit_offer") :].split("</form>")[0]

    def test_the_credit_is_prefilled_and_not_what_the_customer_would_owe(self):
        self.allow_overdraft(100)
        self.log_in()
        offer = self.offer_on_page(self.invoice_page())
        self.assertRegex(offer, r'name="amount"(?s:.){0,300}value="100.00"(?s:.){0,200}max="150.0"')
        self.assertRegex(offer, r"At most(?s:.){0,200}150\.00(?s:.){0,200}beyond your credit you will owe")

    def test_without_any_credit_nothing_is_prefilled(self):
        self.allow_overdraft(100)
        self.pay_with_credit(self.transaction(100, [self.invoice(100)]))
        self.log_in()
        self.assertNotIn("value=", re.search(r'<input[^>]*name="amount"[^>]*>', self.invoice_page())[0])

    def test_what_goes_beyond_the_credit_is_named_as_owed_before_it_happens(self):
        self.allow_overdraft(100)
        self.log_in()
        offer = self.offer_on_page(self.pay(150).text)
        self.assertOpen(self.bill_to_pay, 150)
        self.assertCredit(100)
        self.assertRegex(offer, r"o_customer_credit_owed(?s:.){0,200}you will owe(?s:.){0,200}50\.00")
        self.assertRegex(offer, r'name="owed" value="50.0"')
        self.assertRegex(offer, r'name="amount"(?s:.){0,300}value="150.00"')
        page = self.pay(150, owed=50).text
        self.assertOpen(self.bill_to_pay, 0)
        self.assertCredit(-50)
        self.assertRegex(page, r"o_customer_credit_message(?s:.){0,300}you owe(?s:.){0,200}50\.00")

    def test_what_the_customer_would_owe_is_named_again_when_it_has_changed(self):
        self.allow_overdraft(100)
        self.log_in()
        self.pay_with_credit(self.transaction(20, [self.invoice(20)]))
        offer = self.offer_on_page(self.pay(150, owed=50).text)
        self.assertOpen(self.bill_to_pay, 150)
        self.assertRegex(offer, r'name="owed" value="70.0"')
        self.pay(80, owed=70)
        self.assertOpen(self.bill_to_pay, 70)

    def test_the_payment_form_names_what_the_customer_would_owe(self):
        self.log_in()
        self.assertNotIn("o_customer_credit_owed", self.invoice_page(self.invoice(50, self.contact)))
        self.allow_overdraft(100)
        form = self.invoice_page().partition("o_payment_form")[2]
        self.assertRegex(
            form, r"o_customer_credit_owed(?s:.){0,200}150\.00(?s:.){0,100}you will owe(?s:.){0,200}50\.00"
        )

    def test_a_part_is_paid_and_the_rest_is_due(self):
        self.log_in()
        response = self.pay(60)
        self.assertIn("60.00 of your credit was used", response.text)
        self.assertOpen(self.bill_to_pay, 90)
        self.assertCredit(40)
        self.assertRegex(response.text, r'name="due" value="90.0"')

    def test_the_page_says_how_much_is_paid_with_credit_and_what_is_left(self):
        self.log_in()
        page = self.pay(60).text
        self.assertRegex(
            page,
            r"o_payment_status_message(?s:.){0,300}60\.00 is paid with your credit, [^<]*90\.00 is left to pay",
        )
        self.assertNotIn("Paid with your credit", page)
        page = self.get("/payment/status").text
        self.assertRegex(page, r"60\.00 is paid with your credit, [^<]*90\.00 is left to pay")
        page = self.pay(40, due=90).text
        self.assertRegex(page, r"40\.00 is paid with your credit, [^<]*50\.00 is left to pay")

    def test_the_page_of_a_paid_invoice_says_so(self):
        invoice = self.invoice(80, self.contact)
        self.log_in()
        page = self.pay(80, due=80, invoice=invoice).text
        self.assertRegex(page, r"o_payment_status_message(?s:.){0,300}80\.00 is paid with your credit\.")

    def test_the_whole_invoice_is_paid_at_once(self):
        invoice = self.invoice(80, self.contact)
        self.log_in()
        self.pay(80, due=80, invoice=invoice)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertTrue(invoice.transaction_ids.is_post_processed)
        self.assertNotIn("o_customer_credit_offer", self.invoice_page(invoice))

    def test_the_form_that_grants_a_discount_does_not_take_credit(self):
        self.provider("demo", state="test", is_published=True)
        self.log_in()
        payable = f'data-provider-id="{self.credit_provider.id}"'
        plain, discounted = self.invoice(50, self.contact), self.discounted_invoice(50)
        self.assertIn(payable, self.invoice_page(plain))
        self.assertNotIn("o_customer_credit_no_discount", self.invoice_page(plain))
        page = self.invoice_page(discounted)
        self.assertIn("Early Payment Discount", page)
        self.assertNotIn(payable, page)
        self.assertRegex(page, r'name="due" value="50.0"')
        self.assertIn("o_customer_credit_no_discount", page)

    def test_the_rest_is_paid_by_another_provider(self):
        demo = self.provider("demo", state="test", is_published=True)
        self.log_in()
        self.pay(60)
        page = self.invoice_page()
        self.assertRegex(page, rf'data-provider-id="{demo.id}"')
        tx = self.transaction(90, [self.bill_to_pay], provider=demo)
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self.assertEqual(self.bill_to_pay.payment_state, self.env["account.move"]._get_invoice_in_payment_state())
        self.assertCredit(40)

    def test_the_payment_form_offers_credit_that_covers_what_is_left(self):
        self.log_in()
        self.assertNotRegex(self.invoice_page(), rf'data-provider-id="{self.credit_provider.id}"')
        self.payment(60, credit_allocation_excluded=True)
        self.pay(60)
        page = self.invoice_page()
        self.assertRegex(page, rf'data-provider-id="{self.credit_provider.id}"')
        self.assertRegex(page, r"o_customer_credit_available(?s:.){0,200}100\.00")

    def test_the_payment_form_pays_the_whole_amount(self):
        invoice = self.invoice(80, self.contact)
        self.log_in()
        values = self.make_jsonrpc_request(
            f"/invoice/transaction/{invoice.id}",
            {
                "access_token": invoice._portal_ensure_token(),
                "provider_id": self.credit_provider.id,
                "payment_method_id": self.credit_method.id,
                "token_id": None,
                "amount": 80,
                "flow": "redirect",
                "tokenization_requested": False,
                "landing_route": invoice.get_portal_url(),
            },
        )
        form = values["redirect_form_html"]
        action = re.search(r'action="([^"]+)"', form)[1]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]+)"', form))
        response = self.url_open(action, data=fields)
        self.assertTrue(response.url.endswith("/payment/status"))
        self.env.invalidate_all()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertCredit(20)

    def test_nothing_is_offered_without_credit_or_without_the_provider(self):
        self.log_in(self.stranger_user)
        self.assertNotIn("o_customer_credit_offer", self.invoice_page(self.invoice(50, self.stranger)))
        self.log_in()
        self.credit_provider.state = "disabled"
        self.assertNotIn("o_customer_credit_offer", self.invoice_page())

    def test_what_cannot_be_settled_now_stays_reserved_and_is_settled_later(self):
        self.log_in()
        Transaction = type(self.env["payment.transaction"])
        with patch.object(Transaction, "_settle_customer_credit", side_effect=UserError("Not now.")):
            self.pay(60)
        tx = self.bill_to_pay.transaction_ids
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self.assertOpen(self.bill_to_pay, 150)
        self.assertCredit(40)
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        self.assertOpen(self.bill_to_pay, 90)
        self.assertCredit(40)
