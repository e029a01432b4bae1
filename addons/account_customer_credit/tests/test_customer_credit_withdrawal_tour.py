from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.account_credit_allocation.tests.patient_browser import PatientBrowser

from .customer_credit_withdrawal_common import WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawalTour(PatientBrowser, WithdrawalCase, AccountTestInvoicingHttpCommon):
    """Withdrawals in the back office, in a real browser."""

    def test_billing_user_requests(self):
        self.start_tour("/odoo/credit-withdrawals", "customer_credit_withdrawal_request", login="billing")
        withdrawal = self.Withdrawal.search([("partner_id", "=", self.customer.id)])
        self.assertEqual((withdrawal.amount, withdrawal.state, withdrawal.reason), (45, "requested", "Account closed"))
        self.assertAvailable(55)

    def test_approver_approves_and_pays(self):
        withdrawal = self.request(60)
        self.start_tour("/odoo/credit-withdrawals", "customer_credit_withdrawal_approve_and_pay", login="approver")
        self.env.invalidate_all()
        self.assertEqual((withdrawal.state, withdrawal.approved_by), ("done", self.approver))
        self.assertEqual(withdrawal.payment_id.memo, "Refund of deposit")
        self.assertTrue(self.open_items(withdrawal.payment_id).reconciled)

    def test_approver_refuses(self):
        withdrawal = self.request(60)
        self.start_tour(
            f"/odoo/credit-withdrawals/{withdrawal.id}", "customer_credit_withdrawal_refuse", login="approver"
        )
        self.env.invalidate_all()
        self.assertEqual((withdrawal.state, withdrawal.refusal_reason), ("refused", "Unpaid invoice"))
        self.assertAvailable(100)
