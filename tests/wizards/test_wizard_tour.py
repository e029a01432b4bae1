from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from ..common import AllocationCase
from ..patient_browser import PatientBrowser


@tagged("post_install", "-at_install")
class TestWizardTour(PatientBrowser, AllocationCase, AccountTestInvoicingHttpCommon):
    """What a billing user sees and types in the wizard, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing_user = cls.new_billing_user()

    def test_billing_user_types_what_is_allocated_to_an_invoice(self):
        invoice = self.invoice(1000)
        early, named = self.payment(50, day="2024-02-01"), self.payment(300, memo=invoice.name)
        excluded = self.payment(400)
        excluded.credit_allocation_excluded = True
        self.start_tour(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            "account_credit_allocation_wizard_invoice",
            login="billing",
        )
        self.assertAllocated(invoice, early, 12.34, "manual")
        self.assertAllocated(invoice, named, 300, "reference")
        line = self.assertAllocated(invoice, excluded, 400, "manual")
        self.assertEqual(line.allocation_id.user_id, self.billing_user)

    def test_billing_user_types_what_a_payment_pays(self):
        first, second = self.invoice(500, due="2024-03-31"), self.invoice(700, due="2024-04-30")
        payment = self.payment(300)
        self.start_tour(
            f"/odoo/action-account.action_account_payments/{payment.id}",
            "account_credit_allocation_wizard_payment",
            login="billing",
        )
        self.assertAllocated(first, payment, 120, "manual")
        self.assertAllocated(second, payment, 180, "manual")
