from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CreditPaymentCase


@tagged("post_install", "-at_install")
class TestTopUp(CreditPaymentCase):
    """A top-up becomes credit when it is done: once, and in the ledger."""

    def test_a_top_up_that_is_done_is_credit(self):
        tx = self.topup(50)
        self.assertCredit(150)
        movement = self.env["customer.credit.movement"].search([("move_id", "=", tx.payment_id.move_id.id)])
        self.assertEqual(movement.kind, "deposit", "as what is added in the back office")
        self.assertRecordValues(
            tx.payment_id,
            [
                {
                    "amount": 50.0,
                    "partner_id": self.customer.id,
                    "payment_type": "inbound",
                    "credit_allocation_excluded": True,
                    "memo": f"Top-up of credit {tx.reference}",
                }
            ],
        )

    def test_a_top_up_that_is_not_done_is_no_credit(self):
        for state in (None, "pending", "cancel", "error"):
            self.topup(50, state=state)
        self.assertCredit(100)

    def test_however_often_it_is_post_processed_it_is_credit_once(self):
        tx = self.topup(50)
        for _time in range(3):
            tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
            tx._post_process()
        self.assertEqual(len(self.env["account.payment"].search([("payment_transaction_id", "=", tx.id)])), 1)
        self.assertCredit(150)

    def test_a_pending_top_up_becomes_credit_when_the_money_comes(self):
        tx = self.topup(50, state="pending")
        self.assertCredit(100)
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self.assertCredit(150)

    def test_an_ordinary_online_payment_is_left_as_it_is(self):
        tx = self.topup(50, is_customer_credit_topup=False)
        self.assertFalse(tx.payment_id.credit_allocation_excluded)

    def test_an_overdraft_is_settled_first(self):
        self.customer.with_company(self.company).write(
            {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50}
        )
        self.pay_with_credit(self.transaction(130, [self.invoice(130)]))
        self.assertCredit(-30)
        tx = self.topup(50)
        self.assertCredit(20)
        self.assertOpen(tx.payment_id, 20)

    def test_what_is_captured_of_a_top_up_is_credit(self):
        provider = self.provider("demo", state="test", capture_manually=True)
        provider.payment_method_ids.support_manual_capture = "partial"
        tx = self.topup(50, provider=provider)
        self.assertEqual(tx.state, "authorized")
        self.assertCredit(100)
        captured = tx._capture(30)
        captured._post_process()
        self.assertCredit(130)
        self.assertTrue(captured.is_customer_credit_topup)

    def test_there_is_an_entry_even_where_the_method_has_no_outstanding_account(self):
        """Odoo's accounting makes payments without entries then; what is in no ledger is no credit."""
        provider = self.provider("demo", state="test")
        tx = self.topup(50, state=None)
        lines = provider.journal_id.inbound_payment_method_line_ids
        lines.filtered(lambda line: line.payment_provider_id == provider).payment_account_id = False
        self.assertTrue(tx._with_customer_credit_entry().env.context["force_payment_move"])
        tx._set_done()
        tx._post_process()
        self.assertTrue(tx.payment_id.move_id)
        self.assertCredit(150)


@tagged("post_install", "-at_install")
class TestTopUpByWireTransfer(CreditPaymentCase):
    """Nobody tells Odoo that a transfer has arrived: somebody says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wire = cls.provider("custom", state="enabled", is_published=True)
        cls.tx = cls.transaction(50, provider=cls.wire, is_customer_credit_topup=True)
        cls.tx._process("custom", {"reference": cls.tx.reference})
        cls.tx._post_process()
        cls.clerk = cls.new_billing_user()

    def test_it_is_no_credit_as_long_as_it_is_only_announced(self):
        self.assertEqual(self.tx.state, "pending")
        self.assertCredit(100)

    def test_it_is_credit_when_somebody_says_that_the_money_has_arrived(self):
        self.tx.with_user(self.clerk).sudo(False).action_customer_credit_money_received()
        self.assertEqual(self.tx.state, "done")
        self.assertTrue(self.tx.payment_id.move_id)
        self.assertCredit(150)

    def test_it_arrives_once(self):
        tx = self.tx.with_user(self.clerk).sudo(False)
        tx.action_customer_credit_money_received()
        with self.assertRaises(UserError):
            tx.action_customer_credit_money_received()
        self.assertCredit(150)

    def test_whoever_may_not_add_credit_may_not_say_so(self):
        for user in (self.portal_user, new_test_user(self.env, login="clerkless", groups="base.group_user")):
            with self.assertRaises(AccessError):
                self.tx.with_user(user).sudo(False).action_customer_credit_money_received()
        self.assertEqual(self.tx.state, "pending")

    def test_the_button_is_for_top_ups_by_wire_transfer_only(self):
        other = self.transaction(50, [self.invoice(50)], provider=self.wire)
        other._set_pending()
        card = self.topup(50, state="pending")
        for tx in (other, card, self.transaction(50, [self.invoice(50)])):
            with self.assertRaises(UserError):
                tx.with_user(self.clerk).sudo(False).action_customer_credit_money_received()
