from odoo.addons.account_credit_allocation.tests.press.pressed_ledger import KINDS_OF_USERS, PressingUsers

from .customer_credit_withdrawal_common import WithdrawalCase

KINDS_OF_CREDIT_USERS = {
    **KINDS_OF_USERS,
    "credit clerk": "account_customer_credit.customer_credit_group_deposit,"
    "account_customer_credit.customer_credit_group_adjust,account_customer_credit.customer_credit_group_transfer,"
    "account_customer_credit.customer_credit_group_release,account_customer_credit.customer_credit_group_approve",
}


class PressedCredit(PressingUsers, WithdrawalCase):
    """A customer's credit: received, reserved, released; withdrawals in every state."""

    kinds_of_users = KINDS_OF_CREDIT_USERS

    def make_credit(self):
        """One customer with all of it, which the movements are opened from and the dialogs are about."""
        partner, order = self.env["res.partner"].create(
            [{"name": "With Credit", "email": "credit@example.com"}, {"name": "Order"}]
        )
        self.press_context = {"customer_credit_partner_id": partner.id, "customer_credit_partner_ids": partner.ids}
        bank = self.new_bank("BE68539007547034", partner)
        self.press_preferred = {"res.partner": partner}
        self.payment(1000, partner)
        self.payment(40, partner, currency_id=self.euro.id)
        self.reserve(10, origin=order, partner=partner)
        self.reserve(11, origin=order, partner=partner).action_release()
        for amount in (20, 21, 22, 23, 24, 25):
            self.request(amount, partner, bank=bank, user=self.users["billing"])
        withdrawals = self.Withdrawal.search([("partner_id", "=", partner.id)], order="id")
        _asked, approved, paid, refused, cancelled, taken_back = withdrawals
        for withdrawal in approved + paid + taken_back:
            self.approve(withdrawal)
        self.pay(paid)
        self.open_items(self.pay(taken_back)).remove_move_reconcile()
        refused.with_user(self.approver).action_refuse("No")
        cancelled.with_user(self.users["billing"]).action_cancel()
        self.env.flush_all()
        # the movements of a ledger that the database has no statistics of take seconds
        self.env.cr.execute("ANALYZE account_move_line, account_partial_reconcile")
