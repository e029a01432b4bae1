from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.patient_browser import PatientBrowser

from .common import CreditPortalCase


@tagged("post_install", "-at_install", "is_tour")
class TestTours(PatientBrowser, CreditPortalCase):
    """The customer's ways through the portal, in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"customer_credit_topup": True, "customer_credit_portal_withdrawal": True})
        for provider in cls.env["payment.provider"].sudo().search([("company_id", "=", cls.company.id)]):
            provider.state = "enabled" if provider.code == "customer_credit" else "disabled"
        cls.demo = cls.provider("demo", state="test", is_published=True)

    def test_top_up_with_the_demo_provider(self):
        self.start_tour("/my/home", "customer_credit_portal_topup", login=self.portal_user.login)
        self.env.invalidate_all()
        tx = (
            self.env["payment.transaction"]
            .sudo()
            .search([("is_customer_credit_topup", "=", True), ("company_id", "=", self.company.id)])
        )
        self.assertRecordValues(tx, [{"amount": 50.0, "state": "done", "is_post_processed": True}])
        self.assertCredit(150)

    def test_pay_an_invoice_partly_with_credit_and_the_rest_by_card(self):
        invoice = self.invoice(150, self.contact)
        self.start_tour(invoice.get_portal_url(), "customer_credit_portal_invoice", login=self.portal_user.login)
        self.env.invalidate_all()
        self.assertOpen(invoice, 0)
        self.assertEqual(
            invoice.transaction_ids.sorted("id").mapped(lambda tx: (tx.provider_code, tx.amount, tx.state)),
            [("customer_credit", 60.0, "done"), ("demo", 90.0, "done")],
        )
        self.assertCredit(40)

    def test_pay_a_whole_invoice_with_credit_in_the_payment_form(self):
        invoice = self.invoice(80, self.contact)
        self.start_tour(invoice.get_portal_url(), "customer_credit_portal_invoice_whole", login=self.portal_user.login)
        self.env.invalidate_all()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertCredit(20)

    def test_request_a_withdrawal_and_take_it_back(self):
        self.start_tour("/my/credit", "customer_credit_portal_withdrawal", login=self.portal_user.login)
        self.env.invalidate_all()
        withdrawals = self.env["customer.credit.withdrawal"].sudo().search([("partner_id", "=", self.customer.id)])
        self.assertEqual(sorted(withdrawals.mapped("state")), ["cancelled", "requested"])
        self.assertCredit(75)
