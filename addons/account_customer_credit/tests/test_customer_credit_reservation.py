from odoo.exceptions import UserError
from odoo.tests import tagged

from ..exceptions import InsufficientCreditError
from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditReservation(CustomerCreditCase):
    """Credit is kept for something, and then spent on it or given back."""

    def test_reserved_credit_is_not_available_and_the_balance_stays(self):
        payment = self.payment(100)
        balance = self.get_balance()
        reservation = self.reserve(60)
        self.assertEqual(self.get_balance(), balance)
        self.assertAvailable(40)
        self.assertEqual(reservation.state, "held")
        self.assertEqual((reservation.amount, reservation.amount_held), (60, 60))
        self.assertEntry(reservation.move_id, [(self.receivable, 60), (self.receivable, -60)])
        self.assertOpen(payment, 40)

    def test_reservations_are_grouped_by_what_their_origins_are_called(self):
        self.payment(100)
        invoice = self.invoice(60)
        reservation = self.reserve(60, origin=invoice)
        groups = reservation.formatted_read_group([("id", "=", reservation.id)], ["origin_model"], ["amount_held:sum"])
        self.assertEqual(
            [(group["origin_model"], group["amount_held:sum"]) for group in groups], [("account.move", 60)]
        )
        labels = dict(reservation.fields_get(["origin_model"])["origin_model"]["selection"])
        self.assertEqual(labels["account.move"], "Journal Entry", "what the client shows for it")

    def test_released_credit_is_available_again_on_the_payment_that_it_came_from(self):
        payment = self.payment(100)
        reservation = self.reserve(60)
        reservation._credit_release()
        self.assertAvailable(100)
        self.assertOpen(payment, 100)
        self.assertEqual(reservation.state, "released")
        self.assertEqual((reservation.amount_held, reservation.amount_released), (0, 60))
        self.assertTrue(all(reservation.move_id.line_ids.mapped("reconciled")))
        self.assertEqual(reservation.move_id.state, "posted")

    def test_settled_credit_pays_the_invoice(self):
        self.payment(100)
        reservation = self.reserve(60)
        invoice = self.invoice(60)
        self.assertEqual(reservation._credit_settle(invoice), 60)
        self.assertOpen(invoice, 0)
        self.assertAvailable(40)
        self.assertEqual(reservation.state, "settled")
        self.assertAllocated(invoice, reservation.move_id, 60, rule="credit")

    def test_partial_settlement_and_partial_release(self):
        first, second = self.payment(70, day="2024-03-01"), self.payment(70, day="2024-03-02")
        reservation = self.reserve(100)
        self.assertOpen(second, 40)
        invoice = self.invoice(50)
        self.assertEqual(reservation._credit_settle(invoice, 30), 30)
        self.assertOpen(invoice, 20)
        self.assertEqual(reservation._credit_release(20), 20)
        self.assertAvailable(60)
        self.assertOpen(second, 60)
        self.assertOpen(first, 0)
        self.assertEqual(
            (reservation.amount, reservation.amount_settled, reservation.amount_released, reservation.amount_held),
            (100, 30, 20, 50),
        )
        self.assertEqual(reservation._credit_release(), 50)
        self.assertAvailable(110)
        self.assertOpen(first, 40)
        self.assertOpen(second, 70)
        self.assertEqual(reservation.state, "settled")

    def test_no_more_than_available_is_reserved(self):
        self.payment(100)
        self.reserve(60)
        with self.assertRaises(InsufficientCreditError):
            self.reserve(40.01)
        self.assertAvailable(40)
        for amount in (0, -5, 0.001):
            with self.assertRaises(UserError):
                self.reserve(amount)
        self.reserve(40)
        self.assertAvailable(0)

    def test_credit_of_many_customers_is_found_in_one_query(self):
        contact = self.env["res.partner"].create({"name": "Buyer", "parent_id": self.customer.id})
        self.payment(100)
        self.credit_note(20, contact)
        self.payment(30, payment_type="outbound")
        self.invoice(500)
        self.payment(70, self.stranger, currency_id=self.euro.id)
        partners = contact | self.stranger | self.vendor
        self.env.flush_all()
        self.env.invalidate_all()
        partners._get_available_credit(self.company)  # accounts and currencies are known now
        with self.assertQueryCount(4):  # accounts, contacts, the credit, decimals of the currencies
            found = partners._get_available_credit(self.company)
        self.assertEqual(
            found,
            {
                (self.customer.id, self.company.id, self.dollar.id): 90,
                (self.stranger.id, self.company.id, self.euro.id): 70,
            },
        )

    def test_oldest_credit_is_spent_first(self):
        new, old = self.payment(50, day="2024-03-20"), self.payment(50, day="2024-03-10")
        self.reserve(60)
        self.assertOpen(old, 0)
        self.assertOpen(new, 40)

    def test_reserved_credit_is_left_alone_by_rules(self):
        self.payment(100)
        reservation = self.reserve(100)
        invoice = self.invoice(100)
        self.allocate()
        self.assertOpen(invoice, 100)
        self.assertEqual(reservation.amount_held, 100)

    def test_outstanding_widget_offers_it_to_its_own_invoice_only(self):
        self.payment(100)
        own, other = self.invoice(100), self.invoice(100)
        reservation = self.reserve(100, origin=own)
        self.assertFalse(other.invoice_outstanding_credits_debits_widget)
        offers = own.invoice_outstanding_credits_debits_widget["content"]
        self.assertEqual([offer["id"] for offer in offers], reservation.line_ids.ids)
        with self.assertRaises(UserError):
            other.js_assign_outstanding_line(reservation.line_ids.id)
        own.js_assign_outstanding_line(reservation.line_ids.id)
        self.assertEqual(reservation.state, "settled")

    def test_overdraft_is_an_open_debit_that_new_credits_settle_first(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.payment(20)
        reservation = self.reserve(60)
        self.assertAvailable(-40)
        with self.assertRaises(InsufficientCreditError):
            self.reserve(10.01)
        invoice = self.invoice(100, day="2023-01-01", due="2023-01-01")
        payment = self.payment(100)
        self.allocate()
        line = self.assertAllocated(reservation.move_id, payment, 40, rule="overdraft")
        self.assertEqual(line.evidence, "What was overdrawn is settled first")
        self.assertOpen(invoice, 40)

    def test_the_oldest_overdraft_is_settled_first_whatever_was_entered_first(self):
        journal = self.company._get_customer_credit_journal()
        newer, older = (self.entry(40, day=day, journal_id=journal.id) for day in ("2024-03-08", "2024-03-02"))
        self.payment(50)
        self.customer._credit_settle_overdraft(self.company, self.dollar)
        self.assertOpen(older, 0)
        self.assertOpen(newer, 30)

    def test_what_the_rule_and_a_reservation_take_for_overdrawn_is_the_same(self):
        """A reservation's entry in a journal that is no longer that of customer credit, and an entry in that one."""
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        reservation = self.reserve(30)
        journal = self.company._get_customer_credit_journal()
        self.company.customer_credit_journal_id = journal.copy({"code": "CC2"})
        entry = self.entry(20, journal_id=self.company.customer_credit_journal_id.id)
        overdrawn = self.env["account.move.line"]._get_overdrafts(self.customer, self.company, self.dollar)
        self.assertEqual(overdrawn.move_id, reservation.move_id | entry)
        payment = self.payment(100)
        self.allocate()
        for move, amount in ((reservation.move_id, 30), (entry, 20)):
            self.assertAllocated(move, payment, amount, rule="overdraft")

    def test_overdraft_first_is_the_first_rule_of_every_company(self):
        companies = self.company | self.env["res.company"].create({"name": "New"})
        for company in companies:
            rules = self.env["account.credit.allocation.rule"].search([("company_id", "=", company.id)])
            self.assertEqual(rules[:2].mapped("code"), ["overdraft", "reference"])

    def test_partners_own_limit_comes_before_the_companys(self):
        self.customer.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 30})
        self.reserve(30)
        with self.assertRaises(InsufficientCreditError):
            self.reserve(0.01)
        self.customer.customer_credit_overdraft = "none"
        self.assertEqual(self.customer._get_spendable_credit(self.company, self.dollar), 0)

    def test_overdraft_that_is_released_owes_nothing(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        payment = self.payment(20)
        reservation = self.reserve(60)
        later = self.payment(100)
        self.allocate()
        reservation._credit_release()
        self.assertAvailable(120)
        self.assertOpen(payment, 20)
        self.assertOpen(later, 100)

    def test_foreign_credit_is_reserved_at_the_rate_it_was_booked_at(self):
        first = self.payment(100, currency_id=self.euro.id, day="2024-03-01")  # 50 dollars
        second = self.payment(100, currency_id=self.euro.id, day="2024-07-01")  # 25 dollars
        balance = self.get_balance()
        reservation = self.reserve(150, currency=self.euro)
        self.assertEqual(self.get_balance(), balance)
        self.assertFalse(reservation.move_id.line_ids.matched_credit_ids.exchange_move_id)
        self.assertEqual(reservation.line_ids.sorted("id").mapped("balance"), [-50, -12.5])
        invoice = self.invoice(120, currency_id=self.euro.id, day="2024-03-05")
        self.assertEqual(reservation._credit_settle(invoice), 120)
        reservation._credit_release()
        self.assertOpen(first, 0)
        self.assertOpen(second, 80)
        self.assertEqual(self.customer._get_credit(self.company, self.euro), 80)

    def test_credit_on_two_accounts_is_reserved_on_both(self):
        other = self.receivable.copy({"code": "121999", "name": "Other receivable"})
        self.payment(50, day="2024-03-01")
        self.entry(-50, account=other)
        reservation = self.reserve(80)
        self.assertAvailable(20)
        self.assertEqual(reservation.line_ids.account_id, self.receivable | other)
        reservation._credit_release()
        self.assertAvailable(100)

    def test_credit_notes_with_cash_basis_taxes_are_spent_last(self):
        self.company.tax_exigibility = True
        tax = self.env["account.tax"].create(
            {
                "name": "On payment",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": self.company_data["default_account_revenue"]
                .copy({"reconcile": True})
                .id,
            }
        )
        credit_note = self.credit_note(100, day="2024-01-01")
        credit_note.button_draft()
        credit_note.invoice_line_ids.tax_ids = tax
        credit_note.action_post()
        payment = self.payment(50)
        self.reserve(50)
        self.assertOpen(payment, 0)
        self.assertOpen(credit_note, 110)

    def test_entry_of_a_reservation_is_not_taken_back_by_itself(self):
        self.payment(100)
        reservation = self.reserve(100)
        for take_back in (
            reservation.move_id.button_draft,
            reservation.move_id.button_cancel,
            reservation.move_id._reverse_moves,
        ):
            with self.assertRaisesRegex(UserError, "Release the reservation"):
                take_back()
        document = (
            self.env["account.credit.allocation.line"]
            .search([("debt_move_id", "=", reservation.move_id.id)])
            .allocation_id
        )
        with self.assertRaisesRegex(UserError, "Release the reservation"):
            document.line_ids._undo()

    def test_settlement_that_is_undone_is_reserved_again(self):
        self.payment(100)
        reservation = self.reserve(100)
        invoice = self.invoice(100)
        reservation._credit_settle(invoice)
        document = self.env["account.credit.allocation.line"].search([("debt_move_id", "=", invoice.id)])
        document._undo()
        self.assertEqual((reservation.state, reservation.amount_held), ("held", 100))

    def test_earmarked_payment_is_reserved_as_it_is(self):
        payment = self.payment(100)
        reservation = self.customer._credit_earmark(self.open_items(payment), self.customer)
        self.assertAvailable(0)
        invoice = self.invoice(60)
        self.allocate()
        self.assertOpen(invoice, 60)
        self.assertEqual(reservation._credit_settle(invoice), 60)
        with self.assertRaisesRegex(UserError, "as a whole"):
            reservation._credit_release(10)
        self.assertEqual(reservation._credit_release(), 40)
        self.assertAvailable(40)
        self.assertEqual(
            (reservation.amount, reservation.amount_settled, reservation.amount_released, reservation.amount_held),
            (100, 60, 40, 0),
        )
        self.allocate()  # what is done with the payment afterwards is no part of it
        self.assertEqual((reservation.amount_settled, reservation.state), (60, "settled"))

    def test_invoice_on_another_receivable_account_is_paid(self):
        other = self.receivable.copy({"code": "121999", "name": "Other receivable"})
        self.payment(100)
        reservation = self.reserve(80)
        debt = self.entry(60, account=other)
        self.assertEqual(reservation._credit_settle(debt), 60)
        self.assertOpen(debt, 0)
        self.assertAvailable(20)
        self.assertEqual((reservation.amount, reservation.amount_held, reservation.amount_settled), (80, 20, 60))
        reservation._credit_release()
        self.assertAvailable(40)

    def test_invoice_in_another_currency_is_paid_at_the_rates_of_the_ledger(self):
        self.payment(100)
        reservation = self.reserve(100)
        invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-05")  # 50 dollars
        self.assertEqual(reservation._credit_settle(invoice), 25)  # at the rate of the day on which it was reserved
        self.assertOpen(invoice, 0)
        self.assertEqual(reservation.amount_held, 75)

    def test_another_customers_invoice_is_not_paid(self):
        self.payment(100)
        reservation = self.reserve(100)
        with self.assertRaisesRegex(UserError, "not a document of"):
            reservation._credit_settle(self.invoice(100, self.stranger))

    def test_stale_reservations_are_released_by_the_schedule(self):
        self.payment(100)
        stale, fresh = self.reserve(30), self.reserve(30)
        kept = self.reserve(30, expires=False)
        stale.date_expiry = "2024-01-01"
        with self.enter_registry_test_mode():
            self.env.ref("account_customer_credit.customer_credit_reservation_cron").method_direct_trigger()
        self.assertEqual((stale.state, fresh.state, kept.state), ("released", "held", "held"))
        self.assertFalse(kept.date_expiry)

    def test_overdue_invoices_lower_what_may_be_withdrawn(self):
        self.payment(100)
        self.invoice(30, due="2024-03-02")
        self.invoice(50, due="2999-01-01")
        self.assertEqual(self.customer._get_withdrawable_credit(self.company, self.dollar), 100)
        self.company.customer_credit_overdue_lowers_withdrawal = True
        self.assertEqual(self.customer._get_withdrawable_credit(self.company, self.dollar), 70)

    def test_contact_that_got_another_company_pays_its_invoices_all_the_same(self):
        person = self.env["res.partner"].create({"name": "Person"})
        self.payment(100, partner=person)
        reservation = self.reserve(60, partner=person)
        invoice = self.invoice(60, partner=person)
        person.parent_id = self.stranger
        self.assertEqual(reservation._credit_settle(invoice), 60)
