from odoo.exceptions import UserError
from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditRelease(CustomerCreditCase):
    """Of what was reserved, the credits that were taken last come back first; the others are not touched."""

    def get_taken(self, reservation):
        """``{payment: amount}``, what the entry has taken of each."""
        partials = reservation._get_debit_lines().matched_credit_ids - reservation._get_netting_partials()
        return {partial.credit_move_id.move_id.origin_payment_id: partial.debit_amount_currency for partial in partials}

    def get_lines(self, reservation, state):
        return self.env["account.credit.allocation.line"].search(
            [("debt_move_id", "=", reservation.move_id.id), ("state", "=", state)], order="id"
        )

    def test_a_part_is_released_and_the_rest_of_its_credit_taken_again(self):
        first, second = self.payment(100, day="2024-03-01"), self.payment(50, day="2024-03-02")
        reservation = self.reserve(150)
        self.assertEqual(reservation._credit_release(70), 70)
        self.assertEqual(self.get_taken(reservation), {first: 80})
        self.assertOpen(first, 20)
        self.assertOpen(second, 50)
        self.assertAvailable(70)
        self.assertEqual((reservation.amount_held, reservation.amount_released), (80, 70))
        undone, done = self.get_lines(reservation, "undone"), self.get_lines(reservation, "done")
        self.assertEqual(sorted(undone.mapped("amount")), [50, 100])
        self.assertEqual(sorted(done.mapped("amount")), [70, 80])
        self.assertEqual(len(done.allocation_id), 1, "both are recorded by one document")

    def test_credits_that_stay_taken_are_not_touched(self):
        first, second = self.payment(100, day="2024-03-01"), self.payment(50, day="2024-03-02")
        reservation = self.reserve(150)
        [kept] = self.get_lines(reservation, "done").filtered(lambda line: line.amount == 100)
        reservation._credit_release(30)
        self.assertEqual(self.get_taken(reservation), {first: 100, second: 20})
        self.assertEqual(kept.state, "done")
        self.assertTrue(kept.partial_id.exists())

    def test_an_older_credit_that_was_reset_to_draft_does_not_stand_in_the_way(self):
        first, second = self.payment(100, day="2024-03-01"), self.payment(50, day="2024-03-02")
        reservation = self.reserve(150)
        first.action_draft()  # Odoo keeps it reconciled, but it could not be reconciled again
        self.assertEqual(reservation._credit_release(50), 50)
        self.assertEqual(self.get_taken(reservation), {first: 100})
        self.assertOpen(second, 50)

    def test_a_credit_that_was_reset_to_draft_cannot_be_taken_again_in_part(self):
        payment = self.payment(100)
        reservation = self.reserve(100)
        payment.action_draft()
        with self.assertRaisesRegex(UserError, "open any more"), self.env.cr.savepoint():
            reservation._credit_release(30)
        self.assertEqual(self.get_taken(reservation), {payment: 100})
        self.assertEqual(reservation._credit_release(), 100)

    def test_parts_on_two_accounts_are_released_together(self):
        other_account = self.receivable.copy()
        self.payment(100, day="2024-03-01")
        self.entry(-50, account=other_account, day="2024-03-02")
        reservation = self.reserve(150)
        reservation._credit_release(70)
        self.assertEqual(
            {line.account_id: line.amount_residual for line in reservation.line_ids},
            {self.receivable: -80, other_account: 0},
        )
        self.assertAvailable(70)

    def test_taxes_on_the_cash_basis_are_reversed_only_where_the_credit_comes_back(self):
        self.company.tax_exigibility = True
        transition = self.company_data["default_account_revenue"].copy({"reconcile": True})
        tax = self.env["account.tax"].create(
            {
                "name": "On payment",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": transition.id,
            }
        )
        for day in ("2024-01-01", "2024-01-02"):
            credit_note = self.credit_note(100, day=day, post=False)
            credit_note.invoice_line_ids.tax_ids = tax
            credit_note.action_post()
        reservation = self.reserve(220)
        entries = self.env["account.move"].search_count([("tax_cash_basis_rec_id", "!=", False)])
        reservation._credit_release(110)
        reversals = self.env["account.move"].search(
            [("tax_cash_basis_origin_move_id", "!=", False), ("reversed_entry_id", "!=", False)]
        )
        self.assertEqual(len(reversals), 1)
        self.assertEqual(self.env["account.move"].search_count([("tax_cash_basis_rec_id", "!=", False)]), entries - 1)
