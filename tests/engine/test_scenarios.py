from odoo import Command
from odoo.tests import tagged

from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestScenarios(AllocationCase):
    """Stories from real books, through the whole chain of rules."""

    def settled_pairs(self, outcome):
        """``{(debt amount before, credit amount before, amount)}`` of what was executed, in company currency units."""
        return [
            (match.debt.residual / 100, match.credit.residual / 100, match.amount / 100)
            for match, *_rest in outcome.executed
        ]

    def test_a_credit_note_and_a_cent_settle_an_invoice_in_two_partials(self):
        invoice, credit_note, cent = self.invoice(1000), self.credit_note(999), self.payment(1)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(len(outcome.executed), 2)
        self.assertAllocated(invoice, credit_note, 999, "exact_combination")
        self.assertAllocated(invoice, cent, 1, "exact_combination")
        self.assertTrue(self.open_items(invoice).full_reconcile_id)

    def test_equal_amounts_first_then_the_sum(self):
        for amount in (600, 700):
            self.invoice(amount)
        for amount in (100, 700, 500):
            self.payment(amount)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(self.settled_pairs(outcome), [(700, 700, 700), (600, 100, 100), (600, 500, 500)])

    def test_everything_that_nets_to_zero_is_settled(self):
        # no pair and no combination is exact: 50 + 60 + 45 = 70 + 85
        for amount in (50, 60, 45):
            self.invoice(amount)
        for amount in (70, 85):
            self.payment(amount)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(set(outcome.documents.line_ids.mapped("rule")), {"net_to_zero"})
        self.assertFalse(outcome.credits_left + outcome.debts_left)

    def test_five_payments_in_three_currencies_on_one_invoice(self):
        self.company.credit_allocation_cross_currency = True
        pound = self.setup_other_currency("GBP", rates=[("2024-01-01", 0.5)])
        invoice = self.invoice(1000)
        payments = [
            self.payment(100),
            self.payment(200, currency_id=self.euro.id),  # 100 dollars
            self.payment(150, currency_id=pound.id),  # 300 dollars
            self.payment(300),
            self.payment(500, currency_id=self.euro.id),  # 250 dollars: 200 of it close the invoice
        ]
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(len(outcome.executed), 5)
        self.assertFalse(invoice.amount_residual)
        self.assertEqual(len(self.open_items(invoice).matched_credit_ids), 5)
        self.assertOpen(payments[-1], 100)
        for payment in payments[:-1]:
            self.assertOpen(payment, 0)

    def test_the_same_foreign_amount_at_different_rates_ends_paid_without_a_cent_left(self):
        invoice = self.invoice(50, currency_id=self.euro.id, day="2024-03-01")
        payment = self.payment(50, currency_id=self.euro.id, day="2024-07-01")
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        items = self.open_items(invoice) + self.open_items(payment)
        self.assertEqual(items.mapped("amount_residual"), [0, 0])
        self.assertEqual(items.mapped("amount_residual_currency"), [0, 0])
        self.assertTrue(items.full_reconcile_id)
        self.assertEqual(sum(line.exchange_move_id.line_ids.mapped("debit")), 12.5)

    def test_an_overpaid_advance_of_an_order_pays_two_invoices(self):
        advance = self.payment(500, day="2024-02-01", memo="Advance for order S00042")
        first, second = self.invoice(300), self.invoice(150, day="2024-03-02")
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(first, advance, 300, "oldest_first")
        self.assertAllocated(second, advance, 150, "oldest_first")
        self.assertOpen(advance, 50)
        self.assertLeft(outcome, advance, "overpaid")

    def test_an_amount_with_too_many_decimals_rounds_without_complaint(self):
        invoice, payment = self.invoice(26.749950), self.payment(26.749950)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, payment, 26.75, "exact_amount")

    def test_an_entry_of_a_closed_year_still_allocates(self):
        invoice = self.invoice(100, day="2022-12-30")
        payment = self.payment(100)
        self.company.fiscalyear_lock_date = self.day("2022-12-31")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, payment, 100)

    def test_a_foreign_invoice_of_a_closed_year_gets_its_exchange_entry_in_the_open_one(self):
        invoice = self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
        payment = self.payment(100, currency_id=self.euro.id, day="2024-07-01")
        self.company.fiscalyear_lock_date = self.day("2024-08-31")
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        self.assertAllocated(invoice, payment, line.amount)
        self.assertGreater(line.exchange_move_id.date, self.day("2024-08-31"))

    def test_instalments_paid_by_three_credits(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Three times",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": share, "nb_days": days, "delay_type": "days_after"}
                    )
                    for share, days in ((30, 0), (30, 30), (40, 60))
                ],
            }
        )
        invoice = self.invoice(1000, invoice_payment_term_id=term.id)
        payments = [self.payment(450), self.payment(250), self.payment(280)]
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(invoice, 20)
        self.assertEqual(
            self.open_items(invoice).sorted("date_maturity").mapped("amount_residual"), [0, 0, 20], "the last one waits"
        )
        for payment in payments:
            self.assertOpen(payment, 0)

    def test_early_payment_discount_is_left_as_native_reconciliation_leaves_it(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2% within 10 days",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        ours, natively = (self.invoice(100, invoice_payment_term_id=term.id, partner=p) for p in self.two_partners())
        payments = [self.payment(98, partner, day="2024-03-05") for partner in self.two_partners()]
        self.allocate(partner_ids=(self.customer.id,))
        (self.open_items(natively) + self.open_items(payments[1])).reconcile()
        self.assertEqual(ours.amount_residual, natively.amount_residual)
        self.assertEqual(ours.payment_state, natively.payment_state)

    def test_cash_basis_taxes_become_due_as_they_do_natively(self):
        self.company.tax_exigibility = True
        waiting = self.env["account.account"].create(
            {"name": "Tax waiting", "code": "251999", "account_type": "liability_current", "reconcile": True}
        )
        tax = self.env["account.tax"].create(
            {
                "name": "10% when paid",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": waiting.id,
            }
        )
        invoices = [self.invoice_with_tax(200, tax, partner) for partner in self.two_partners()]
        payments = [[self.payment(amount, partner) for amount in (100, 120)] for partner in self.two_partners()]
        self.allocate(partner_ids=(self.customer.id,))
        for payment in payments[1]:
            (self.open_items(invoices[1]) + self.open_items(payment)).filtered(
                lambda item: not item.reconciled
            ).reconcile()
        ours, natively = (invoice.tax_cash_basis_created_move_ids for invoice in invoices)
        self.assertEqual(len(ours), 2)
        self.assertEqual(
            sorted(ours.line_ids.mapped(lambda line: (line.account_id.id, line.balance))),
            sorted(natively.line_ids.mapped(lambda line: (line.account_id.id, line.balance))),
        )

    def two_partners(self):
        return self.customer, self.stranger

    def invoice_with_tax(self, amount, tax, partner):
        invoice = self.invoice(amount, partner, post=False)
        invoice.invoice_line_ids.tax_ids = tax
        invoice.action_post()
        return invoice
