from odoo.exceptions import UserError
from odoo.tests import tagged

from .customer_credit_withdrawal_common import WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawalTakenBack(WithdrawalCase):
    """What becomes of a withdrawal when Odoo takes its payment, or the reconciliation, back."""

    def setUp(self):
        super().setUp()
        self.withdrawal = self.new_paid_withdrawal(60)
        self.payment_made = self.withdrawal.payment_id
        self.reservation = self.withdrawal.sudo().reservation_id

    def assertApprovedAgain(self):
        self.assertEqual((self.withdrawal.state, self.withdrawal.date_paid), ("approved", False))
        self.assertAvailable(40)

    def assertHeldAgain(self):
        self.assertApprovedAgain()
        self.assertEqual((self.reservation.state, self.reservation.amount_held), ("held", 60))

    def assertPaid(self):
        self.assertEqual(self.withdrawal.state, "done")
        self.assertEqual(self.reservation.state, "settled")
        self.assertAvailable(40)
        self.assertAlmostEqual(self.get_balance(), -40)

    def test_payment_that_is_reset_and_confirmed_again(self):
        self.payment_made.action_draft()
        self.assertApprovedAgain()
        self.assertEqual(self.withdrawal.payment_id, self.payment_made)
        with self.assertRaisesRegex(UserError, "exists already. Confirm it, or cancel it first"):
            self.pay(self.withdrawal)
        with self.assertRaisesRegex(UserError, "exists already"):
            self.withdrawal.with_user(self.approver).action_refuse()
        self.payment_made.action_post()
        self.assertPaid()

    def test_payment_that_is_cancelled_makes_room_for_another(self):
        self.payment_made.action_draft()
        self.payment_made.action_cancel()
        self.assertHeldAgain()
        second = self.pay(self.withdrawal)
        self.assertNotEqual(second, self.payment_made)
        self.assertPaid()

    def test_payment_that_is_cancelled_at_once(self):
        self.payment_made.action_cancel()
        self.assertHeldAgain()
        self.withdrawal.with_user(self.approver).action_refuse("No")
        self.assertAvailable(100)

    def test_payment_that_the_bank_rejects(self):
        self.payment_made.is_sent = True
        self.payment_made.action_reject()
        self.assertApprovedAgain()
        with self.assertRaisesRegex(UserError, "exists already"):
            self.pay(self.withdrawal)
        with self.assertRaisesRegex(UserError, "exists already"):
            self.withdrawal.with_user(self.approver).action_refuse()
        self.payment_made.action_draft()
        self.payment_made.action_post()
        self.assertPaid()

    def test_rejected_payment_makes_room_for_another_when_it_is_cancelled(self):
        self.payment_made.action_reject()
        self.payment_made.action_draft()
        self.payment_made.action_cancel()
        self.assertHeldAgain()
        self.pay(self.withdrawal)
        self.assertPaid()

    def test_payment_that_was_not_rejected_after_all(self):
        self.payment_made.action_reject()
        self.payment_made.state = "paid"
        self.assertPaid()

    def test_payment_that_is_deleted(self):
        self.payment_made.action_draft()
        self.payment_made.unlink()
        self.assertHeldAgain()
        self.pay(self.withdrawal)
        self.assertPaid()

    def test_entry_that_is_reset_instead_of_the_payment(self):
        self.payment_made.move_id.button_draft()
        self.assertApprovedAgain()
        with self.assertRaisesRegex(UserError, "exists already"):
            self.withdrawal.action_open_payment_dialog()
        self.payment_made.move_id.action_post()
        self.assertFalse(self.withdrawal.action_open_payment_dialog(), "it needs no other payment")
        self.assertPaid()

    def test_payment_whose_date_was_changed_before_it_is_confirmed_again(self):
        self.payment_made.action_draft()
        self.payment_made.write({"date": "2026-02-01", "memo": "Another day"})
        self.payment_made.action_post()
        self.assertPaid()

    def test_payment_that_was_changed_before_it_is_confirmed_again(self):
        self.payment_made.action_draft()
        self.payment_made.amount = 99
        with self.assertRaisesRegex(UserError, r"must send \$.60.00 to BE71096123456769, as approved"):
            self.payment_made.action_post()

    def test_payment_on_its_way_can_be_sent_to_nobody_else(self):
        """Odoo's forms do not let one change a posted payment, but its interface for programs does."""
        payment = self.payment_made.with_user(self.billing)
        elsewhere = self.new_bank("EVIL", trusted=False)
        for vals in {"partner_bank_id": elsewhere.id}, {"amount": 90}, {"partner_id": self.stranger.id}:
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "as approved"), self.env.cr.savepoint():
                payment.write(vals)
        payment.memo = "A note is no harm"
        self.assertEqual((payment.partner_bank_id, payment.amount), (self.bank, 60))

    def test_bank_account_that_was_changed_before_it_is_confirmed_again(self):
        other = self.new_bank("DE89370400440532013000")
        self.payment_made.action_draft()
        self.payment_made.partner_bank_id = other
        with self.assertRaisesRegex(UserError, "as approved"):
            self.payment_made.action_post()

    def test_reconciliation_that_is_undone_can_be_done_again(self):
        self.open_items(self.payment_made).remove_move_reconcile()
        self.assertTrue(self.withdrawal.is_unreconciled)
        self.assertEqual(self.withdrawal.state, "done")
        with self.assertRaisesRegex(UserError, "This cannot be done now"):
            self.pay(self.withdrawal)
        self.withdrawal.action_reconcile()
        self.assertFalse(self.withdrawal.is_unreconciled)
        self.assertPaid()

    def test_customer_is_told_once_that_it_was_paid(self):
        self.payment_made.action_draft()
        self.payment_made.action_post()
        paid = self.get_mails(self.withdrawal).filtered(lambda mail: "withdrawal paid" in mail.subject)
        self.assertEqual(len(paid), 1)

    def test_release_button_of_its_reservation(self):
        waiting = self.request(10)
        with self.assertRaisesRegex(UserError, "waits for WD/"):
            waiting.sudo().reservation_id.with_user(
                self.new_user("m", "account.group_account_manager")
            ).action_release()

    def test_refusal_after_a_payment_from_two_receivable_accounts_was_cancelled(self):
        other = self.receivable.copy({"code": "RECV2"})
        self.entry(-50, account=other)
        withdrawal = self.request(80)
        self.approve(withdrawal)
        payment = self.pay(withdrawal)
        self.assertEqual(len(self.open_items(payment).account_id), 2)
        self.assertAvailable(10)
        payment.action_cancel()
        withdrawal.with_user(self.approver).action_refuse()
        self.assertAvailable(90)
