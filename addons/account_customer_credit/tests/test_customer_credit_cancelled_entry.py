from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import press

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditCancelledEntry(CustomerCreditCase):
    """The entry of a reservation stays posted; where some program took it back all the same, there is a way out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account_customer_credit.customer_credit_group_release")
        cls.deposit = cls.payment(100)

    def take_back(self, reservation, state):
        """As Odoo itself takes an entry back, without this addon."""
        move = reservation.sudo().move_id
        move.line_ids.remove_move_reconcile()
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move SET state = %s WHERE id = %s", (state, move.id))
        self.env.cr.execute("UPDATE account_move_line SET parent_state = %s WHERE move_id = %s", (state, move.id))
        self.env.invalidate_all()
        return move

    def test_its_state_cannot_be_written(self):
        move = self.reserve(60).sudo().move_id
        for state in ("draft", "cancel"):
            with self.assertRaisesRegex(UserError, "Release the reservation instead"):
                move.state = state
        self.assertEqual(move.state, "posted")

    def test_it_is_released_all_the_same(self):
        for state in ("draft", "cancel"):
            with self.subTest(state):
                reservation = self.reserve(60)
                move = self.take_back(reservation, state)
                press(reservation.sudo(False), "action_release")
                self.assertEqual((reservation.amount_held, reservation.amount_released), (0, 60))
                self.assertEqual(reservation.state, "released")
                self.assertEqual((move.state, move.line_ids.mapped("reconciled")), ("posted", [True, True]))
                self.assertAvailable(100)

    def test_it_is_released_though_its_period_was_closed(self):
        reservation = self.reserve(60)
        self.take_back(reservation, "cancel")
        self.company.fiscalyear_lock_date = reservation.sudo().move_id.date
        press(reservation.sudo(False), "action_release")
        self.assertEqual(reservation.state, "released")
        self.assertAvailable(100)

    def test_a_part_that_was_spent_stays_spent(self):
        reservation = self.reserve(60)
        invoice = self.invoice(40)
        reservation._credit_settle(invoice)
        move = reservation.sudo().move_id
        self.env.cr.execute("UPDATE account_move SET state = 'cancel' WHERE id = %s", (move.id,))
        self.env.cr.execute("UPDATE account_move_line SET parent_state = 'cancel' WHERE move_id = %s", (move.id,))
        self.env.invalidate_all()
        press(reservation.sudo(False), "action_release")
        self.assertEqual((reservation.amount_settled, reservation.amount_released), (40, 20))
        self.assertOpen(invoice, 0)
        self.assertAvailable(60)

    def test_nothing_is_paid_with_it_and_the_sentence_says_why(self):
        reservation = self.reserve(60)
        move = self.take_back(reservation, "cancel")
        invoice = self.invoice(40)
        with self.assertRaisesRegex(UserError, f"{move.name} is not posted.* release"):
            reservation._credit_settle(invoice)
        self.assertOpen(invoice, 40)
