from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from ..common import AllocationCase
from ..patient_browser import PatientBrowser


@tagged("post_install", "-at_install")
class TestBulkActionTour(PatientBrowser, AllocationCase, AccountTestInvoicingHttpCommon):
    """What a billing user sees of the bulk action, in a real browser: from the invoice list to the document."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing_user = cls.new_billing_user()
        cls.paid_invoice = cls.invoice(100)
        cls.part_paid_invoice = cls.invoice(200)
        cls.open_invoice = cls.invoice(300)
        cls.payment(100)
        cls.credit_note(50)

    def test_billing_user_allocates_the_credits_of_two_selected_invoices(self):
        self.start_tour("/odoo/customer-invoices", "account_credit_allocation_bulk_action", login="billing")

        allocation = self.env["account.credit.allocation"].search([("company_id", "=", self.company.id)])
        self.assertEqual(allocation.mapped("origin"), ["bulk"], "one document, made by the action")
        self.assertEqual(allocation.user_id, self.billing_user)
        self.assertEqual(allocation.line_ids.debt_move_id, self.paid_invoice | self.part_paid_invoice)
        self.assertEqual(allocation.amount_total, 150)
        self.assertEqual(self.paid_invoice.amount_residual, 0)
        self.assertEqual(self.part_paid_invoice.amount_residual, 150)
        self.assertEqual(self.open_invoice.amount_residual, 300, "it was not selected")
