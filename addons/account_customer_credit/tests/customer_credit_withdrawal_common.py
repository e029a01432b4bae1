from odoo import fields
from odoo.tests import new_test_user

from .customer_credit_common import CustomerCreditCase

APPROVE_GROUP = "account_customer_credit.customer_credit_group_approve"


class WithdrawalCase(CustomerCreditCase):
    """A customer with 100 of credit and a trusted bank account; somebody who asks, and somebody who approves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_allocation_receivable = False
        cls.env.user.group_ids += cls.env.ref("account.group_validate_bank_account")
        cls.billing = cls.new_billing_user()
        cls.approver = cls.new_user("approver")
        cls.customer.email = "azure@example.com"
        cls.bank = cls.new_bank("BE71096123456769")
        cls.deposit = cls.payment(100)
        cls.Withdrawal = cls.env["customer.credit.withdrawal"]

    @classmethod
    def new_user(cls, login, groups=f"account.group_account_invoice,{APPROVE_GROUP}", company=None):
        company = company or cls.company
        return new_test_user(cls.env, login=login, groups=groups, company_id=company.id, company_ids=company.ids)

    @classmethod
    def new_bank(cls, number, partner=None, trusted=True, **vals):
        return cls.env["res.partner.bank"].create(
            {"acc_number": number, "partner_id": (partner or cls.customer).id, "allow_out_payment": trusted, **vals}
        )

    def request(self, amount=60, partner=None, user=None, **vals):
        """A withdrawal requested by the billing user, as that user sees it."""
        partner = (partner or self.customer).with_user(user or self.billing)
        arguments = {"currency": self.dollar, "bank": self.bank, "company": self.company, **vals}
        return partner._request_credit_withdrawal(amount, **arguments).with_user(user or self.billing)

    def approve(self, withdrawal, user=None):
        withdrawal.with_user(user or self.approver).action_approve()

    def pay(self, withdrawal, user=None, **vals):
        """Pay by the dialog, as a billing user does."""
        dialog = (
            self.env["customer.credit.withdrawal.payment"]
            .with_user(user or self.billing)
            .create({"withdrawal_id": withdrawal.id, **vals})
        )
        dialog.action_pay()
        return withdrawal.sudo().payment_id

    def new_paid_withdrawal(self, amount=60):
        withdrawal = self.request(amount)
        self.approve(withdrawal)
        self.pay(withdrawal)
        return withdrawal

    def get_activities(self, withdrawal):
        return self.env["mail.activity"].search(
            [("res_model", "=", "customer.credit.withdrawal"), ("res_id", "=", withdrawal.id)]
        )

    def get_mails(self, record):
        """E-mails of templates; approvers get others about their activities."""
        domain = [("model", "=", record._name), ("res_id", "=", record.id), ("message_type", "=", "email_outgoing")]
        return self.env["mail.mail"].search(domain, order="id")

    def today(self):
        return fields.Date.context_today(self.company)
