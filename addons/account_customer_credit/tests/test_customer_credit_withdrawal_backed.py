from odoo.exceptions import UserError
from odoo.tests import tagged

from .customer_credit_withdrawal_common import WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawalBacked(WithdrawalCase):
    """No money goes out for a credit whose own money was taken back after it was reserved."""

    def take_deposit_back(self):
        self.deposit.action_draft()
        self.deposit.action_cancel()

    def assertNotThere(self, decide, amount="60.00"):
        with self.assertRaisesRegex(UserError, f"{amount} .*is not there any more"):
            decide()

    def test_withdrawal_of_a_payment_that_was_cancelled_is_not_approved(self):
        withdrawal = self.request(60)
        self.take_deposit_back()
        self.assertAvailable(-60)
        self.assertNotThere(lambda: self.approve(withdrawal))
        withdrawal.with_user(self.approver).action_refuse("Your cheque bounced")
        self.assertAvailable(0)

    def test_withdrawal_of_a_payment_that_was_cancelled_is_not_paid(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        self.take_deposit_back()
        self.assertNotThere(lambda: self.pay(withdrawal))
        self.assertFalse(withdrawal.sudo().payment_id)

    def test_withdrawal_of_a_payment_in_draft_is_not_paid(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        self.deposit.action_draft()
        self.assertNotThere(lambda: self.pay(withdrawal))
        self.deposit.action_post()
        self.pay(withdrawal)
        self.assertEqual(withdrawal.state, "done")

    def test_payment_that_was_reset_is_not_confirmed_again_without_the_money(self):
        withdrawal = self.new_paid_withdrawal(60)
        withdrawal.payment_id.action_draft()
        self.take_deposit_back()
        self.assertNotThere(lambda: withdrawal.payment_id.action_post())

    def test_what_the_customer_paid_in_since_is_used(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        self.take_deposit_back()
        self.payment(50)
        self.assertNotThere(lambda: self.pay(withdrawal), "10.00")
        self.payment(50)
        self.pay(withdrawal)
        self.assertEqual(withdrawal.state, "done")
        self.assertAvailable(40)

    def test_who_has_overdrawn_since_gets_nothing(self):
        self.company.customer_credit_overdraft = "limit"
        self.company.customer_credit_overdraft_limit = 50
        withdrawal = self.request(60)
        self.reserve(70)
        self.assertAvailable(-30)
        self.assertNotThere(lambda: self.approve(withdrawal), "30.00")
        self.payment(30)
        self.approve(withdrawal)
        self.pay(withdrawal)
        self.assertEqual(withdrawal.state, "done")

    def test_who_got_the_money_back_otherwise_gets_nothing(self):
        withdrawal = self.request(100)
        self.approve(withdrawal)
        self.payment(100, payment_type="outbound")  # as the bank of the customer reclaims it
        self.assertAvailable(-100)
        self.assertNotThere(lambda: self.pay(withdrawal), "100.00")

    def test_contact_that_got_another_company_is_paid_all_the_same(self):
        person = self.env["res.partner"].create({"name": "Person"})
        self.payment(100, partner=person)
        withdrawal = self.request(60, person, bank=self.new_bank("NL91ABNA0417164300", person))
        person.parent_id = self.stranger
        self.approve(withdrawal)
        self.pay(withdrawal)
        self.assertEqual(withdrawal.state, "done")
