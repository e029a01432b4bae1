from datetime import date

from odoo import fields
from odoo.tests import freeze_time, tagged

from ...matching import EVIDENCE_VALUES
from ...matching.open_item import Evidence
from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocationDocument(AllocationCase):
    """The numbered document that tells what was allocated, and why."""

    def test_it_tells_who_when_what_and_why(self):
        invoice = self.invoice(100)
        payment = self.payment(60, memo=invoice.name)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertRecordValues(
            document,
            [
                {
                    "company_id": self.company.id,
                    "date": fields.Date.context_today(document),
                    "user_id": self.env.uid,
                    "origin": "run",
                    "state": "done",
                    "amount_total": 60,
                    "credit_count": 1,
                    "debt_count": 1,
                }
            ],
        )
        self.assertRecordValues(
            document.line_ids,
            [
                {
                    "partner_id": self.customer.id,
                    "account_id": self.receivable.id,
                    "debt_line_id": self.open_items(invoice).id,
                    "debt_move_id": invoice.id,
                    "debt_label": invoice.name,
                    "debt_amount": 60,
                    "credit_line_id": self.open_items(payment).id,
                    "credit_move_id": payment.move_id.id,
                    "credit_label": payment.name,
                    "credit_amount": 60,
                    "amount": 60,
                    "rule": "reference",
                    "evidence": f"The reference “{invoice.name}” names {invoice.name}",
                    "partial_id": self.partials_between(invoice, payment).id,
                    "state": "done",
                }
            ],
        )

    def test_amounts_are_told_in_every_currency(self):
        self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.payment(100, day="2024-03-15", currency_id=self.euro.id)
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        self.assertEqual((line.debt_amount, line.debt_currency_id), (100, self.euro))
        self.assertEqual((line.credit_amount, line.credit_currency_id), (100, self.euro))
        self.assertEqual((line.amount, line.company_currency_id), (50, self.company.currency_id))

    def test_numbers_start_again_each_year_and_in_each_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        number = self.company._next_credit_allocation_number
        first = number(date(2031, 5, 1))
        self.assertEqual(first, "CA/2031/00001")
        self.assertEqual(number(date(2031, 12, 31)), "CA/2031/00002")
        self.assertEqual(number(date(2032, 1, 1)), "CA/2032/00001")
        self.assertEqual(other._next_credit_allocation_number(date(2031, 5, 1)), "CA/2031/00001")

    @freeze_time("2031-05-01")
    def test_a_deleted_or_archived_sequence_does_not_stop_the_allocation(self):
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "account.credit.allocation"), ("company_id", "=", self.company.id)]
        )
        numbers = []
        for spoil in (lambda: None, lambda: sequence.action_archive(), lambda: sequence.unlink()):
            spoil()
            self.invoice(10), self.payment(10)
            numbers.append(self.allocate(partner_ids=(self.customer.id,)).documents.name)
        self.assertEqual(numbers, ["CA/2031/00001", "CA/2031/00002", "CA/2031/00003"])

    @freeze_time("2024-11-05")
    def test_the_number_is_of_the_year_of_the_date(self):
        self.invoice(10), self.payment(10)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertEqual(document.date, date(2024, 11, 5))
        self.assertRegex(document.name, r"^CA/2024/\d{5}$")

    def test_invoice_and_payment_link_it_in_their_chatter(self):
        invoice, payment = self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        link = f'data-oe-model="account.credit.allocation" data-oe-id="{document.id}"'
        for record in (invoice, payment):
            body = record.message_ids[0].body
            self.assertIn(link, body)
            self.assertIn(document.name, body)
            self.assertIn("100.00", body)
        self.assertIn(payment.name, invoice.message_ids[0].body)
        self.assertIn(invoice.name, payment.message_ids[0].body)

    def test_credit_note_has_its_message_too(self):
        self.invoice(100)
        credit_note = self.credit_note(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertIn(document.name, credit_note.message_ids[0].body)

    def test_smart_buttons_open_it(self):
        invoice, payment, other = self.invoice(100), self.payment(100), self.invoice(5, self.stranger)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        for record in (invoice, payment, self.customer):
            self.assertEqual(record.credit_allocation_count, 1)
            action = record.action_open_credit_allocations()
            self.assertEqual(action["res_id"], document.id)
        self.assertEqual(other.credit_allocation_count, 0)
        self.payment(30)
        self.invoice(40)
        second = self.allocate(partner_ids=(self.customer.id,)).documents
        self.env.invalidate_all()
        self.assertEqual(self.customer.credit_allocation_count, 2)
        action = self.customer.action_open_credit_allocations()
        self.assertEqual(self.env["account.credit.allocation"].search(action["domain"]), document | second)

    def test_what_was_left_is_listed_with_its_reason(self):
        self.invoice(100)
        payment = self.payment(130)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertRecordValues(
            document.leftover_ids,
            [
                {
                    "side": "credit",
                    "reason": "overpaid",
                    "amount": 30,
                    "label": payment.name,
                    "partner_id": self.customer.id,
                    "line_id": self.open_items(payment).id,
                }
            ],
        )

    def test_invoices_without_any_credit_are_not_listed(self):
        self.invoice(100, self.stranger)
        self.invoice(50), self.payment(50)
        document = self.allocate(partner_ids=(self.customer.id, self.stranger.id)).documents
        self.assertFalse(document.leftover_ids)

    def test_nothing_allocated_makes_no_document(self):
        self.payment(100)
        self.assertFalse(self.allocate(partner_ids=(self.customer.id,)).documents)

    def test_removing_the_reconciliation_by_hand_shows_on_the_line(self):
        invoice, payment = self.invoice(100), self.payment(100)
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        self.open_items(invoice).remove_move_reconcile()
        self.assertEqual(line.state, "removed")
        self.assertIn(line, line.search([("state", "=", "removed")]))
        self.assertEqual(line.allocation_id.amount_undone, 100)
        self.assertOpen(payment, 100)

    def test_deleting_a_document_afterwards_keeps_its_name_on_the_line(self):
        invoice = self.invoice(100)
        payment = self.payment(100)
        number = payment.name
        line = self.allocate(partner_ids=(self.customer.id,)).documents.line_ids
        payment.action_draft()
        payment.unlink()
        self.assertFalse(line.credit_move_id)
        self.assertEqual(line.credit_label, number)
        self.assertOpen(invoice, 100)

    def test_every_evidence_has_a_sentence(self):
        Line = self.env["account.credit.allocation.line"]
        for code, count in EVIDENCE_VALUES.items():
            text = Line._get_evidence_text(Evidence(code, ("2024-01-31",) * count))
            self.assertNotEqual(text, code)
