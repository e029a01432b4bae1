from unittest.mock import patch

import psycopg2.errors

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import tagged

from ...models.run import account_credit_allocation_run_partner as work_list
from ...models.run import own_transaction
from ..real_transactions import RealTransactionsCase

PARTNERS = 6


@tagged("post_install", "-at_install")
class TestRunTransactions(RealTransactionsCase):
    """Several workers, and other people at work, on real connections with real commits."""

    def setUp(self):
        super().setUp()
        self.switch_off()
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            partners = env["res.partner"].create([{"name": f"Real Customer {index}"} for index in range(PARTNERS)])
            self.partner_ids = [self.partner_id, *partners.ids]
        for partner_id in reversed(self.partner_ids):  # the first one stays chosen
            self.partner_id = partner_id
            self.commit(self.post_invoice)
            self.commit(self.post_payment)

    def delete_everything(self):  # pylint: disable=missing-return
        with self.registry.cursor() as cr:
            runs = self.environment(cr)["account.credit.allocation.run"].search([])
            runs.allocation_ids.run_id = False
            runs.state = "draft"
            runs.unlink()
        for partner_id in self.partner_ids:
            self.partner_id = partner_id
            super().delete_everything()

    def start_run(self, items_per_batch=2, mode="apply"):
        with patch.object(work_list, "ITEMS_PER_BATCH", items_per_batch), self.registry.cursor() as cr:
            run = self.environment(cr)["account.credit.allocation.run"].create(
                {
                    "company_id": self.company_id,
                    "partner_scope": "partners",
                    "partner_ids": [Command.set(self.partner_ids)],
                    "mode": mode,
                }
            )
            run._start()
            return run.id

    def look_at(self, run_id, get):
        with self.registry.cursor() as cr:
            return get(self.environment(cr)["account.credit.allocation.run"].browse(run_id))

    def work(self):
        """A worker that takes what is due, as the scheduler does; returns how many partners it worked on."""
        worked, tried = 0, set()
        with self.registry.cursor() as cr:
            queue = api.Environment(cr, SUPERUSER_ID, {})["account.credit.allocation.run.queue"]
            while found := queue._find_due_batch(tried):
                tried.add((found[0].id, found[1]))
                worked += found[0]._process_batch(found[1])
                cr.rollback()
        return worked

    def states(self, run_id):
        return self.look_at(run_id, lambda run: [run.state, *sorted(set(run.row_ids.mapped("state")))])

    def open_amount(self):
        with self.registry.cursor() as cr:
            lines = self.environment(cr)["account.move.line"].search(
                [("partner_id", "in", self.partner_ids), ("account_type", "=", "asset_receivable")]
            )
            return sum(abs(line.amount_residual) for line in lines)

    def interrupt_work(self, meanwhile):
        """Do something at the end of the first batch, right before its transaction is committed."""
        Worker = type(self.look_at(0, lambda run: run._get_worker()))
        store, called = Worker._store_row_results, []

        def store_row_results(worker, run, rows, result):
            store(worker, run, rows, result)
            run.env.flush_all()
            if not called:
                called.append(True)
                meanwhile(run)

        return patch.object(Worker, "_store_row_results", store_row_results)

    def test_two_workers_share_the_batches_of_a_run(self):
        """While one is at its first batch the other one does all the rest, and ends nothing too early."""
        run_id = self.start_run()
        worked = []

        def other_worker(_run):
            worked.append(self.work())
            self.assertEqual(self.states(run_id), ["running", "done", "pending"])

        with self.interrupt_work(other_worker):
            worked.append(self.work())
        self.assertEqual(worked, [len(self.partner_ids) - 1, 1])
        self.assertEqual(self.states(run_id), ["done", "done"])
        self.assertEqual(self.open_amount(), 0)
        amounts = self.look_at(run_id, lambda run: (run.amount_allocated, run.allocated_count))
        self.assertEqual(amounts, (100 * len(self.partner_ids), len(self.partner_ids)))

    def test_two_runs_over_the_same_partners_allocate_once(self):
        run_ids = [self.start_run(items_per_batch=500), self.start_run(items_per_batch=500)]
        with self.interrupt_work(lambda _run: self.work()), self.no_error_logged():
            self.work()
        for run_id in run_ids:
            self.take_delays_off(run_id)
        self.work()
        self.assertEqual([self.states(run_id) for run_id in run_ids], [["done", "done"]] * 2)
        self.assertEqual(self.open_amount(), 0)
        amounts = [self.look_at(run_id, lambda run: run.amount_allocated) for run_id in run_ids]
        self.assertEqual(sum(amounts), 100 * len(self.partner_ids))

    def take_delays_off(self, run_id):
        with self.registry.cursor() as cr:
            cr.execute("UPDATE account_credit_allocation_run_partner SET next_try = NULL WHERE run_id = %s", (run_id,))

    def test_partner_in_use_is_taken_up_later(self):
        run_id = self.start_run(items_per_batch=500)
        with self.registry.cursor() as other:
            self.lock_items(other)
            self.work()
            self.assertEqual(self.states(run_id), ["running", "done", "pending"])
            self.assertEqual(self.open_amount(), 200)
            self.assertFalse(self.work(), "not before its time")
            other.rollback()
        self.take_delays_off(run_id)
        self.work()
        self.assertEqual(self.states(run_id), ["done", "done"])
        self.assertEqual(self.open_amount(), 0)
        self.assertFalse(self.look_at(run_id, lambda run: run.leftover_ids.ids))

    def test_draft_in_use_is_applied_later_in_the_batch_that_made_it(self):
        run_id = self.start_run(mode="preview")
        self.work()
        batches = self.look_at(run_id, lambda run: run.row_ids.mapped("batch"))
        self.look_at(run_id, lambda run: run.action_apply())
        with self.registry.cursor() as other:
            self.lock_items(other)
            self.work()
            self.assertEqual(self.states(run_id), ["running", "done", "pending"])
            self.assertEqual(self.open_amount(), 200)
            other.rollback()
        waiting = self.look_at(run_id, lambda run: run.row_ids.filtered(lambda row: row.state == "pending").read())
        self.assertEqual([(row["tries"], row["try_reason"]) for row in waiting], [(1, "conflict")])
        self.take_delays_off(run_id)
        self.work()
        self.assertEqual(self.states(run_id), ["done", "done"])
        self.assertEqual(self.open_amount(), 0)
        self.assertEqual(self.look_at(run_id, lambda run: run.row_ids.mapped("batch")), batches)

    def test_partner_that_stays_in_use_is_said_to_be(self):
        run_id = self.start_run(items_per_batch=500)
        with self.registry.cursor() as other:
            # as whoever changes a journal item does
            other.execute(
                "SELECT id FROM account_move_line WHERE partner_id = %s FOR NO KEY UPDATE", (self.partner_id,)
            )
            for _attempt in range(work_list.TRY_LIMITS["conflict"].partner):
                self.assertEqual(self.states(run_id)[0], "running")
                self.work()
                self.take_delays_off(run_id)
            other.rollback()
        self.assertEqual(self.states(run_id), ["done", "done", "locked"])
        row, reasons, failed = self.look_at(
            run_id,
            lambda run: (
                run.row_ids.filtered(lambda row: row.state == "locked").read(["partner_id", "message"])[0],
                run.leftover_ids.mapped("reason"),
                run.failed_count,
            ),
        )
        self.assertEqual(row["partner_id"][0], self.partner_id)
        self.assertIn("Other people", row["message"])
        self.assertEqual(set(reasons), {"locked_by_another_user"})
        self.assertEqual(failed, 1)
        self.assertEqual(self.open_amount(), 200)

    def test_document_that_somebody_has_open_holds_nobody_up_for_long(self):
        run_id = self.start_run(items_per_batch=500)
        with self.registry.cursor() as other:
            other.execute("UPDATE account_move SET narration = 'open' WHERE partner_id = %s", (self.partner_id,))
            with patch.object(own_transaction, "LOCK_TIMEOUT", "100ms"), self.no_error_logged():
                self.work()
            self.assertEqual(self.states(run_id)[0], "running")
            other.rollback()
        self.take_delays_off(run_id)
        self.work()
        self.assertEqual(self.states(run_id), ["done", "done"])
        self.assertEqual(self.open_amount(), 0)

    def test_worker_whose_connection_is_cut_leaves_everything_as_it_was(self):
        run_id = self.start_run(items_per_batch=500)

        def kill(run):
            with self.registry.cursor() as killer:
                killer.execute("SELECT pg_terminate_backend(%s)", (run.env.cr.connection.info.backend_pid,))

        with self.interrupt_work(kill), self.quiet_sql(), self.assertRaises(Exception) as caught:
            self.work()
        self.assertTrue(self.look_at(run_id, lambda run: run._get_worker()._is_connection_lost(caught.exception)))
        self.assertEqual(self.states(run_id), ["running", "pending"])
        self.assertEqual(self.open_amount(), 200 * len(self.partner_ids))
        self.work()
        self.assertEqual(self.states(run_id), ["done", "done"])
        self.assertEqual(self.open_amount(), 0)

    def test_stop_lets_the_batch_at_work_finish(self):
        run_id = self.start_run()
        seen = []

        def stop(_run):
            self.look_at(run_id, lambda run: run.action_stop())
            seen.append(self.look_at(run_id, self.get_figures))

        with self.interrupt_work(stop):
            self.work()
        self.assertEqual(seen, [("stopping", True, 0, 0)])
        self.assertEqual(self.states(run_id), ["stopped", "done", "pending"])
        allocated = 100
        self.assertEqual(self.look_at(run_id, self.get_figures), ("stopped", False, allocated, allocated))
        self.assertEqual(self.open_amount(), 200 * (len(self.partner_ids) - 1))
        self.look_at(run_id, lambda run: run.action_resume())
        self.work()
        self.assertEqual(self.states(run_id), ["done", "done"])

    @staticmethod
    def get_figures(run):
        """What the list and the page show of a run."""
        progress = run.get_progress()
        return run.status, progress["at_work"], run.amount_so_far, progress["amount"]

    def test_schedule_that_meets_people_at_work_is_due_again(self):
        with self.registry.cursor() as cr:
            schedules = self.environment(cr)["account.credit.allocation.run.schedule"]
            schedule = schedules.create({"name": "Every night", "company_id": self.company_id})
            due = schedule.next_call
        conflict = psycopg2.errors.SerializationFailure("could not serialize access")
        with patch.object(type(schedules), "_start_run", side_effect=conflict), self.registry.cursor() as cr:
            self.environment(cr)["account.credit.allocation.run.schedule"]._cron_start_due_runs()
        with self.registry.cursor() as cr:
            schedule = schedule.with_env(self.environment(cr))
            self.assertEqual((schedule.next_call, schedule.run_count), (due, 0))
            self.assertNotIn("No run was started", " ".join(schedule.message_ids.mapped(lambda message: message.body)))
            schedule.unlink()
