from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.run import account_credit_allocation_run_partner as work_list
from .run_common import RunCase

LOGGER = "odoo.addons.account_credit_allocation"


@tagged("post_install", "-at_install")
class TestRunFaults(RunCase):
    """Whatever happens to a batch, the run goes on; nothing is lost and nothing done twice."""

    def setUp(self):
        super().setUp()
        self.partners = self.env["res.partner"].create([{"name": f"Customer {index}"} for index in range(4)])
        self.pairs = {partner: self.pair(partner) for partner in self.partners}

    def assertAllDone(self, run, except_for=()):
        for partner, (invoice, payment) in self.pairs.items():
            if partner in except_for:
                self.assertNotAllocated(invoice, payment)
            else:
                self.assertAllocated(invoice, payment, 100)
        lines = run.allocation_ids.line_ids
        self.assertEqual(sum(lines.mapped("amount")), run.amount_allocated)
        self.assertEqual(sum(run.row_ids.mapped("amount")), run.amount_allocated)
        self.assertEqual(sum(run.row_ids.mapped("allocated_count")), run.allocated_count)

    def break_partner(self, partner, error):
        """Native reconciliation of this partner's items fails."""
        items = self.open_items(self.pairs[partner][0])
        Line = type(self.env["account.move.line"])
        native_reconcile = Line._reconcile_plan

        def reconcile_plan(lines, plan):
            if any(leaf & items for leaf in plan):
                raise error
            return native_reconcile(lines, plan)

        return patch.object(Line, "_reconcile_plan", reconcile_plan)

    def break_batches(self, error, condition=lambda rows: True):
        """The work on a batch fails at its end, right before it is committed, where the rows meet the condition."""
        Worker = type(self.Worker)
        store = Worker._store_row_results

        def store_row_results(worker, run, rows, result):
            store(worker, run, rows, result)
            if condition(rows):
                raise error

        return patch.object(Worker, "_store_row_results", store_row_results)

    def test_run_whose_last_worker_was_killed_before_it_ended_the_run_is_ended_by_the_next(self):
        """The last batch is committed, then the process dies: nothing is pending, and no batch will ever end it."""
        run = self.new_run()
        run.action_start()
        with patch.object(type(self.Worker), "_end_run_if_complete", lambda worker, run: None):
            self.work()
        self.assertEqual(set(run.row_ids.mapped("state")), {"done"})
        self.assertEqual(run.state, "running")
        self.work()
        self.assertEqual(run.state, "done")
        self.assertAllDone(run)

    def test_poisoned_partner_fails_alone_and_can_be_tried_again(self):
        poisoned = self.partners[2]
        with self.break_partner(poisoned, UserError("The period is locked.")), self.assertLogs(LOGGER, "WARNING"):
            run = self.run_now()
        self.assertAllDone(run, except_for=poisoned)
        row = self.row(run, poisoned)
        self.assertEqual((row.state, row.try_reason, row.message), ("failed", "error", "The period is locked."))
        self.assertEqual((run.state, run.failed_count), ("done", 1))
        self.assertEqual(set(run.leftover_ids.mapped("reason")), {"failed"})
        self.assertEqual(run.activity_ids.user_id, run.user_id)
        run.action_retry()
        self.assertEqual(run.state, "running")
        self.work()
        self.assertAllDone(run)
        self.assertEqual((run.state, run.failed_count, row.state), ("done", 0, "done"))
        self.assertFalse(run.leftover_ids)

    def test_batch_that_fails_as_a_whole_is_split_into_its_partners(self):
        poisoned = self.partners[1]
        broken = self.break_batches(ValueError("nonsense"), lambda rows: poisoned in rows.partner_id)
        with broken, self.assertLogs(LOGGER, "WARNING"):
            run = self.run_now()
        self.assertAllDone(run, except_for=poisoned)
        self.assertEqual(self.row(run, poisoned).state, "failed")
        self.assertIn("log", self.row(run, poisoned).message)

    def test_killed_before_the_commit_nothing_has_happened_and_the_next_call_goes_on(self):
        run = self.new_run()
        run.action_start()
        [batch] = self.pending_batches(run)
        killed = False
        with self.break_batches(psycopg2.OperationalError("server closed the connection")):
            try:  # assertRaises would roll the counted attempt back, too
                run._process_batch(batch)
            except psycopg2.OperationalError:
                killed = True
        self.assertTrue(killed)
        self.env.invalidate_all()
        self.assertEqual(set(run.row_ids.mapped("state")), {"pending"})
        self.assertEqual({(row.tries, row.try_reason) for row in run.row_ids}, {(1, "interrupted")})
        self.assertFalse(run.allocation_ids)
        self.work()
        self.assertAllDone(run)
        self.assertEqual({(row.tries, row.try_reason) for row in run.row_ids}, {(2, False)})

    def test_partner_that_kills_the_process_each_time_is_found_and_marked_failed(self):
        poisoned = self.partners[3]
        run = self.new_run()
        run.action_start()
        kills = 0
        error = psycopg2.OperationalError("server closed the connection")
        with self.break_batches(error, lambda rows: poisoned in rows.partner_id):
            while run.state == "running" and kills < 10:
                for batch in self.pending_batches(run):
                    try:
                        run._process_batch(batch)
                    except psycopg2.OperationalError:
                        kills += 1
                self.env.invalidate_all()
        limit = work_list.TRY_LIMITS["interrupted"]
        self.assertEqual(kills, limit.batch + limit.partner)
        self.assertAllDone(run, except_for=poisoned)
        row = self.row(run, poisoned)
        self.assertEqual((run.state, row.state, row.try_reason), ("done", "failed", "interrupted"))

    def test_conflict_is_tried_again_later_and_finally_said_to_be_one(self):
        busy = self.partners[0]
        run = self.new_run()
        run.action_start()
        conflict = psycopg2.errors.SerializationFailure("could not serialize access")
        rounds = 0
        with self.break_batches(conflict, lambda rows: busy in rows.partner_id):
            while run.state == "running" and rounds < 20:
                rounds += 1
                for batch in self.pending_batches(run):
                    self.assertTrue(run._process_batch(batch))
                self.env.invalidate_all()
        limit = work_list.TRY_LIMITS["conflict"]
        self.assertEqual(rounds, limit.batch + limit.partner)  # together, then alone
        self.assertAllDone(run, except_for=busy)
        row = self.row(run, busy)
        self.assertEqual((row.state, row.try_reason), ("locked", "conflict"))
        self.assertIn("Other people", row.message)

    def test_the_page_says_for_whom_it_waits_while_the_others_are_done(self):
        busy = self.partners[0]
        run = self.new_run()
        run.action_start()
        self.assertIsNone(run.get_progress()["waits_for"])
        with self.break_batches(psycopg2.errors.LockNotAvailable("locked"), lambda rows: busy in rows.partner_id):
            for _round in range(2):
                for batch in self.pending_batches(run):
                    run._process_batch(batch)
            self.env.invalidate_all()
            for batch in self.pending_batches(run):
                run._process_batch(batch)
        self.env.invalidate_all()
        progress = run.get_progress()
        self.assertEqual((progress["finished"], progress["partners"]), (len(self.partners) - 1, len(self.partners)))
        waits_for = progress["waits_for"]
        self.assertEqual((waits_for["partners"], waits_for["names"]), (1, busy.name))
        self.assertGreater(waits_for["next_try"], fields.Datetime.to_string(fields.Datetime.now()))
        self.assertIsNone(progress["seconds_left"])  # nobody can tell

    def test_what_is_put_off_is_not_due_before_its_time(self):
        run = self.new_run()
        run.action_start()
        with self.break_batches(psycopg2.errors.SerializationFailure("conflict")):
            self.work()
        self.assertEqual({(row.tries, row.try_reason) for row in run.row_ids}, {(1, "conflict")})
        self.assertFalse(self.Queue._count_due_batches())
        self.env.cr.execute("UPDATE account_credit_allocation_run_partner SET next_try = next_try - interval '1 hour'")
        self.work()
        self.assertAllDone(run)
