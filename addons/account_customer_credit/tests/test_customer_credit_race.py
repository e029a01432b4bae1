from contextlib import ExitStack

import psycopg2.errors

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.real_transactions import RealTransactionsCase


@tagged("post_install", "-at_install")
class TestCustomerCreditRace(RealTransactionsCase):
    """Two who spend at the same time, on two connections: together never more than there is."""

    def delete_everything(self):
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            env["res.company"].browse(self.company_id).customer_credit_overdraft = "none"
            cr.execute(
                "UPDATE account_move_line SET credit_reservation_id = NULL WHERE partner_id = %s", (self.partner_id,)
            )
            cr.execute("DELETE FROM customer_credit_reservation WHERE partner_id = %s", (self.partner_id,))
            documents = env["account.credit.allocation"].search([("line_ids.partner_id", "=", self.partner_id)])
            documents.state = "draft"  # others cannot be deleted
            documents.unlink()
            entries = env["account.move"].search(
                [
                    ("line_ids.partner_id", "=", self.partner_id),
                    ("journal_id", "=", env.company.customer_credit_journal_id.id),
                ]
            )
            entries.button_draft()
            entries.with_context(force_delete=True).unlink()
        return super().delete_everything()

    def reserve(self, env, amount):
        partner = env["res.partner"].browse(self.partner_id)
        partner._credit_reserve(amount, env.company.currency_id, partner)

    def pay(self, amount):
        self.commit(lambda env: self.post_payment(env, amount))

    def allow_overdraft(self, limit):
        with self.registry.cursor() as cr:
            self.environment(cr)["res.company"].browse(self.company_id).write(
                {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": limit}
            )

    def get_credit(self):
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            return env["res.partner"].browse(self.partner_id)._get_credit(env.company, env.company.currency_id)

    def reserve_at_once(self, *amounts):
        """Reserve each amount in a transaction of its own, all of them begun before the first one commits. What the
        database refuses is tried again from the start, as Odoo does with a request.

        :return: for each "done" or the name of the exception, and how many were tried again
        """
        outcomes, conflicts = [], 0
        with ExitStack() as stack:
            cursors = [stack.enter_context(self.registry.cursor()) for _amount in amounts]
            for cr in cursors:
                cr.execute("SELECT COUNT(*) FROM account_move_line")  # the snapshot is taken
            for cr, amount in zip(cursors, amounts, strict=True):
                try:
                    with self.quiet_sql():
                        self.reserve(self.environment(cr), amount)
                    cr.commit()  # pylint: disable=invalid-commit
                except psycopg2.errors.SerializationFailure:
                    cr.rollback()
                    conflicts += 1
                else:
                    outcomes.append("done")
                    continue
                try:
                    self.reserve(self.environment(cr), amount)
                    cr.commit()  # pylint: disable=invalid-commit
                    outcomes.append("done")
                except UserError as error:
                    cr.rollback()
                    outcomes.append(type(error).__name__)
        return outcomes, conflicts

    def test_two_reservations_at_once_never_exceed_the_credit(self):
        self.pay(100)
        self.assertEqual(self.reserve_at_once(70, 60), (["done", "InsufficientCreditError"], 1))
        self.assertEqual(self.get_credit(), 30)

    def test_two_reservations_at_once_that_fit_are_both_made(self):
        self.pay(100)
        self.assertEqual(self.reserve_at_once(30, 60), (["done", "done"], 1))
        self.assertEqual(self.get_credit(), 10)

    def test_two_reservations_at_once_of_different_credits_never_exceed_the_credit(self):
        self.pay(50)
        self.pay(50)
        outcomes = self.reserve_at_once(50, 50, 50)
        self.assertEqual(outcomes, (["done", "done", "InsufficientCreditError"], 2))
        self.assertEqual(self.get_credit(), 0)

    def test_two_reservations_at_once_never_exceed_the_overdraft(self):
        self.allow_overdraft(50)
        self.assertEqual(self.reserve_at_once(30, 30), (["done", "InsufficientCreditError"], 1))
        self.assertEqual(self.get_credit(), -30)
