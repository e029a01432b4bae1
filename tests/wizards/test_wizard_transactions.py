import psycopg2.errors

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..real_transactions import RealTransactionsCase


@tagged("post_install", "-at_install")
class TestWizardTransactions(RealTransactionsCase):
    """Two people, or two clicks, at the same time: real commits, two connections, retried as a request would be."""

    def setUp(self):
        super().setUp()
        self.switch_off()
        self.invoice_id = self.commit(self.post_invoice)
        self.payment_id = self.commit(self.post_payment)

    def open_wizard(self, amount):
        """Open the wizard on the invoice and type an amount; returns its id."""
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            action = env["account.move"].browse(self.invoice_id).action_open_credit_wizard()
            wizard = env[action["res_model"]].browse(action["res_id"])
            wizard.line_ids = [Command.update(wizard.line_ids.id, {"amount": amount})]
            return wizard.id

    def submit(self, cr, wizard_id):
        return self.environment(cr)["account.credit.allocation.wizard"].browse(wizard_id).action_allocate()

    def submit_again_after_conflict(self, wizard_id, meanwhile):
        """Submit a window while another transaction is at work on an older view of the books.

        :param meanwhile: what the other one does and commits after this one has begun to read
        :return: the exception that the retried request ends with
        """
        with self.registry.cursor() as late:
            late_env = self.environment(late)
            late_env["account.move"].search_count([])  # its view of the database is from now on
            meanwhile()
            with self.assertRaises(psycopg2.errors.SerializationFailure), self.quiet_sql():
                self.submit(late, wizard_id)
            late.rollback()
            late_env.transaction.reset()
            with self.assertRaises(UserError) as caught:
                self.submit(late, wizard_id)
            late.rollback()
        return str(caught.exception)

    def test_double_click_allocates_once(self):
        wizard_id = self.open_wizard(30)
        message = self.submit_again_after_conflict(wizard_id, lambda: self.commit_submission(wizard_id))
        self.assertIn("have been allocated already", message)
        self.assertEqual(self.residuals(), [70, -70])

    def test_two_windows_of_two_people(self):
        mine, theirs = self.open_wizard(30), self.open_wizard(50)
        message = self.submit_again_after_conflict(mine, lambda: self.commit_submission(theirs))
        self.assertIn("was changed by somebody else since you opened this window", message)
        self.assertEqual(self.residuals(), [50, -50])

    def test_credit_that_somebody_else_is_using_right_now(self):
        wizard_id = self.open_wizard(30)
        with self.registry.cursor() as other:
            self.lock_items(other)
            with self.registry.cursor() as cr:
                with self.assertRaises(UserError) as caught:
                    self.submit(cr, wizard_id)
                cr.rollback()
            other.rollback()
        self.assertIn("Somebody else is working with INV/", str(caught.exception))
        self.commit_submission(wizard_id)
        self.assertEqual(self.residuals(), [70, -70], "the refused window is not used up")

    def commit_submission(self, wizard_id):
        with self.registry.cursor() as cr:
            self.submit(cr, wizard_id)
