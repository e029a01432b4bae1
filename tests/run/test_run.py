from odoo import fields
from odoo.tests import tagged

from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRun(RunCase):
    """A run from start to end, on Odoo's own scheduler."""

    def test_run_allocates_and_says_what_it_did(self):
        invoice, payment = self.pair(self.customer)
        self.invoice(70, self.stranger)  # no credit: not in the work list
        run = self.new_run()
        run.action_start()
        self.assertEqual(run.state, "running")
        self.assertRegex(run.name, r"^RUN/\d{4}/\d{5}$")
        self.assertNotAllocated(invoice, payment)
        self.work()
        line = self.assertAllocated(invoice, payment, 100)
        self.assertEqual(line.allocation_id.run_id, run)
        self.assertEqual(run.state, "done")
        self.assertEqual(run.row_ids.mapped("partner_id"), self.customer)
        row = self.row(run, self.customer)
        self.assertEqual((row.state, row.item_count, row.allocated_count, row.amount), ("done", 2, 1, 100))
        self.assertEqual((run.debt_count, run.debt_amount, run.credit_count, run.credit_amount), (2, 170, 1, 100))
        self.assertEqual((run.allocated_count, run.amount_allocated, run.money_rate), (1, 100, 1))
        self.assertIn("Allocations: 1 (", " ".join(run.message_ids.mapped("body")))

    def test_run_at_once_needs_no_scheduler(self):
        invoice, payment = self.pair(self.customer)
        run = self.new_run(in_background=False)
        run.action_start()
        self.assertAllocated(invoice, payment, 100)
        self.assertEqual(run.state, "done")

    def test_start_begins_the_year_of_the_documents(self):
        """Otherwise the first batches of a year, worked on side by side, would all begin it and conflict."""
        sequence = self.company._get_credit_allocation_sequence(fields.Date.today())
        sequence.date_range_ids.unlink()
        self.pair(self.partner)
        self.new_run().action_start()
        self.assertTrue(sequence.date_range_ids)

    def test_second_run_does_nothing(self):
        self.pair(self.customer)
        self.run_now()
        second = self.run_now()
        self.assertEqual(second.state, "done")
        self.assertFalse(second.allocation_ids)

    def test_credit_without_invoice_is_among_what_is_left(self):
        self.payment(40, self.stranger)
        run = self.run_now()
        self.assertEqual(run.leftover_ids.mapped("reason"), ["no_counterpart"])
        self.assertEqual(run.leftover_ids.amount, 40)
        self.assertFalse(run.leftover_ids.allocation_id)
        self.assertEqual(self.row(run, self.stranger).left_count, 1)

    def test_what_names_an_excluded_invoice_is_left_for_it(self):
        named, payment = self.pair(self.customer, credit_allocation_excluded=True)
        payment.memo = named.name
        self.payment(30, memo="Thanks")
        older = self.invoice(100, day="2024-01-01")
        run = self.run_now()
        self.assertOpen(older, 70)
        leftover = run.leftover_ids.filtered(lambda leftover: leftover.move_id == payment.move_id)
        self.assertEqual(leftover.reason, "named_excluded")
        self.assertIn(named.name, leftover.message)
