from unittest.mock import patch

from odoo import Command
from odoo.api import Environment
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.engine.allocation_trigger import NOTED
from ..common import OnPostCase


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
        Planner = type(self.env["account.credit.allocation.planner"])
        native_plan, plans = Planner._plan, []

        def plan(planner, scope):
            plans.append(scope)
            return native_plan(planner, scope)

        before = self.env.cr.sql_log_count
        with patch.object(Planner, "_plan", plan):
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

    def assertNothingIsRead(self):
        """The commit asks its one question, and the allocation does not begin. Some queries are the test cursor's."""
        self.assertIn(NOTED, self.env.cr.postcommit.data)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        with patch.object(type(self.env["account.credit.allocation.trigger"]), "_allocate_opened") as allocate:
            self.commit()
        allocate.assert_not_called()
        self.assertLess(self.env.cr.sql_log_count - before, 12)

    def test_posting_with_nothing_to_allocate_costs_one_question(self):
        self.env.cr.flush()
        for post in (self.payment, self.invoice):
            with self.subTest(post.__name__):
                for _ in range(2):  # what is open on the same side is no counterpart
                    post(100, self.stranger if post == self.payment else self.customer)
                self.assertNothingIsRead()

    def test_the_question_never_reads_the_whole_ledger(self):
        """In a large one, PostgreSQL expects to come across a counterpart soon, and would read it all to find none."""
        payments = self.payment(100) | self.payment(100, self.stranger)
        native_query, seen = Environment.execute_query, []

        def explain(env, query):
            seen.extend(native_query(env, SQL("SHOW enable_seqscan")) + native_query(env, SQL("EXPLAIN %s", query)))
            return native_query(env, query)

        with patch.object(Environment, "execute_query", explain):
            self.env["account.credit.allocation.trigger"]._find_with_counterpart(
                payments.move_id.line_ids.ids, tuple(self.company.ids)
            )
        self.assertEqual(seen[0], ("off",))
        self.assertTrue([line for (line,) in seen if "account_move_line_open_debits_idx" in line])
        self.assertEqual(self.env.execute_query(SQL("SHOW enable_seqscan")), [("on",)])

    def test_what_cannot_start_an_allocation_is_not_even_noted(self):
        self.company.credit_allocation_on_payment = False
        self.vendor.credit_allocation_policy = "manual"
        for post in (
            lambda: self.entry(100, account=self.company_data["default_account_assets"]),
            lambda: self.entry(100, self.env["res.partner"]),
            lambda: self.bill(100, self.stranger),  # the company leaves vendors to people
            lambda: self.invoice(100, self.vendor),
            lambda: self.payment(100),
        ):
            post()
            self.assertNotIn(NOTED, self.env.cr.postcommit.data)

    def test_what_the_flow_has_settled_costs_one_question(self):
        invoice = self.invoice(100)
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create(
            {}
        )._create_payments()
        self.assertNothingIsRead()
