from datetime import date
from unittest.mock import patch

import psycopg2.errors

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.engine import allocation_executor, allocation_trigger
from ..real_transactions import RealTransactionsCase


@tagged("post_install", "-at_install")
class TestRealTransactions(RealTransactionsCase):
    def test_commit_of_the_posting_starts_the_allocation(self):
        self.commit(self.post_invoice)
        self.assertEqual(self.residuals(), [100])
        self.commit(self.post_payment)
        self.assertEqual(self.residuals(), [0, 0])

    def test_rollback_of_the_posting_starts_nothing(self):
        self.commit(self.post_invoice)
        with self.registry.cursor() as cr:
            self.post_payment(self.environment(cr))
            cr.rollback()
        self.assertEqual(self.residuals(), [100])

    def test_invoice_in_use_by_another_transaction_is_left_then_taken_up(self):
        self.commit(self.post_invoice)
        with self.registry.cursor() as other:
            self.lock_items(other)
            with patch.object(allocation_trigger, "PAUSE", 0):
                payment_id = self.commit(self.post_payment)
            self.assertEqual(self.residuals(), [100, -100])
            other.rollback()
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            note = env["account.payment"].browse(payment_id).message_ids[0].body
            self.assertIn("In use by somebody else", note)
            env["account.credit.allocation.executor"]._allocate(self.scope(), "run")
        self.assertEqual(self.residuals(), [0, 0])

    def test_invoice_that_becomes_free_meanwhile_is_allocated_at_the_next_attempt(self):
        self.commit(self.post_invoice)
        other = self.registry.cursor()
        self.addCleanup(other.close)
        self.lock_items(other)
        with patch.object(allocation_trigger.time, "sleep", lambda _seconds: other.rollback()):
            self.commit(self.post_payment)
        self.assertEqual(self.residuals(), [0, 0])

    def test_only_the_document_that_is_in_use_is_told_so(self):
        """Posted together, in conflict alone; and nobody waits after the last attempt."""
        with self.registry.cursor() as cr:
            free_id = self.environment(cr)["res.partner"].create({"name": "Free Customer"}).id
        self.addCleanup(setattr, self, "partner_id", self.partner_id)
        self.addCleanup(self.delete_everything_of, free_id)
        held_invoice = self.commit(self.post_invoice)
        held_partner, self.partner_id = self.partner_id, free_id
        self.commit(self.post_invoice)

        def post_both(env):
            payments = [self.post_payment(env)]
            self.partner_id = held_partner
            return [*payments, self.post_payment(env)]

        naps = []
        with self.registry.cursor() as other:
            other.execute("UPDATE account_move SET narration = 'open' WHERE id = %s", (held_invoice,))
            with (
                patch.object(allocation_trigger.time, "sleep", naps.append),
                patch.object(allocation_trigger, "LOCK_TIMEOUT", "100ms"),
                self.no_error_logged(),
            ):
                free_payment, held_payment = self.commit(post_both)
            other.rollback()
        self.assertEqual(len(naps), allocation_trigger.ATTEMPTS - 1)
        self.assertEqual(self.residuals(), [100, -100])
        self.partner_id = free_id
        self.assertEqual(self.residuals(), [0, 0])
        with self.registry.cursor() as cr:
            Payment = self.environment(cr)["account.payment"]
            self.assertIn("In use by somebody else", Payment.browse(held_payment).message_ids[0].body)
            notes = "".join(Payment.browse(free_payment).message_ids.mapped("body"))
            self.assertNotIn("In use by somebody else", notes)

    def test_what_was_matched_before_must_be_free_too(self):
        """Reconciling writes the matching number of all that is matched already; half locked that is a deadlock."""
        self.commit(self.post_invoice)
        self.commit(lambda env: self.post_payment(env, 40))
        self.assertEqual(self.residuals(), [60, 0])
        self.switch_off()
        self.commit(lambda env: self.post_payment(env, 30))
        with self.registry.cursor() as other, self.registry.cursor() as cr:
            other.execute(
                "SELECT id FROM account_move_line WHERE partner_id = %s AND reconciled AND credit > 0 FOR UPDATE",
                (self.partner_id,),
            )
            cr.execute("SET LOCAL lock_timeout = '1s'")
            outcome = self.environment(cr)["account.credit.allocation.executor"]._allocate(self.scope(), "bulk")
            self.assertFalse(outcome.executed)
            self.assertEqual({left.reason for left in outcome.credits_left}, {"locked_by_another_user"})
            cr.rollback()
            other.rollback()

    def test_document_that_somebody_else_has_open_does_not_block_the_poster_for_long(self):
        invoice_id = self.commit(self.post_invoice)
        with self.registry.cursor() as other:
            other.execute("UPDATE account_move SET narration = 'open' WHERE id = %s", (invoice_id,))
            with (
                patch.object(allocation_trigger, "PAUSE", 0),
                patch.object(allocation_trigger, "LOCK_TIMEOUT", "100ms"),
                self.no_error_logged(),
            ):
                payment_id = self.commit(self.post_payment)
            other.rollback()
        self.assertEqual(self.residuals(), [100, -100])
        with self.registry.cursor() as cr:
            payment = self.environment(cr)["account.payment"].browse(payment_id)
            self.assertIn("In use by somebody else", payment.message_ids[0].body)

    def test_two_first_allocations_of_a_year_get_two_numbers(self):
        day = date(2039, 6, 1)
        with self.registry.cursor() as late:
            late_env = self.environment(late)
            late_env["account.credit.allocation"].search_count([])  # its view of the database is from now on
            with self.registry.cursor() as early:
                company = self.environment(early)["res.company"].browse(self.company_id)
                self.assertEqual(company._next_credit_allocation_number(day), "CA/2039/00001")
            company = late_env["res.company"].browse(self.company_id)
            with self.no_error_logged(), self.assertRaises(psycopg2.errors.SerializationFailure):
                company._next_credit_allocation_number(day)
            late.rollback()
            late_env.transaction.reset()
            self.assertEqual(company._next_credit_allocation_number(day), "CA/2039/00002")
            late_env["ir.sequence.date_range"].search([("date_from", "=", "2039-01-01")]).unlink()

    def test_two_that_find_a_sequence_set_back_get_two_numbers(self):
        """Both look at the numbers that are taken, the second one at an old view of them. It writes the row of the year
        that the first one has written, and starts again."""
        day, year = date(2039, 6, 1), [("date_from", "=", "2039-01-01")]

        def number(env):
            return env["res.company"].browse(self.company_id)._next_credit_allocation_number(day)

        def take_and_set_back(env):
            vals = {"company_id": self.company_id, "name": number(env), "date": day, "origin": "bulk"}
            env["ir.sequence.date_range"].search(year).number_next_actual = 1
            return env["account.credit.allocation"].create(vals).id

        taken = self.commit(take_and_set_back)
        self.addCleanup(self.commit, lambda env: env["account.credit.allocation"].browse(taken).unlink())
        self.addCleanup(self.commit, lambda env: env["ir.sequence.date_range"].search(year).unlink())
        with self.registry.cursor() as late:
            late.execute("SET lock_timeout = '5s'")
            late_env = self.environment(late)
            late_env["account.credit.allocation"].search_count([])  # its view of the database is from now on
            with self.registry.cursor() as middle:
                self.environment(middle)["ir.sequence.date_range"].search(year).number_next_actual = 1
            self.assertEqual(self.commit(number), "CA/2039/00002")
            with self.registry.cursor() as middle:
                self.environment(middle)["ir.sequence.date_range"].search(year).number_next_actual = 1
            with self.no_error_logged(), self.assertRaises(psycopg2.errors.SerializationFailure):
                number(late_env)
            late.rollback()
            late_env.transaction.reset()
            self.assertEqual(number(late_env), "CA/2039/00002")

    def test_same_credit_is_never_spent_twice(self):
        """Both transactions saw the credit; one allocates and commits, the other must not allocate on its old view."""
        self.switch_off()
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        with self.registry.cursor() as late:
            late_env = self.environment(late)
            late_executor = late_env["account.credit.allocation.executor"]
            self.assertTrue(late_env["account.credit.allocation.planner"]._plan(self.scope())[0].plan.matches)
            with self.registry.cursor() as early:
                outcome = self.environment(early)["account.credit.allocation.executor"]._allocate(self.scope(), "run")
                self.assertEqual(len(outcome.executed), 1)
            with self.no_error_logged(), self.assertRaises(psycopg2.errors.SerializationFailure):
                late_executor._allocate(self.scope(), "run")
            late.rollback()
            late_env.transaction.reset()
            self.assertFalse(late_executor._allocate(self.scope(), "run").executed)
        self.assertEqual(self.residuals(), [0, 0])

    def test_two_clicks_on_undo_undo_once(self):
        """While the first is at work the second is told so; on its old view it must not go on; then it is too late."""
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        with self.registry.cursor() as late:
            late_env = self.environment(late)
            lines = late_env["account.credit.allocation.line"].search([("partner_id", "=", self.partner_id)])
            self.assertEqual(lines.state, "done")
            with self.registry.cursor() as early:
                lines.with_env(self.environment(early))._undo()
                with self.assertRaisesRegex(UserError, "Somebody else is working on these documents"):
                    lines._undo()
            with self.no_error_logged(), self.assertRaises(psycopg2.errors.SerializationFailure):
                lines._undo()
            late.rollback()
            late_env.transaction.reset()
            with self.assertRaisesRegex(UserError, "has undone this already"):
                lines._undo()
        self.assertEqual(self.residuals(), [100, -100])

    def test_undo_of_items_in_use_by_another_transaction_changes_nothing(self):
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        with self.registry.cursor() as other, self.registry.cursor() as cr:
            self.lock_items(other)
            Line = self.environment(cr)["account.credit.allocation.line"]
            lines = Line.search([("partner_id", "=", self.partner_id)])
            with self.assertRaisesRegex(UserError, "Somebody else is working on these documents.*INV/.*try again"):
                lines._undo()
            cr.rollback()
            other.rollback()
        self.assertEqual(self.residuals(), [0, 0])

    def test_preview_of_items_in_use_by_another_transaction_stays_as_it_is(self):
        self.switch_off()
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        with self.registry.cursor() as cr:
            draft = self.environment(cr)["res.partner"].browse(self.partner_id).action_preview_credit_allocation()
        with self.registry.cursor() as other, self.registry.cursor() as cr:
            self.lock_items(other)
            document = self.environment(cr)["account.credit.allocation"].browse(draft["res_id"])
            with self.assertRaisesRegex(UserError, "In use by somebody else"):
                document.action_apply()
            cr.rollback()
            other.rollback()
        self.assertEqual(self.residuals(), [100, -100])

    def test_two_clicks_on_apply_allocate_once(self):
        self.switch_off()
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        with self.registry.cursor() as cr:
            draft = self.environment(cr)["res.partner"].browse(self.partner_id).action_preview_credit_allocation()
        with self.registry.cursor() as late:
            late_env = self.environment(late)
            document = late_env["account.credit.allocation"].browse(draft["res_id"])
            self.assertEqual(document.state, "draft")
            with self.registry.cursor() as early:
                document.with_env(self.environment(early)).action_apply()
                with self.assertRaisesRegex(UserError, "Somebody else is working on Preview"):
                    document.action_apply()
            with self.no_error_logged(), self.assertRaises(psycopg2.errors.SerializationFailure):
                document.action_apply()
            late.rollback()
            late_env.transaction.reset()
            with self.assertRaisesRegex(UserError, "CA/.* is: Done"):
                document.action_apply()
        self.assertEqual(self.residuals(), [0, 0])

    def test_connection_lost_in_the_middle_is_no_failure_of_a_partner(self):
        """Nothing can go on without the connection; whoever asked for the allocation must learn of it."""
        self.switch_off()
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        doomed = self.registry.cursor()
        self.addCleanup(doomed._cnx.close)
        env = self.environment(doomed)
        reconcile = type(env["account.move.line"])._reconcile_pairs

        def lose_connection(lines, pairs, *args, **kwargs):
            with self.registry.cursor() as killer:
                killer.execute("SELECT pg_terminate_backend(%s)", (doomed.connection.info.backend_pid,))
            return reconcile(lines, pairs, *args, **kwargs)

        self.patch(type(env["account.move.line"]), "_reconcile_pairs", lose_connection)
        with (
            self.assertNoLogs(allocation_executor.__name__, "WARNING"),
            self.assertRaises((psycopg2.OperationalError, psycopg2.InterfaceError)),
            self.quiet_sql(),
        ):
            env["account.credit.allocation.executor"]._allocate(self.scope(), "run")
        self.assertEqual(self.residuals(), [100, -100])

    def test_allocation_that_dies_before_its_commit_leaves_everything_as_it_was(self):
        self.switch_off()
        self.commit(self.post_invoice)
        self.commit(self.post_payment)
        doomed = self.registry.cursor()
        self.addCleanup(doomed._cnx.close)
        self.environment(doomed)["account.credit.allocation.executor"]._allocate(self.scope(), "run")
        with self.registry.cursor() as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", (doomed.connection.info.backend_pid,))
        with self.assertRaises(psycopg2.Error), self.quiet_sql():
            doomed.commit()
        self.assertEqual(self.residuals(), [100, -100])
        with self.registry.cursor() as cr:
            outcome = self.environment(cr)["account.credit.allocation.executor"]._allocate(self.scope(), "run")
            self.assertEqual(len(outcome.executed), 1)
        self.assertEqual(self.residuals(), [0, 0])
