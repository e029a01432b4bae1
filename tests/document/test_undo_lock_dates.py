from odoo.tests import tagged

from .test_undo import UndoCase


@tagged("post_install", "-at_install")
class TestUndoLockDates(UndoCase):
    """The period of an exchange or cash-basis entry was locked after it was booked: Odoo dates the reversal after the
    lock, and the dialog says so before."""

    def allocated_with_exchange_entry(self):
        self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        document = self.allocate_customer()
        self.assertTrue(document.line_ids.exchange_move_id)
        return document

    def assertReversedAfter(self, lock, document):
        entry = document.line_ids.exchange_move_id
        self.assertLess(entry.date, self.day(lock))
        dialog = self.open_dialog(document)
        summary = dialog.summary
        dialog.action_undo()
        reversal = entry.reversal_move_ids
        self.assertEqual(reversal.state, "posted")
        self.assertGreater(reversal.date, self.day(lock))
        self.assertIn(f"The period of {entry.name} is locked", summary)
        self.assertIn(f"the reversal will be dated {reversal.date.strftime('%m/%d/%Y')}", summary)
        self.assertEqual(document.state, "undone")

    def test_fiscal_year_lock(self):
        document = self.allocated_with_exchange_entry()
        self.company.fiscalyear_lock_date = "2024-12-31"
        self.assertReversedAfter("2024-12-31", document)

    def test_hard_lock(self):
        document = self.allocated_with_exchange_entry()
        self.company.hard_lock_date = "2024-12-31"
        self.assertReversedAfter("2024-12-31", document)

    def test_sales_and_purchase_lock_do_not_touch_the_exchange_journal(self):
        document = self.allocated_with_exchange_entry()
        self.company.write({"sale_lock_date": "2024-12-31", "purchase_lock_date": "2024-12-31"})
        self.assertNotIn("locked", self.open_dialog(document).summary)
        self.undo(document)
        self.assertEqual(document.line_ids.exchange_move_id.reversal_move_ids.date, self.day("2024-07-31"))

    def test_lock_up_to_today(self):
        document = self.allocated_with_exchange_entry()
        today = document.date
        self.company.fiscalyear_lock_date = today
        self.assertReversedAfter(today.isoformat(), document)

    def test_tax_lock_moves_the_cash_basis_entry(self):
        invoice, paid = self.cash_basis_invoice()
        self.payment(110)
        document = self.allocate_customer()
        entry = invoice.tax_cash_basis_created_move_ids
        self.company.tax_lock_date = "2024-12-31"
        dialog = self.open_dialog(document)
        summary = dialog.summary
        dialog.action_undo()
        reversal = entry.reversal_move_ids
        self.assertGreater(reversal.date, self.day("2024-12-31"))
        self.assertIn(f"The period of {entry.name} is locked", summary)
        self.assertIn(f"the reversal will be dated {reversal.date.strftime('%m/%d/%Y')}", summary)
        self.assertAlmostEqual(
            sum((entry + reversal).line_ids.filtered(lambda line: line.account_id == paid).mapped("balance")), 0
        )

    def test_entries_secured_by_a_hash_are_reversed_not_deleted(self):
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.company.currency_exchange_journal_id.restrict_mode_hash_table = True
        invoice.journal_id.restrict_mode_hash_table = True
        self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        document = self.allocate_customer()
        entry = document.line_ids.exchange_move_id
        self.assertTrue(entry.inalterable_hash)
        self.undo(document)
        self.assertTrue(entry.exists())
        self.assertEqual(entry.reversal_move_ids.state, "posted")
        self.assertResidual(invoice, 50, 100)

    def test_plain_allocation_in_a_locked_period_needs_no_entry(self):
        invoice = self.invoice(100)
        self.payment(100)
        document = self.allocate_customer()
        self.company.hard_lock_date = "2024-12-31"
        self.undo(document)
        self.assertOpen(invoice, 100)
        self.assertEqual(document.state, "undone")
