from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..exceptions import InsufficientCreditError
from .customer_credit_withdrawal_common import WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawal(WithdrawalCase):
    """A withdrawal from the request to the end."""

    def assertRestored(self, withdrawal, state):
        self.assertEqual(withdrawal.state, state)
        self.assertEqual(withdrawal.sudo().reservation_id.state, "released")
        self.assertAvailable(100)
        self.assertAlmostEqual(self.get_balance(), -100)

    def test_whole_flow_with_its_entries(self):
        withdrawal = self.request(60, reason="Account closed")
        self.assertRegex(withdrawal.name, r"^WD/\d{4}/00001$")
        self.assertEqual((withdrawal.state, withdrawal.requested_by), ("requested", self.billing))
        self.assertAvailable(40)
        reserving = withdrawal.sudo().reservation_id.move_id
        self.assertEqual(reserving.journal_id, self.company._get_customer_credit_journal())
        self.assertEntry(reserving, [(self.receivable, 60), (self.receivable, -60)])
        debit, credit = reserving.line_ids.sorted("id")
        self.assertEqual(debit.matched_credit_ids.credit_move_id, self.open_items(self.deposit))
        self.assertFalse(credit.reconciled)
        self.approve(withdrawal)
        self.assertEqual((withdrawal.state, withdrawal.approved_by), ("approved", self.approver))
        payment = self.pay(withdrawal)
        self.assertEqual((withdrawal.state, withdrawal.date_paid.date()), ("done", self.today()))
        outstanding = payment.outstanding_account_id
        self.assertTrue(outstanding)
        self.assertEntry(payment.move_id, [(outstanding, -60), (self.receivable, 60)])
        self.assertEqual(self.open_items(payment).matched_credit_ids.credit_move_id, credit)
        self.assertTrue(self.open_items(payment).reconciled and credit.reconciled and debit.reconciled)
        self.assertEqual(
            (payment.partner_bank_id, payment.memo, payment.move_id.state), (self.bank, withdrawal.name, "posted")
        )
        self.assertEqual(withdrawal.sudo().reservation_id.state, "settled")
        self.assertAvailable(40)
        self.assertAlmostEqual(self.get_balance(), -40)
        self.assertOpen(self.deposit, 40)

    def test_refusal_restores_the_credit(self):
        withdrawal = self.request(60)
        action = withdrawal.with_user(self.approver).action_open_refusal()
        dialog = (
            self.env["customer.credit.withdrawal.refusal"]
            .with_user(self.approver)
            .with_context(**action["context"])
            .create({"reason": "Unpaid"})
        )
        dialog.action_refuse()
        self.assertRestored(withdrawal, "refused")
        self.assertEqual(withdrawal.refusal_reason, "Unpaid")

    def test_refusal_after_the_approval(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        withdrawal.with_user(self.approver).action_refuse()
        self.assertRestored(withdrawal, "refused")

    def test_requester_cancels(self):
        withdrawal = self.request(60)
        withdrawal.action_cancel()
        self.assertRestored(withdrawal, "cancelled")

    def test_customer_cancels(self):
        withdrawal = self.request(60)
        self.approve(withdrawal)
        withdrawal._cancel_by_customer()
        self.assertRestored(withdrawal, "cancelled")

    def test_decided_withdrawals_stay_decided(self):
        paid, refused = self.request(10), self.request(20)
        self.approve(paid)
        self.pay(paid)
        refused.with_user(self.approver).action_refuse()
        for withdrawal in paid, refused:
            for act in (
                withdrawal.with_user(self.approver).action_approve,
                withdrawal.with_user(self.approver).action_refuse,
                withdrawal.action_cancel,
                withdrawal._cancel_by_customer,
            ):
                with self.assertRaisesRegex(UserError, "This cannot be done now. WD/"):
                    act()
        with self.assertRaisesRegex(UserError, "This cannot be done now. WD/.* is: Paid"):
            self.pay(paid)

    def test_amount_above_the_credit(self):
        with self.assertRaisesRegex(InsufficientCreditError, r"At most \$.100.00 can be withdrawn"):
            self.request(100.01)
        self.request(70)
        with self.assertRaises(InsufficientCreditError):
            self.request(40)
        self.assertFalse(self.Withdrawal.search([("amount", "=", 40)]))
        self.assertAvailable(30)

    def test_amount_that_is_nothing(self):
        for amount in 0, -5, 0.001:
            with self.subTest(amount=amount), self.assertRaisesRegex(UserError, "must be positive"):
                self.request(amount)

    def test_overdue_invoices_lower_it_where_the_company_says_so(self):
        self.invoice(30, due="2024-03-01")
        self.invoice(500, due="2099-01-01")
        self.company.customer_credit_overdue_lowers_withdrawal = True
        with self.assertRaisesRegex(InsufficientCreditError, r"At most \$.70.00"):
            self.request(71)
        self.assertEqual(self.request(70).amount, 70)

    def test_overdue_invoices_do_not_lower_it_otherwise(self):
        self.invoice(30, due="2024-03-01")
        self.assertEqual(self.request(100).amount, 100)

    def test_overdraft_cannot_be_withdrawn(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 1000})
        with self.assertRaises(InsufficientCreditError):
            self.request(101)
        self.request(100)
        with self.assertRaises(InsufficientCreditError):
            self.request(1)

    def test_excluded_deposit_can_be_withdrawn(self):
        self.deposit.credit_allocation_excluded = True
        self.assertEqual(self.request(100).state, "requested")

    def test_bank_account_of_a_contact(self):
        contact = self.env["res.partner"].create(
            {"name": "Owner", "parent_id": self.customer.id, "email": "owner@example.com"}
        )
        bank = self.new_bank("DE89370400440532013000", contact)
        withdrawal = self.request(60, contact, bank=bank)
        self.assertEqual((withdrawal.partner_id, withdrawal.contact_id), (self.customer, contact))
        self.approve(withdrawal)
        payment = self.pay(withdrawal)
        self.assertEqual((payment.partner_bank_id, payment.partner_id), (bank, self.customer))
        self.assertEqual(withdrawal.state, "done")

    def test_bank_account_of_somebody_else(self):
        elsewhere = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.customer.id, "company_id": self.branch().id}
        )
        for bank in (
            self.new_bank("DE89370400440532013000", self.stranger),
            self.new_bank("FR1420041010050500013M02606", elsewhere),
            self.new_bank("NL91ABNA0417164300", active=False),
            self.env["res.partner.bank"],
        ):
            with self.subTest(bank=bank), self.assertRaisesRegex(UserError, "bank account"):
                self.request(60, bank=bank)
        self.assertAvailable(100)

    def test_untrusted_bank_account_can_be_asked_for_but_not_approved(self):
        self.bank.allow_out_payment = False
        withdrawal = self.request(60)
        self.assertIn("not trusted yet", self.get_activities(withdrawal)[0].note)
        with self.assertRaisesRegex(UserError, "is not trusted"):
            self.approve(withdrawal)
        self.bank.allow_out_payment = True
        self.approve(withdrawal)
        self.bank.allow_out_payment = False
        with self.assertRaisesRegex(UserError, "is not trusted"):
            self.pay(withdrawal)
        self.assertEqual(withdrawal.state, "approved")
        self.assertFalse(withdrawal.payment_id)

    def test_bank_account_that_was_exchanged_after_the_request(self):
        self.bank.allow_out_payment = False
        withdrawal = self.request(60)
        self.bank.acc_number = "DE89370400440532013000"
        self.bank.allow_out_payment = True
        with self.assertRaisesRegex(UserError, "was changed after WD/"):
            self.approve(withdrawal)

    def test_numbers_of_companies_later_and_archived(self):
        later = self.env["res.company"].create({"name": "Later"})
        day = self.day("2031-05-01")
        code = "customer.credit.withdrawal"
        self.assertEqual(later._next_credit_allocation_number(day, code), "WD/2031/00001")
        self.assertEqual(later._next_credit_allocation_number(day, code), "WD/2031/00002")
        later.active = False
        self.env["ir.sequence"].search([("code", "=", code), ("company_id", "=", later.id)]).active = False
        self.assertEqual(later._next_credit_allocation_number(day, code), "WD/2031/00003")
        self.assertEqual(self.company._next_credit_allocation_number(day, code), "WD/2031/00001")

    def test_dialog_requests_once_however_often_it_is_clicked(self):
        dialog = (
            self.env["customer.credit.withdrawal.request"]
            .with_user(self.billing)
            .create({"partner_id": self.customer.id, "amount": 60, "reason": "Moving"})
        )
        self.assertEqual((dialog.amount_withdrawable, dialog.partner_bank_id), (100, self.bank))
        action = dialog.action_request()
        self.assertEqual(action["res_model"], "customer.credit.withdrawal")
        self.assertEqual(dialog.action_request()["res_id"], action["res_id"])
        withdrawal = self.Withdrawal.browse(action["res_id"])
        self.assertEqual((withdrawal.amount, withdrawal.reason), (60, "Moving"))
        self.assertAvailable(40)

    def test_foreign_currency(self):
        self.payment(80, currency_id=self.euro.id, day="2024-02-01")  # 40 dollars
        withdrawal = self.request(80, currency=self.euro)
        self.assertAvailable(0, self.euro)
        self.approve(withdrawal)
        payment = self.pay(withdrawal)  # 20 dollars now
        self.assertEqual((payment.currency_id, payment.amount, withdrawal.state), (self.euro, 80, "done"))
        self.assertTrue(self.open_items(payment).reconciled)
        self.assertAvailable(0, self.euro)
        self.assertAlmostEqual(self.get_balance(), -100, msg="the exchange difference is booked, not left")

    def test_credit_on_two_receivable_accounts(self):
        other = self.receivable.copy({"code": "RECV2"})
        self.entry(-50, account=other)
        self.assertAvailable(150)
        withdrawal = self.request(120)
        self.approve(withdrawal)
        payment = self.pay(withdrawal)
        self.assertEqual(
            sorted((line.account_id.code, line.balance) for line in self.open_items(payment)),
            sorted([(self.receivable.code, 70), ("RECV2", 50)]),
            "the older credit first",
        )
        self.assertTrue(all(self.open_items(payment).mapped("reconciled")))
        self.assertEqual(withdrawal.state, "done")
        self.assertAvailable(30)

    def test_activities_of_the_approvers_are_done_when_it_is_decided(self):
        second = self.new_user("second")
        withdrawal = self.request(60)
        activities = self.get_activities(withdrawal)
        self.assertIn(self.approver, activities.user_id)
        self.assertIn(second, activities.user_id)
        self.assertNotIn(self.billing, activities.user_id)
        self.assertEqual(activities.activity_type_id.name, "To approve")
        self.approve(withdrawal)
        self.assertFalse(self.get_activities(withdrawal))

    def test_requester_who_may_approve_gets_no_activity(self):
        withdrawal = self.request(60, user=self.approver)
        self.assertNotIn(self.approver, self.get_activities(withdrawal).user_id)

    def test_customer_of_a_company_with_a_commercial_parent(self):
        parent = self.env["res.partner"].create({"name": "Holding", "is_company": True, "email": "h@example.com"})
        child = self.env["res.partner"].create({"name": "Clerk", "parent_id": parent.id})
        self.payment(50, parent)
        bank = self.new_bank("DE89370400440532013000", parent)
        withdrawal = self.request(50, child, bank=bank)
        self.assertEqual(withdrawal.partner_id, parent)
        self.assertAvailable(0, partner=parent)

    def test_payment_method_without_an_account_of_its_own(self):
        lines = self.bank_journal.outbound_payment_method_line_ids
        lines.payment_account_id = False
        self.patch(self.env.registry["account.move"], "_get_invoice_in_payment_state", lambda move: "in_payment")
        withdrawal = self.request(60)
        self.approve(withdrawal)
        payment = self.pay(withdrawal)
        self.assertTrue(payment.move_id, "the amount would be held for ever without an entry")
        self.assertEqual(withdrawal.state, "done")

    def test_journal_without_outgoing_payments(self):
        journal = self.bank_journal.copy({"outbound_payment_method_line_ids": [Command.clear()]})
        journal.outbound_payment_method_line_ids.unlink()
        withdrawal = self.request(60)
        self.approve(withdrawal)
        with self.assertRaisesRegex(UserError, "no payment method for outgoing"):
            withdrawal._pay(journal, self.today())

    def test_whoever_requested_or_approved_may_be_deleted(self):
        withdrawal = self.new_paid_withdrawal()
        (self.billing | self.approver).unlink()
        self.assertFalse(withdrawal.sudo().requested_by or withdrawal.sudo().approved_by)
        self.assertEqual((withdrawal.sudo().state, withdrawal.sudo().contact_id), ("done", self.customer))

    def test_requests_that_wait_for_a_decision_are_limited(self):
        waiting = [self.request(1) for _count in range(10)]
        with self.assertRaisesRegex(UserError, "10 requests wait for a decision already"):
            self.request(1)
        self.approve(waiting[0])
        self.request(1)
        self.assertAvailable(89)
