from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from .customer_credit_withdrawal_common import APPROVE_GROUP, WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawalSecurity(WithdrawalCase):
    """Who may do what, and what nobody may."""

    def new_portal_user(self):
        contact = self.env["res.partner"].create({"name": "Clerk", "parent_id": self.customer.id})
        return new_test_user(self.env, login="clerk", groups="base.group_portal", partner_id=contact.id)

    def test_requester_cannot_approve(self):
        withdrawal = self.request(60, user=self.approver)
        self.assertFalse(withdrawal.can_approve)
        with self.assertRaisesRegex(UserError, "Somebody else must approve"):
            self.approve(withdrawal)
        second = self.new_user("second")
        self.approve(withdrawal, second)
        self.assertEqual(withdrawal.approved_by, second)

    def test_superuser_cannot_approve_an_own_request_either(self):
        withdrawal = self.request(60, user=self.env.ref("base.user_root"))
        with self.assertRaisesRegex(UserError, "Somebody else must approve"):
            withdrawal.sudo().action_approve()

    def test_who_gets_the_money_cannot_approve(self):
        self.approver.partner_id.parent_id = self.customer
        withdrawal = self.request(60)
        with self.assertRaisesRegex(UserError, "get the money"):
            self.approve(withdrawal)
        self.assertNotIn(self.approver, self.get_activities(withdrawal).user_id)

    def test_portal_user_asks_through_a_controller_only(self):
        clerk = self.new_portal_user()
        withdrawal = self.request(60, clerk.partner_id, user=clerk)
        self.assertEqual((withdrawal.sudo().requested_by, withdrawal.sudo().contact_id), (clerk, clerk.partner_id))
        for act in (
            lambda: withdrawal.read(["amount"]),
            withdrawal.action_approve,
            withdrawal.action_refuse,
            withdrawal.action_cancel,
            withdrawal.action_open_payment_dialog,
            withdrawal.action_reconcile,
            lambda: self.env["customer.credit.withdrawal.request"].with_user(clerk).create({}),
        ):
            with self.assertRaises(AccessError):
                act()
        withdrawal._cancel_by_customer()
        self.assertEqual(withdrawal.sudo().state, "cancelled")

    def test_billing_user_neither_approves_nor_refuses(self):
        withdrawal = self.request(60)
        for act in withdrawal.action_approve, withdrawal.action_refuse, withdrawal.action_open_refusal:
            with self.assertRaises(AccessError):
                act()

    def test_auditor_reads_only(self):
        auditor = self.new_user("auditor", "account.group_account_readonly")
        withdrawal = self.request(60)
        self.assertEqual(withdrawal.with_user(auditor).amount, 60)
        self.approve(withdrawal)
        for act in (
            withdrawal.with_user(auditor).action_open_payment_dialog,
            withdrawal.with_user(auditor).action_cancel,
            lambda: self.pay(withdrawal, auditor),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_employee_without_accounting_rights(self):
        employee = self.new_user("employee", "base.group_user")
        withdrawal = self.request(60)
        with self.assertRaises(AccessError):
            withdrawal.with_user(employee).read(["amount"])
        with self.assertRaises(AccessError):
            self.env["customer.credit.withdrawal.request"].with_user(employee).create(
                {"partner_id": self.customer.id, "amount": 1}
            )

    def test_user_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreigner = self.new_user("foreigner", company=company)
        withdrawal = self.request(60).with_user(foreigner)
        for act in withdrawal.action_approve, withdrawal.action_refuse, lambda: withdrawal.read(["amount"]):
            with self.assertRaises(AccessError):
                act()
        self.assertNotIn(foreigner, self.get_activities(withdrawal).user_id)
        with self.assertRaises(UserError):
            self.env["customer.credit.withdrawal.request"].with_user(foreigner).create(
                {
                    "partner_id": self.customer.id,
                    "amount": 1,
                    "company_id": self.company.id,
                    "currency_id": self.dollar.id,
                    "partner_bank_id": self.bank.id,
                }
            ).action_request()

    def test_nobody_writes_or_deletes_one(self):
        manager = self.new_user("manager", "account.group_account_manager,base.group_system")
        withdrawal = self.request(60)
        for user in self.billing, self.approver, manager:
            own = withdrawal.with_user(user)
            for act in (
                lambda own=own: own.write({"state": "approved"}),
                lambda own=own: own.write({"refusal_reason": "?"}),
                own.unlink,
                lambda own=own: own.create({"partner_id": self.customer.id, "amount": 5}),
                own.copy,
            ):
                with self.assertRaises(AccessError):
                    act()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            withdrawal.sudo().amount = 1000
        with self.assertRaisesRegex(UserError, "stay on record"):
            withdrawal.sudo().unlink()

    def test_private_methods_cannot_be_called_from_outside(self):
        withdrawal = self.request(60)
        for method, args in (
            ("_pay", [withdrawal.ids]),
            ("_cancel_by_customer", [withdrawal.ids]),
            ("_set_approved", [withdrawal.ids]),
            ("_request", []),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                call_kw(self.Withdrawal.with_user(self.approver), method, args, {})
        with self.assertRaises(AccessError):
            call_kw(self.env["res.partner"], "_request_credit_withdrawal", [self.customer.ids, 1], {})
        with self.assertRaises(AccessError):
            call_kw(self.env["customer.credit.mail"], "_queue", ["deposit", 1], {})

    def test_requester_cancels_but_nobody_else(self):
        withdrawal = self.request(60)
        with self.assertRaisesRegex(AccessError, "requested by somebody else"):
            withdrawal.with_user(self.approver).action_cancel()

    def test_dialog_of_somebody_else(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        dialog = (
            self.env["customer.credit.withdrawal.payment"]
            .with_user(self.billing)
            .create({"withdrawal_id": withdrawal.id})
        )
        with self.assertRaises(AccessError):
            dialog.with_user(self.approver).action_pay()

    def test_a_dialog_does_not_tell_of_the_withdrawal_of_another_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreigner = self.new_user("foreigner", company=company)
        withdrawal = self.request(60)
        Dialog = self.env["customer.credit.withdrawal.payment"].with_user(foreigner)
        fields = ("amount", "partner_id", "partner_bank_id", "currency_id", "company_id")
        method_line = self.bank_journal.outbound_payment_method_line_ids[:1]
        vals = {
            "withdrawal_id": withdrawal.id,
            "journal_id": self.bank_journal.id,
            "payment_method_line_id": method_line.id,
            "memo": "Mine",
        }
        self.env.flush_all()
        for field in fields:
            for ask in (
                lambda field=field: Dialog.create(vals).read([field]),
                lambda field=field: Dialog.onchange(vals, ["withdrawal_id"], {field: {}}),
            ):
                self.env.invalidate_all()
                with self.subTest(field=field), self.assertRaises(AccessError), self.env.cr.savepoint():
                    ask()

    def test_approver_with_that_group_and_reading_rights(self):
        reader = self.new_user("reader", f"account.group_account_readonly,{APPROVE_GROUP}")
        self.assertFalse(reader.has_group("account.group_account_invoice"))
        withdrawal = self.request(60)
        self.approve(withdrawal, reader)
        self.assertEqual(withdrawal.state, "approved")

    def test_archived_approver_gets_nothing(self):
        self.approver.write({"active": False, "group_ids": [Command.link(self.env.ref(APPROVE_GROUP).id)]})
        self.assertNotIn(self.approver, self.get_activities(self.request(60)).user_id)
