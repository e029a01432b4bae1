from odoo.tests import tagged

from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestRulesOnLedger(AllocationCase):
    """What each rule does to real journal items; the fine points are tested in the matching core itself."""

    def test_memo_naming_a_newer_invoice_beats_the_older_one(self):
        older = self.invoice(100, day="2024-02-01")
        newer = self.invoice(100, day="2024-03-01")
        payment = self.payment(100, memo=f"Payment of {newer.name.lower()}")
        self.allocate(partner_ids=(self.customer.id,))
        line = self.assertAllocated(newer, payment, 100, "reference")
        self.assertIn(newer.name, line.evidence)
        self.assertOpen(older, 100)

    def test_reference_to_two_invoices_pays_the_earlier_due_first_and_the_last_partially(self):
        second = self.invoice(100, due="2024-05-01")
        first = self.invoice(100, due="2024-04-01")
        payment = self.payment(150, memo=f"{second.name}, {first.name}")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(first, payment, 100, "reference")
        self.assertAllocated(second, payment, 50, "reference")
        self.assertOpen(second, 50)

    def test_vendor_reference_in_the_memo_pays_that_bill(self):
        self.bill(80, day="2024-01-15")
        named = self.bill(80, ref="GF-2024-0815")
        payment = self.vendor_payment(80, memo="Your invoice GF 2024 0815")
        self.allocate(partner_ids=(self.vendor.id,))
        self.assertAllocated(named, payment, 80, "reference")

    def test_credit_note_settles_the_invoice_it_reverses(self):
        older = self.invoice(60, day="2024-02-01")
        reversed_invoice = self.invoice(60, day="2024-03-01")
        credit_note = self.credit_note(60, post=False, reversed_entry_id=reversed_invoice.id)
        # native posting settles it when both are open; take that back, so that the rule finds them
        credit_note.action_post()
        self.open_items(reversed_invoice).remove_move_reconcile()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(reversed_invoice, credit_note, 60, "reference")
        self.assertOpen(older, 60)

    def test_ambiguous_reference_is_allocated_by_no_rule(self):
        first = self.invoice(100, payment_reference="ORDER-4711")
        second = self.invoice(100, payment_reference="ORDER-4711")
        payment = self.payment(100, memo="order 4711")
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "ambiguous_reference")
        self.assertOpen(first, 100)
        self.assertOpen(second, 100)

    def test_reference_that_names_the_customer_names_no_invoice(self):
        """A journal may give all invoices of a customer the same payment reference: it tells who, not what for."""
        self.company_data["default_journal_sale"].invoice_reference_type = "partner"
        first, second = self.invoice(100), self.invoice(70)
        self.assertEqual(first.payment_reference, second.payment_reference)
        payment = self.payment(70, memo=first.payment_reference)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(second, payment, 70, "exact_amount")

    def test_exact_amount_beats_the_oldest(self):
        oldest = self.invoice(70, day="2024-01-10")
        exact = self.invoice(99.99, day="2024-02-10")
        payment = self.payment(99.99)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(exact, payment, 99.99, "exact_amount")
        self.assertOpen(oldest, 70)

    def test_exact_amount_of_an_instalment(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "30 now, 70 later",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 30, "nb_days": 0}),
                    (0, 0, {"value": "percent", "value_amount": 70, "nb_days": 30}),
                ],
            }
        )
        invoice = self.invoice(1000, invoice_payment_term_id=terms.id)
        payment = self.payment(700)
        self.allocate(partner_ids=(self.customer.id,))
        line = self.assertAllocated(invoice, payment, 700, "exact_amount")
        self.assertAlmostEqual(line.debt_line_id.balance, 700)
        self.assertEqual(line.debt_label, f"{invoice.name} (2/2)")
        self.assertEqual(line.credit_label, payment.name)

    def test_equal_invoices_and_one_payment_take_the_oldest(self):
        newer = self.invoice(100, due="2024-05-01")
        older = self.invoice(100, due="2024-04-01")
        payment = self.payment(100)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(older, payment, 100, "exact_amount")
        self.assertOpen(newer, 100)

    def test_equal_invoices_and_one_payment_are_ambiguous_without_oldest_first(self):
        self.rule("oldest_first").enabled = False
        invoices = self.invoice(100) + self.invoice(100)
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(outcome.documents.line_ids)
        self.assertLeft(outcome, payment, "ambiguous_amount")
        self.assertEqual(invoices.mapped("payment_state"), ["not_paid", "not_paid"])

    def test_oldest_first_by_due_date_then_by_invoice_date(self):
        due_first = self.invoice(100, day="2024-03-01", due="2024-03-31")
        invoiced_first = self.invoice(100, day="2024-02-01", due="2024-04-30")
        payment = self.payment(150)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(due_first, payment, 100, "oldest_first")
        self.assertAllocated(invoiced_first, payment, 50, "oldest_first")
        self.company.credit_allocation_order = "invoice_date"
        again = self.payment(30)
        late = self.invoice(10, day="2023-12-01", due="2024-12-31")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(late, again, 10, "oldest_first")
        self.assertAllocated(invoiced_first, again, 20, "oldest_first")

    def test_overpayment_and_underpayment_stay_open_and_are_named(self):
        invoice = self.invoice(100)
        payment = self.payment(130)
        short = self.invoice(100, self.stranger)
        part = self.payment(60, self.stranger)
        outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertEqual(invoice.payment_state, self.env["account.move"]._get_invoice_in_payment_state())
        self.assertOpen(payment, 30)
        self.assertLeft(outcome, payment, "overpaid")
        self.assertOpen(short, 40)
        self.assertLeft(outcome, short, "underpaid")
        self.assertOpen(part, 0)
        again = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertLeft(again, payment, "overpaid")
        self.assertLeft(again, short, "underpaid")

    def test_vendor_side_mirrors_the_customer_side(self):
        bill = self.bill(100)
        refund = self.invoice(30, self.vendor, move_type="in_refund")
        payment = self.vendor_payment(70)
        self.allocate(partner_ids=(self.vendor.id,))
        self.assertAllocated(bill, refund, 30)
        self.assertAllocated(bill, payment, 70)
        self.assertOpen(bill, 0)

    def test_direction_comes_from_the_sign_not_from_the_document(self):
        debt = self.entry(100, label="Opening balance")
        credit = self.entry(-100, label="Goodwill")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(debt, credit, 100, "exact_amount")

    def test_money_paid_back_to_a_customer_is_a_debt_that_the_credit_note_settles(self):
        credit_note = self.credit_note(50)
        refund = self.payment(50, payment_type="outbound")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(refund, credit_note, 50, "exact_amount")

    def test_a_credit_is_not_spent_where_it_would_leave_a_rest_in_the_books_that_no_document_shows(self):
        # a thousandth was worth 100 dollars: 60 dollars would round to all of the invoice, and 40 dollars of it stay
        self.company.credit_allocation_cross_currency = True
        dear = self.setup_other_currency(
            "BHD", rounding=0.001, rates=[("2024-01-01", 0.00001), ("2024-06-01", 0.000004)]
        )
        invoice, payment = self.invoice(0.001, currency_id=dear.id), self.payment(60, day="2024-07-01")
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, payment)
        self.assertLeft(outcome, payment, "no_counterpart")
        self.assertOpen(invoice, 0.001)
