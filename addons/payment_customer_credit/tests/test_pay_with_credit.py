from odoo import Command
from odoo.tests import tagged

from .common import CreditPaymentCase


@tagged("post_install", "-at_install")
class TestPayWithCredit(CreditPaymentCase):
    """A transaction of the provider *customer credit*: confirmed → reserved → done → settled."""

    def test_a_confirmed_payment_settles_its_invoice_without_any_account_payment(self):
        invoice = self.invoice(80)
        payments = self.env["account.payment"].search_count([])
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(tx.state, "done")
        self.assertEqual(invoice.payment_state, "paid")
        self.assertCredit(20)
        self.assertEqual(self.env["account.payment"].search_count([]), payments)
        self.assertFalse(tx.payment_id)
        self.assertRecordValues(
            self.reservations(tx), [{"amount": 80.0, "amount_settled": 80.0, "amount_held": 0.0, "state": "settled"}]
        )

    def test_the_entries_of_a_payment_with_credit(self):
        invoice = self.invoice(80)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        entry = self.reservations(tx).move_id
        debit, credit = entry.line_ids.sorted("balance", reverse=True)
        self.assertRecordValues(
            debit + credit,
            [
                {"account_id": self.receivable.id, "partner_id": self.customer.id, "balance": 80.0, "reconciled": True},
                {
                    "account_id": self.receivable.id,
                    "partner_id": self.customer.id,
                    "balance": -80.0,
                    "reconciled": True,
                },
            ],
        )
        self.assertEqual(debit.matched_credit_ids.credit_move_id, self.open_items(self.deposit))
        self.assertEqual(credit.matched_debit_ids.debit_move_id, self.open_items(invoice))

    def test_a_part_leaves_the_rest_due(self):
        invoice = self.invoice(150)
        self.pay_with_credit(self.transaction(60, [invoice]))
        self.assertOpen(invoice, 90)
        self.assertEqual(invoice.payment_state, "partial")
        self.assertCredit(40)

    def test_one_payment_pays_several_invoices(self):
        invoices = self.invoice(30) + self.invoice(40)
        self.pay_with_credit(self.transaction(70, invoices))
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertCredit(30)
        allocations = self.env["account.credit.allocation.line"].search([("debt_move_id", "in", invoices.ids)])
        self.assertEqual((len(allocations), len(allocations.allocation_id)), (2, 1), "told in one document")

    def test_a_draft_holds_nothing(self):
        tx = self.transaction(80, [self.invoice(80)])
        self.assertFalse(self.reservations(tx))
        self.assertCredit(100)

    def test_without_enough_credit_nothing_is_reserved_and_the_customer_is_told(self):
        invoice = self.invoice(500)
        tx = self.transaction(100.01, [invoice])
        tx._process("customer_credit", {"reference": tx.reference})
        self.assertEqual(tx.state, "error")
        self.assertEqual(tx.state_message, "Your credit of $\N{NO-BREAK SPACE}100.00 does not cover this payment.")
        self.assertFalse(self.reservations(tx))
        self.assertOpen(invoice, 500)
        self.assertCredit(100)

    def test_no_more_than_is_due_can_be_paid(self):
        tx = self.transaction(80.01, [self.invoice(80)])
        tx._process("customer_credit", {"reference": tx.reference})
        self.assertEqual(tx.state, "error")
        self.assertIn("Only $\N{NO-BREAK SPACE}80.00 is still to be paid", tx.state_message)
        self.assertCredit(100)

    def test_what_was_paid_meanwhile_is_not_paid_again(self):
        invoice = self.invoice(80)
        first, second = self.transaction(80, [invoice]), self.transaction(80, [invoice])
        self.pay_with_credit(first)
        self.pay_with_credit(second)
        self.assertEqual((first.state, second.state), ("done", "error"))
        self.assertCredit(20)

    def test_the_invoice_of_somebody_else_cannot_be_paid(self):
        invoice = self.invoice(80, self.stranger)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(tx.state, "error")
        self.assertOpen(invoice, 80)
        self.assertCredit(100)

    def test_the_invoice_of_a_company_that_became_a_contact_is_paid(self):
        """Odoo's invoice names the customer as it was; whose debt it is, its journal items say."""
        part = self.env["res.partner"].create({"name": "Part", "is_company": True, "parent_id": self.customer.id})
        invoice = self.invoice(80, part)
        part.is_company = False
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(tx.state, "done")
        self.assertOpen(invoice, 0)
        self.assertCredit(20)

    def test_the_invoice_of_another_company_cannot_be_paid(self):
        other = self.setup_other_company(name="Other company")["company"]
        invoice = self.invoice(80, company=other, currency_id=other.currency_id.id)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(tx.state, "error")
        self.assertOpen(invoice, 80)
        self.assertCredit(100)

    def test_a_payment_of_nothing_is_refused(self):
        self.assertEqual(self.pay_with_credit(self.transaction(80)).state, "error")
        self.assertEqual(self.pay_with_credit(self.transaction(-5, [self.invoice(80)])).state, "error")
        self.assertEqual(self.pay_with_credit(self.transaction(0, [self.invoice(80)])).state, "error")
        self.assertCredit(100)

    def test_a_provider_that_was_disabled_meanwhile_takes_nothing(self):
        tx = self.transaction(80, [self.invoice(80)])
        self.credit_provider.state = "disabled"
        self.assertEqual(self.pay_with_credit(tx).state, "error")
        self.assertCredit(100)

    def test_a_payment_that_is_processed_again_pays_once(self):
        invoice = self.invoice(150)
        tx = self.pay_with_credit(self.transaction(60, [invoice]))
        for _time in range(3):
            self.pay_with_credit(tx)
        self.assertOpen(invoice, 90)
        self.assertEqual(len(self.reservations(tx)), 1)
        self.assertCredit(40)

    def test_a_payment_in_error_stays_in_error(self):
        invoice = self.invoice(150)
        tx = self.pay_with_credit(self.transaction(120, [invoice]))
        self.payment(500, credit_allocation_excluded=True)
        self.pay_with_credit(tx)
        self.assertEqual(tx.state, "error")
        self.assertOpen(invoice, 150)

    def test_an_overdraft_that_is_allowed_pays_invoices(self):
        self.customer.with_company(self.company).write(
            {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50}
        )
        invoice = self.invoice(130)
        self.pay_with_credit(self.transaction(130, [invoice]))
        self.assertEqual(invoice.payment_state, "paid")
        self.assertCredit(-30)

    def test_a_cancelled_payment_gives_the_credit_back(self):
        tx = self.transaction(60, [self.invoice(80)])
        self.customer._credit_reserve(60, tx.currency_id, tx, company=self.company)
        self.assertCredit(40)
        tx._set_canceled()
        self.assertCredit(100)

    def test_what_was_paid_in_advance_goes_to_the_invoice_when_it_is_posted(self):
        tx = self.transaction(60)
        self.customer._credit_reserve(60, tx.currency_id, tx, company=self.company, expires=False)
        tx._set_done()
        invoice = self.invoice(50, post=False)
        invoice.transaction_ids = [Command.set(tx.ids)]
        self.assertCredit(40)
        invoice.action_post()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertRecordValues(self.reservations(tx), [{"amount_held": 10.0, "state": "held"}])
        self.assertCredit(40)

    def test_reserved_credit_may_be_assigned_to_the_invoices_of_its_payment_only(self):
        invoice = self.invoice(80)
        tx = self.transaction(60, [invoice])
        reservation = self.customer._credit_reserve(60, tx.currency_id, tx, company=self.company)
        self.assertTrue(reservation._may_settle(invoice))
        self.assertFalse(reservation._may_settle(self.invoice(80)))

    def test_what_could_not_be_settled_yet_is_not_paid_again(self):
        invoice = self.invoice(80)
        self.payment(100)
        first, second = self.transaction(80, [invoice]), self.transaction(80, [invoice])
        for tx in first, second:  # as where the first one's post-processing fails
            tx._process("customer_credit", {"reference": tx.reference})
        self.assertEqual((first.state, second.state), ("done", "error"))
        self.assertIn("This is paid already", second.state_message)
        self.assertOpen(invoice, 0)
        self.assertCredit(120)

    def test_an_invoice_that_was_unreconciled_is_paid_by_what_is_held_for_it(self):
        invoice = self.invoice(80)
        first = self.pay_with_credit(self.transaction(80, [invoice]))
        self.open_items(invoice).remove_move_reconcile()
        self.assertEqual(self.reservations(first).amount_held, 80)
        second = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(second.state, "error")
        self.assertIn("This is paid already", second.state_message)
        self.assertOpen(invoice, 0)
        self.assertEqual(self.reservations(first).amount_held, 0)
        self.assertCredit(20)

    def test_what_is_held_and_cannot_be_settled_now_is_said_to_be_held(self):
        invoice = self.invoice(80)
        first = self.pay_with_credit(self.transaction(80, [invoice]))
        self.open_items(invoice).remove_move_reconcile()
        reservation = self.reservations(first)
        self.env.cr.execute("UPDATE account_move SET state = 'cancel' WHERE id = %s", (reservation.move_id.id,))
        self.env.cr.execute(
            "UPDATE account_move_line SET parent_state = 'cancel' WHERE move_id = %s", (reservation.move_id.id,)
        )
        self.env.invalidate_all()
        second = self.pay_with_credit(self.transaction(80, [invoice]))
        self.assertEqual(second.state, "error")
        self.assertIn("$\xa080.00 of your credit is kept for this already", second.state_message)
        self.assertOpen(invoice, 80)

    def test_the_customer_reads_no_sentence_for_bookkeepers(self):
        self.company._get_customer_credit_journal().active = False
        with self.assertLogs("odoo.addons.payment_customer_credit", "WARNING"):
            tx = self.pay_with_credit(self.transaction(80, [self.invoice(80)]))
        self.assertEqual(tx.state, "error")
        self.assertNotIn("journal", tx.state_message)
        self.assertIn("cannot be used at this moment", tx.state_message)
        self.assertCredit(100)

    def test_an_invoice_is_posted_though_the_credit_for_it_cannot_be_used(self):
        invoice = self.invoice(80)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        invoice.button_draft()
        invoice.line_ids.remove_move_reconcile()
        invoice.partner_id = self.stranger
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")
        self.assertOpen(invoice, 80)
        self.assertEqual(self.reservations(tx).amount_held, 80)

    def test_the_credit_goes_back_when_its_invoice_is_cancelled(self):
        invoice = self.invoice(80)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        invoice.button_draft()
        self.assertCredit(20)
        invoice.button_cancel()
        self.assertCredit(100)
        self.assertEqual(self.reservations(tx).state, "released")

    def test_the_credit_goes_back_when_its_invoice_is_reversed(self):
        invoice = self.invoice(80)
        self.pay_with_credit(self.transaction(80, [invoice]))
        invoice._reverse_moves(cancel=True)
        self.assertOpen(invoice, 0)
        self.assertCredit(100)

    def test_the_credit_for_one_of_two_invoices_stays_while_the_other_needs_it(self):
        first, second = self.invoice(30), self.invoice(50)
        self.pay_with_credit(self.transaction(80, [first, second]))
        (first + second).line_ids.remove_move_reconcile()
        first.button_draft()
        first.button_cancel()
        self.assertCredit(20)

    def test_the_schedule_finds_what_no_invoice_needs(self):
        invoice = self.invoice(80)
        tx = self.pay_with_credit(self.transaction(80, [invoice]))
        reservation = self.reservations(tx)
        invoice.line_ids.remove_move_reconcile()
        self.assertFalse(reservation.is_stale)
        (self.open_items(invoice) | self.open_items(self.payment(80))).reconcile()
        reservation.invalidate_recordset()
        self.assertTrue(reservation.is_stale)
        self.assertIn(reservation, reservation.search([("is_stale", "=", True)]))

    def test_the_schedule_finds_what_paid_an_invoice_that_was_deleted(self):
        invoice = self.invoice(80)
        reservation = self.reservations(self.pay_with_credit(self.transaction(80, [invoice])))
        invoice.button_draft()
        invoice.with_context(force_delete=True).unlink()
        self.assertCredit(20)
        self.assertIn(reservation, reservation.search([("is_stale", "=", True)]))

    def test_a_discount_for_early_payment_is_refused_not_taken_for_the_whole(self):
        """To settle with credit makes no write-off: what the customer paid would not be the whole, but a part."""
        invoice = self.discounted_invoice(50)
        less, whole = self.transaction(45, [invoice]), self.transaction(50, [invoice])
        self.assertEqual(self.pay_with_credit(less).state, "error")
        self.assertIn("early payment", less.state_message)
        self.assertOpen(invoice, 50)
        self.assertCredit(100)
        self.assertEqual(self.pay_with_credit(whole).state, "done")
        self.assertOpen(invoice, 0)
