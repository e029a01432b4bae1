from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import IntegrityMixin, press

from ..models.allocation.account_credit_allocation_check_finding import KINDS
from .customer_credit_withdrawal_common import WithdrawalCase


@tagged("post_install", "-at_install")
class TestCustomerCreditIntegrity(IntegrityMixin, WithdrawalCase):
    """The nightly check knows reservations and withdrawals: each damage is found, and nothing else is."""

    def setUp(self):
        super().setUp()
        self.reservation = self.reserve(30).sudo()
        self.assertAgrees()

    def damage_item(self, assignment, *params):
        self.damage(f"UPDATE account_move_line SET {assignment} WHERE id = %s", *params, self.reservation.line_ids.id)

    def test_what_is_held_is_not_what_is_open(self):
        self.damage("UPDATE customer_credit_reservation SET amount_held = 31 WHERE id = %s", self.reservation.id)
        self.assertEqual(self.find(), ["reservation_held"])
        check = self.env["account.credit.allocation.check"]._check(self.company)
        finding = check.finding_ids
        self.assertEqual((finding.expected, finding.found), ("$\N{NO-BREAK SPACE}30.00", "$\N{NO-BREAK SPACE}31.00"))
        self.assertEqual(finding.place, self.reservation.name)
        self.assertEqual(finding.action_open()["res_model"], "customer.credit.reservation")
        self.assertEqual(finding.action_open()["res_id"], self.reservation.id)
        self.assertTrue(check.can_recompute)
        check.action_recompute()
        self.assertAgrees()
        self.assertEqual(self.reservation.amount_held, 30)

    def test_mark_that_vanished(self):
        self.damage_item("credit_reservation_id = NULL")
        self.assertEqual(self.find(), ["reservation_held"])

    def test_mark_on_the_credit_of_somebody_else(self):
        self.damage_item("partner_id = %s", self.stranger.id)
        self.assertEqual(self.find(), ["reservation_items"])

    def test_credit_that_is_held_again_for_a_refused_withdrawal(self):
        for state, decide in (("refused", self.refuse_and_unreconcile), ("cancelled", self.cancel_and_unreconcile)):
            with self.subTest(state):
                withdrawal = decide()
                self.assertEqual(withdrawal.reservation_id.amount_held, 10)
                self.assertEqual(self.find(), ["withdrawal_decided"])
                finding = self.env["account.credit.allocation.check"]._check(self.company).finding_ids
                self.assertEqual((finding.severity, finding.found), ("warning", "$\N{NO-BREAK SPACE}10.00"))
                self.assertEqual(finding.action_open()["res_id"], withdrawal.reservation_id.id)
                withdrawal.reservation_id._credit_release()
                self.assertAgrees()

    def test_entry_that_is_not_posted(self):
        self.damage("UPDATE account_move SET state = 'draft' WHERE id = %s", self.reservation.move_id.id)
        self.assertEqual(self.find(), ["reservation_entry"])

    def test_contact_of_a_customer_that_got_another_company(self):
        person = self.env["res.partner"].create({"name": "Person"})
        self.payment(20, person)
        self.reserve(20, partner=person)
        person.parent_id = self.stranger
        self.assertAgrees()

    def test_withdrawals_in_all_states(self):
        cancelled, refused, approved = self.request(5), self.request(5), self.request(5)
        cancelled.action_cancel()
        refused.with_user(self.approver).action_refuse()
        self.approve(approved)
        paid = self.new_paid_withdrawal(10)
        self.assertAgrees()
        paid.payment_id.action_draft()
        self.assertAgrees()
        paid.payment_id.action_cancel()
        self.assertAgrees()

    def test_withdrawal_whose_credit_is_not_reserved_any_more(self):
        withdrawal = self.request(10).sudo()
        withdrawal.reservation_id._credit_release()
        self.assertEqual(self.find(), ["withdrawal_credit"])
        finding = self.env["account.credit.allocation.check"]._check(self.company).finding_ids
        self.assertEqual((finding.severity, finding.found), ("warning", "$\N{NO-BREAK SPACE}0.00"))

    def test_withdrawal_whose_payment_is_reconciled_no_more(self):
        withdrawal = self.new_paid_withdrawal(10)
        self.open_items(withdrawal.payment_id).remove_move_reconcile()
        self.assertEqual(self.find(), ["withdrawal_payment"])
        withdrawal.action_reconcile()
        self.assertAgrees()

    # --- what a finding says is to be done ----------------------------------------------------------------------------

    def get_remedies(self):
        """``{kind: (damage, what the finding says is to be done)}``"""
        entry = self.reservation.move_id
        return {
            "reservation_held": (
                lambda: self.damage(
                    "UPDATE customer_credit_reservation SET amount_held = 31 WHERE id = %s", self.reservation.id
                ),
                lambda check, _damaged: press(check, "action_recompute"),
            ),
            "reservation_items": (
                lambda: self.damage_item("partner_id = %s", self.stranger.id),
                lambda _check, _damaged: press(self.reservation.sudo(False), "action_release"),
            ),
            "reservation_entry": (
                lambda: self.damage("UPDATE account_move SET state = 'draft' WHERE id = %s", entry.id),
                lambda _check, _damaged: press(entry.sudo(False), "action_post"),
            ),
            "withdrawal_decided": (
                self.refuse_and_unreconcile,
                lambda _check, withdrawal: press(
                    self.reservation.browse(withdrawal.reservation_id.id).sudo(False), "action_release"
                ),
            ),
            "withdrawal_credit": (self.release_under_withdrawal, lambda _check, withdrawal: self.refuse(withdrawal)),
            "withdrawal_payment": (
                self.unreconcile_withdrawal,
                lambda _check, withdrawal: press(withdrawal, "action_reconcile"),
            ),
        }

    def release_under_withdrawal(self):
        withdrawal = self.request(10)
        withdrawal.sudo().reservation_id._credit_release()
        return withdrawal

    def refuse_and_unreconcile(self):
        withdrawal = self.request(10).sudo()
        self.refuse(withdrawal)
        return self.unreconcile(withdrawal)

    def cancel_and_unreconcile(self):
        withdrawal = self.request(10)
        press(withdrawal, "action_cancel")
        return self.unreconcile(withdrawal.sudo())

    def unreconcile(self, withdrawal):
        withdrawal.reservation_id.move_id.line_ids.remove_move_reconcile()
        return withdrawal

    def refuse(self, withdrawal):
        press(withdrawal.with_user(self.approver), "action_refuse")

    def unreconcile_withdrawal(self):
        withdrawal = self.new_paid_withdrawal(10)
        self.open_items(withdrawal.payment_id).remove_move_reconcile()
        return withdrawal

    def test_every_remedy_repairs_what_it_is_for(self):
        self.env.user.group_ids |= self.env.ref("account_customer_credit.customer_credit_group_release")
        for kind, (damage, cure) in self.get_remedies().items():
            with self.subTest(kind=kind):
                self.assertRemedied(kind, damage, cure)

    def test_a_cancelled_entry_is_repaired_either_way(self):
        self.env.user.group_ids |= self.env.ref("account_customer_credit.customer_credit_group_release")
        entry = self.reservation.move_id

        def cancel():
            entry.line_ids.remove_move_reconcile()
            self.damage("UPDATE account_move SET state = 'cancel' WHERE id = %s", entry.id)

        def post_again(_check, _damaged):
            press(entry.sudo(False), "button_draft")
            press(entry.sudo(False), "action_post")

        self.assertRemedied("reservation_entry", cancel, post_again)
        self.assertRemedied(
            "reservation_entry", cancel, lambda _check, _damaged: press(self.reservation.sudo(False), "action_release")
        )

    def test_every_kind_has_a_remedy_that_was_tried(self):
        self.assertEqual(set(self.get_remedies()), set(dict(KINDS)))
