from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import OnPostCase


@tagged("post_install", "-at_install")
class TestOnPostPerformance(OnPostCase):
    """One plan for whatever was posted together, at a bounded number of queries for each document."""

    def post_credits(self, count):
        """Post ``count`` entries in one call, each with 10 outstanding for another of a hundred partners."""
        partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(min(count, 100))])
        entries = self.env["account.move"].create(
            [
                {
                    "move_type": "entry",
                    "journal_id": self.misc_journal.id,
                    "date": "2024-03-10",
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": self.receivable.id,
                                "partner_id": partners[index % len(partners)].id,
                                "balance": sign * 10,
                            }
                        ),
                        Command.create({"account_id": self.revenue.id, "balance": sign * -10}),
                    ],
                }
                for sign in (1, -1)
                for index in range(count)
            ]
        )
        entries[:count].action_post()
        self.env.cr.postcommit.clear()
        entries[count:].action_post()
        self.env.flush_all()
        return entries

    def count_queries_of_allocation(self, count):
        entries = self.post_credits(count)
        Executor = type(self.env["account.credit.allocation.executor"])
        native_plan, plans = Executor._plan, []

        def plan(executor, scope):
            plans.append(scope)
            return native_plan(executor, scope)

        before = self.env.cr.sql_log_count
        with patch.object(Executor, "_plan", plan):
            self.commit()
        queries = self.env.cr.sql_log_count - before
        self.assertEqual(len(plans), 1, "posted together, planned together")
        self.assertTrue(all(line.reconciled for line in self.open_items(entries)))
        return queries

    def test_a_thousand_documents_make_one_plan(self):
        one = self.count_queries_of_allocation(1)
        hundred = self.count_queries_of_allocation(100)
        thousand = self.count_queries_of_allocation(1000)
        self.assertLess(hundred, one * 20)
        self.assertLess(thousand / 1000, 5)
        self.assertLess(thousand / 1000, one)

    def test_posting_with_nothing_to_allocate_costs_a_handful_of_queries(self):
        self.payment(100)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.commit()
        self.assertLess(self.env.cr.sql_log_count - before, 30)
