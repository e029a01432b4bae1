import psycopg2.errors

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.account_credit_allocation.tests.real_transactions import RealTransactionsCase

from ..exceptions import InsufficientCreditError
from .customer_credit_withdrawal_common import APPROVE_GROUP

GROUPS = f"account.group_account_invoice,{APPROVE_GROUP}"


@tagged("post_install", "-at_install")
class TestCustomerCreditWithdrawalTransactions(RealTransactionsCase):
    """Two people, or two clicks, at the same time: real commits, two connections, retried as a request would be."""

    def setUp(self):
        super().setUp()
        self.switch_off()
        self.addCleanup(self.delete_withdrawals)
        self.commit(self.post_payment)
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            self.user_ids = [
                new_test_user(
                    env, login=login, groups=GROUPS, company_id=self.company_id, company_ids=[self.company_id]
                ).id
                for login in ("early.approver", "late.approver")
            ]
            vals = {"acc_number": "BE71096123456769", "partner_id": self.partner_id}
            self.bank_id = env["res.partner.bank"].create(vals).id
        with self.registry.cursor() as cr:
            # to trust a bank account is a right of its own, which the superuser need not have
            cr.execute("UPDATE res_partner_bank SET allow_out_payment = true WHERE id = %s", (self.bank_id,))

    def delete_withdrawals(self):
        with self.registry.cursor() as cr:
            cr.execute("SELECT id FROM customer_credit_withdrawal WHERE partner_id = %s", (self.partner_id,))
            ids = [row[0] for row in cr.fetchall()]
            cr.execute("DELETE FROM customer_credit_withdrawal WHERE id = ANY(%s)", (ids,))
            cr.execute("DELETE FROM mail_activity WHERE user_id = ANY(%s)", (self.user_ids,))
            cr.execute(
                "UPDATE account_move_line SET credit_reservation_id = NULL WHERE partner_id = %s", (self.partner_id,)
            )
            cr.execute("DELETE FROM customer_credit_reservation WHERE partner_id = %s", (self.partner_id,))
            env = self.environment(cr)
            documents = env["account.credit.allocation"].search([("line_ids.partner_id", "=", self.partner_id)])
            documents.state = "draft"  # others cannot be deleted
            documents.unlink()
            lines = env["account.move.line"].search([("partner_id", "=", self.partner_id)])
            reserving = lines.move_id.filtered(lambda move: not move.origin_payment_id)
            reserving.button_draft()
            reserving.with_context(force_delete=True).unlink()
            env["mail.message"].search([("model", "=", "customer.credit.withdrawal"), ("res_id", "in", ids)]).unlink()
            payments = env["account.payment"].search([("partner_id", "=", self.partner_id)])
            payments.partner_bank_id = False
            env["res.partner.bank"].browse(self.bank_id).unlink()
            users = env["res.users"].browse(self.user_ids)
            partners = users.partner_id
            users.unlink()
            partners.unlink()

    def request(self, env, amount=60):
        company = env["res.company"].browse(self.company_id)
        return (
            env["res.partner"]
            .browse(self.partner_id)
            ._request_credit_withdrawal(
                amount, company.currency_id, env["res.partner.bank"].browse(self.bank_id), company
            )
            .id
        )

    def approve(self, env, withdrawal_id, user=0):
        withdrawal = env["customer.credit.withdrawal"].browse(withdrawal_id)
        withdrawal.with_user(self.user_ids[user]).action_approve()

    def pay(self, env, withdrawal_id):
        journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", self.company_id)], limit=1)
        withdrawal = env["customer.credit.withdrawal"].browse(withdrawal_id)
        withdrawal.with_user(self.user_ids[0])._pay(journal, fields.Date.today())

    def do_late(self, act, meanwhile):
        """Do something while another transaction, of which this one knows nothing, does the same.

        :param act: called with the environment of the late one
        :param meanwhile: called with the environment of the early one, and committed
        :return: the exception that the retried request ends with
        """
        with self.registry.cursor() as late:
            env = self.environment(late)
            env["customer.credit.withdrawal"].search_count([])  # its view of the database is from now on
            self.commit(meanwhile)
            with self.assertRaises(psycopg2.errors.SerializationFailure), self.quiet_sql():
                act(env)
            late.rollback()
            env.transaction.reset()
            with self.assertRaises(UserError) as caught:
                act(env)
            late.rollback()
        return caught.exception

    def get_payments(self):
        with self.registry.cursor() as cr:
            payments = self.environment(cr)["account.payment"].search(
                [("partner_id", "=", self.partner_id), ("payment_type", "=", "outbound")]
            )
            return payments.mapped(lambda payment: (payment.amount, payment.move_id.state))

    def test_two_who_pay_at_once_pay_once(self):
        withdrawal_id = self.commit(self.request)
        self.commit(lambda env: self.approve(env, withdrawal_id))
        error = self.do_late(lambda env: self.pay(env, withdrawal_id), lambda env: self.pay(env, withdrawal_id))
        self.assertIn("is: Paid", str(error))
        self.assertEqual(self.get_payments(), [(60, "posted")])
        self.assertEqual(sorted(self.residuals()), [-40, 0, 0, 0])

    def test_two_who_approve_at_once_approve_once(self):
        withdrawal_id = self.commit(self.request)
        error = self.do_late(
            lambda env: self.approve(env, withdrawal_id, user=1), lambda env: self.approve(env, withdrawal_id)
        )
        self.assertIn("is: Approved", str(error))

    def test_approval_of_what_the_customer_is_cancelling(self):
        withdrawal_id = self.commit(self.request)

        def cancel(env):
            env["customer.credit.withdrawal"].browse(withdrawal_id)._cancel_by_customer()

        error = self.do_late(lambda env: self.approve(env, withdrawal_id), cancel)
        self.assertIn("is: Cancelled", str(error))

    def test_payment_of_what_is_being_refused(self):
        withdrawal_id = self.commit(self.request)
        self.commit(lambda env: self.approve(env, withdrawal_id))

        def refuse(env):
            withdrawal = env["customer.credit.withdrawal"].browse(withdrawal_id)
            withdrawal.with_user(self.user_ids[1]).action_refuse()

        error = self.do_late(lambda env: self.pay(env, withdrawal_id), refuse)
        self.assertIn("is: Refused", str(error))
        self.assertEqual(self.get_payments(), [])

    def test_two_requests_at_once_never_exceed_the_credit(self):
        error = self.do_late(self.request, self.request)
        self.assertIsInstance(error, InsufficientCreditError)
