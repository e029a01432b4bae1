from odoo import Command
from odoo.tests import tagged

from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunCounts(RunCase):
    """Invoices and credits are documents, however many items they have, and are counted alike everywhere."""

    def opening(self):
        """One entry for all of a customer's opening balances: five invoices, five payments."""
        balances = [amount for amount in (10, 20, 30, 40, 50) for amount in (amount, -amount)]
        entry = self.env["account.move"].create(
            {
                "journal_id": self.misc_journal.id,
                "date": "2024-03-10",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.receivable.id,
                            "partner_id": self.customer.id,
                            "balance": balance,
                            "name": "Opening",
                        }
                    )
                    for balance in balances
                ],
            }
        )
        entry.action_post()
        return entry

    def assertCounts(self, documents, message, debts, credits):
        self.assertEqual((sum(documents.mapped("debt_count")), sum(documents.mapped("credit_count"))), (debts, credits))
        self.assertIn(f"Credits: {credits}. Invoices: {debts}.", message)

    def test_an_opening_entry_is_one_invoice_and_one_credit(self):
        entry = self.opening()
        message = entry.action_allocate_credits()["params"]["message"]
        documents = self.env["account.credit.allocation"].search([("line_ids.debt_move_id", "=", entry.id)])
        self.assertEqual(len(documents.line_ids), 5)
        self.assertCounts(documents, message, 1, 1)

    def test_a_run_counts_it_alike(self):
        self.opening()
        run = self.run_now()
        self.assertEqual((run.debt_count, run.credit_count), (1, 1))
        self.assertEqual((run.settled_debt_count, run.used_credit_count, run.item_rate), (1, 1, 1))
        self.assertEqual(run.allocated_count, 5)
        [result] = run.rule_result_ids
        self.assertEqual((result.debt_count, result.credit_count, result.item_rate), (1, 1, 1))

    def test_what_is_left_is_counted_alike(self):
        entry = self.env["account.move"].create(
            {
                "journal_id": self.misc_journal.id,
                "date": "2024-03-10",
                "line_ids": [
                    Command.create(
                        {"account_id": account.id, "partner_id": self.customer.id, "balance": balance, "name": "Credit"}
                    )
                    for account, balance in ((self.receivable, -10), (self.receivable, -20), (self.revenue, 30))
                ],
            }
        )
        entry.action_post()
        message = entry.action_allocate_credits()["params"]["message"]
        self.assertIn("1 × Nothing to match it with", message)
        run = self.run_now()
        self.assertEqual(run.reason_ids.item_count, 1)
        self.assertEqual(self.row(run, self.customer).left_count, 1)

    def test_a_payment_on_invoices_of_two_companies_is_one_credit(self):
        branch = self.branch()
        invoices = self.invoice(60) | self.invoice(40, company=branch)
        self.payment(100)
        both = invoices.with_context(allowed_company_ids=(self.company | branch).ids)
        message = both.action_allocate_credits()["params"]["message"]
        self.assertIn("Credits: 1. Invoices: 2.", message)
