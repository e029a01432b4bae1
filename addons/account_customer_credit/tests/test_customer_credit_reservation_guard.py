from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditReservationGuard(CustomerCreditCase):
    """What is reserved is released by its reservation, and by nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payment(100)
        cls.other_receivable = cls.receivable.copy({"code": "121999", "name": "Other receivable"})

    def invoice_on_other_account(self, amount):
        invoice = self.invoice(amount, post=False)
        invoice.line_ids.filtered(lambda line: line.account_id == self.receivable).account_id = self.other_receivable
        invoice.action_post()
        return invoice

    def test_mark_is_not_taken_off_by_who_may_edit_journal_items(self):
        reservation = self.reserve(60)
        billing = self.new_billing_user()
        line = reservation.line_ids.with_user(billing).sudo(False)
        with self.assertRaisesRegex(AccessError, "released by its reservation only"):
            line.credit_reservation_id = False
        self.assertAvailable(40)

    def test_mark_is_not_set_by_who_may_make_journal_items(self):
        reservation = self.reserve(60)
        free = self.open_items(self.payment(10)).with_user(self.new_billing_user())
        with self.assertRaisesRegex(AccessError, "released by its reservation only"):
            free.credit_reservation_id = reservation.id
        self.assertAvailable(50)

    def test_mark_is_not_set_by_a_default_of_the_context(self):
        reservation = self.reserve(60)
        entry = self.entry(-10, post=False)
        Line = self.env["account.move.line"].with_user(self.new_billing_user())
        with self.assertRaisesRegex(AccessError, "released by its reservation only"):
            Line.with_context(default_credit_reservation_id=reservation.id).create(
                [{"move_id": entry.id, "account_id": self.receivable.id, "balance": 0, "name": "Mine"}]
            )

    def test_entry_that_moved_the_credit_to_another_account_is_not_taken_back(self):
        reservation = self.reserve(60)
        reservation._credit_settle(self.invoice_on_other_account(40))
        moving = reservation.line_ids.move_id - reservation.move_id
        for take_back in (moving.button_draft, moving.button_cancel, moving._reverse_moves):
            with self.assertRaisesRegex(UserError, "Release the reservation instead"):
                take_back()
        self.assertEqual((reservation.amount_held, reservation.amount_settled), (20, 40))

    def test_part_that_cannot_be_released_is_refused(self):
        reservation = self.reserve(60)
        invoice = self.invoice_on_other_account(40)
        reservation._credit_settle(invoice)
        invoice.line_ids.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "can only be released as a whole"):
            reservation._credit_release(30)
        self.assertAvailable(40)
        self.assertEqual(reservation._credit_release(), 60)
        self.assertAvailable(100)
        self.assertEqual((reservation.state, reservation.amount_released), ("released", 60))

    def test_what_is_spent_on_another_account_stays_spent_when_the_rest_is_released(self):
        reservation = self.reserve(60)
        invoice, other = self.invoice_on_other_account(30), self.invoice_on_other_account(10)
        reservation._credit_settle(invoice + other)
        other.line_ids.remove_move_reconcile()
        reservation._credit_release()
        self.assertAvailable(70)
        self.assertEqual(
            (reservation.state, reservation.amount_settled, reservation.amount_released), ("settled", 30, 30)
        )
