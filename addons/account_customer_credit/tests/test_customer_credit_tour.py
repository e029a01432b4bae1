from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.account_credit_allocation.tests.patient_browser import PatientBrowser

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditTour(PatientBrowser, CustomerCreditCase, AccountTestInvoicingHttpCommon):
    """A billing user adds credit and looks at the history, in a real browser."""

    def test_billing_user_adds_credit(self):
        billing_user = self.new_billing_user()
        self.start_tour(
            f"/odoo/action-account.res_partner_action_customer/{self.customer.id}",
            "customer_credit_add",
            login="billing",
        )
        payment = self.env["account.payment"].search([("memo", "=", "Prepaid for spring")])
        self.assertEqual((payment.amount, payment.create_uid), (120.5, billing_user))
        self.assertAvailable(120.5)
