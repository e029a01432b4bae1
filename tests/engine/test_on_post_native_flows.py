from contextlib import closing

from odoo import Command
from odoo.tests import tagged

from ..common import OnPostCase


@tagged("post_install", "-at_install")
class TestOnPostNativeFlows(OnPostCase):
    """Whatever flow posts something reconciles what it wants; only what it leaves open is allocated."""

    def setUp(self):
        super().setUp()
        self.old = self.invoice(100, day="2024-01-10")
        self.middle = self.invoice(100, day="2024-02-10")
        self.new = self.invoice(100, day="2024-03-10")
        self.commit()
        self.paid_state = self.env["account.move"]._get_invoice_in_payment_state()

    def register(self, invoices, **vals):
        wizard = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"journal_id": self.bank_journal.id, "payment_date": "2024-03-15", **vals})
        )
        payments = wizard._create_payments()
        self.commit()
        return payments

    def test_register_payment_pays_the_newest_invoice_that_was_chosen(self):
        payment = self.register(self.new)
        self.assertEqual(self.new.payment_state, self.paid_state)
        self.assertTrue(self.partials_between(self.new, payment))
        self.assertOpen(self.old, 100)
        self.assertOpen(self.middle, 100)

    def test_register_payment_in_part_pays_the_chosen_invoice(self):
        payment = self.register(self.new, amount=40)
        self.assertEqual(self.partials_between(self.new, payment).amount, 40)
        self.assertOpen(self.new, 60)
        self.assertOpen(self.old, 100)

    def test_register_payment_too_high_pays_the_chosen_invoice_then_the_oldest(self):
        payment = self.register(self.new, amount=130)
        self.assertEqual(self.partials_between(self.new, payment).amount, 100)
        self.assertAllocated(self.old, payment, 30, "oldest_first")
        self.assertOpen(self.middle, 100)

    def test_register_payment_grouped_pays_all_that_were_chosen(self):
        payment = self.register(self.middle + self.new, group_payment=True)
        self.assertEqual(len(payment), 1)
        self.assertEqual((self.middle + self.new).mapped("payment_state"), [self.paid_state] * 2)
        self.assertOpen(self.old, 100)

    def test_register_payment_one_by_one_pays_each_invoice_by_its_own_payment(self):
        payments = self.register(self.middle + self.new, group_payment=False)
        self.assertEqual(len(payments), 2)
        self.assertEqual((self.middle + self.new).mapped("payment_state"), [self.paid_state] * 2)
        self.assertOpen(self.old, 100)

    def test_register_payment_with_write_off_closes_the_chosen_invoice(self):
        self.register(
            self.new,
            amount=95,
            payment_difference_handling="reconcile",
            writeoff_account_id=self.company_data["default_account_expense"].id,
            writeoff_label="Bank charges",
        )
        self.assertEqual(self.new.payment_state, self.paid_state)
        self.assertOpen(self.old, 100)
        self.assertFalse(self.env["account.credit.allocation"].search_count([("company_id", "=", self.company.id)]))

    def test_reverse_with_cancel_settles_the_reversed_invoice(self):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.new.ids)
            .create({"journal_id": self.new.journal_id.id, "date": "2024-03-20"})
        )
        wizard.modify_moves()
        self.commit()
        self.assertEqual(self.new.payment_state, "reversed")
        self.assertTrue(self.partials_between(self.new, self.new.reversal_move_ids))
        self.assertOpen(self.old, 100)

    def test_reversed_moves_with_cancel_settle_each_other(self):
        reverse = self.new._reverse_moves([{"date": "2024-03-20"}], cancel=True)
        self.commit()
        self.assertTrue(self.partials_between(self.new, reverse))
        self.assertEqual(self.new.payment_state, "reversed")
        self.assertOpen(self.old, 100)

    def test_reverse_without_cancel_settles_the_reversed_invoice_when_it_is_posted(self):
        reverse = self.new._reverse_moves([{"invoice_date": "2024-03-20", "date": "2024-03-20"}])
        self.commit()
        self.assertEqual(reverse.state, "draft")
        reverse.action_post()
        self.commit()
        self.assertTrue(self.partials_between(self.new, reverse))
        self.assertOpen(self.old, 100)

    def test_bank_statement_line_goes_where_the_accountant_put_it(self):
        statement_line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "payment_ref": "transfer",
                "partner_id": self.customer.id,
                "amount": 100,
                "date": "2024-03-15",
            }
        )
        _liquidity, suspense, _other = statement_line._seek_for_lines()
        suspense.with_context(skip_account_move_synchronization=True).account_id = self.receivable
        (suspense + self.open_items(self.new)).reconcile()
        self.commit()
        self.assertEqual(self.new.payment_state, "paid")
        self.assertOpen(self.old, 100)

    def test_a_flow_that_saves_its_work_halfway_still_comes_first(self):
        """Posting and reconciling in one transaction, with a flushing savepoint in between, as imports have it."""
        payment = self.payment(100)
        with self.env.cr.savepoint():
            self.env["res.partner"].create({"name": "Something else"})
        (self.open_items(payment) + self.open_items(self.new)).reconcile()
        self.commit()
        self.assertTrue(self.partials_between(self.new, payment))
        self.assertOpen(self.old, 100)

    def test_posting_inside_a_savepoint_that_is_rolled_back_leaves_no_trace(self):
        with closing(self.env.cr.savepoint()):  # closing rolls back
            self.payment(100)
        self.commit()
        self.assertOpen(self.old, 100)

    def test_automatic_posting_by_date_is_allocated_too(self):
        draft = self.invoice(30, post=False, day="2024-03-12", auto_post="at_date")
        payment = self.payment(330)
        self.commit()
        self.assertOpen(payment, 30)
        draft._post(soft=True)
        self.commit()
        self.assertAllocated(draft, payment, 30)

    def test_paying_draft_invoices_waits_for_their_posting(self):
        draft = self.invoice(500, post=False)
        payment = self.env["account.payment"].create(
            {
                "amount": 500,
                "date": "2024-03-15",
                "partner_id": self.customer.id,
                "journal_id": self.bank_journal.id,
                "invoice_ids": [Command.set(draft.ids)],
            }
        )
        draft.action_post()
        payment.action_post()
        self.commit()
        self.assertAllocated(draft, payment, 500, "reference")
        self.assertOpen(self.old, 100)
