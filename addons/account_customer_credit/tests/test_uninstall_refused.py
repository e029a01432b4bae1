from odoo.exceptions import AccessDenied, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .customer_credit_withdrawal_common import WithdrawalCase

ADDON, ROOT = "account_customer_credit", "account_credit_allocation"


@tagged("post_install", "-at_install")
class TestUninstallRefused(WithdrawalCase):
    """The addon stays while it keeps credit for somebody. That it goes afterwards is tried by ``uninstall.py``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for reservation in (
            cls.env["customer.credit.reservation"].sudo().search([("state", "=", "held")])
        ):  # of demo data
            reservation._credit_release()
        cls.env["customer.credit.withdrawal"].sudo().search([("state", "in", ("requested", "approved"))]).write(
            {"state": "refused"}
        )

    def module(self, name):
        return self.env["ir.module.module"].sudo().search([("name", "=", name)])

    def assertRefused(self, names, *told):
        for name in names:
            with self.subTest(module=name), self.assertRaises(UserError) as caught:
                self.module(name).button_uninstall()
            for text in told:
                self.assertIn(text, str(caught.exception))
            self.assertEqual(self.module(name).state, "installed")

    def test_reserved_credit_is_named_also_when_the_root_is_to_go(self):
        reservation = self.reserve(60)
        self.assertRefused(
            (ADDON, ROOT), "Reservations: 1, open withdrawals: 0", reservation.name, reservation.origin_label
        )

    def test_an_open_withdrawal_is_named_and_not_counted_twice(self):
        withdrawal = self.request(60)
        self.assertRefused((ADDON, ROOT), "Reservations: 0, open withdrawals: 1", withdrawal.name, self.customer.name)

    def test_who_may_not_uninstall_is_told_nothing_of_customers(self):
        self.request(60)
        employee = new_test_user(self.env, login="curious", groups="base.group_user")
        with self.assertRaises(AccessDenied) as caught, mute_logger("odoo.addons.base.models.ir_module"):
            self.module(ADDON).with_user(employee).sudo(False).button_uninstall()
        self.assertNotIn(self.customer.name, str(caught.exception))

    def test_nothing_is_asked_of_addons_that_do_not_need_it(self):
        self.reserve(60)
        dependent = self.module("account_credit_allocation_queue_job")
        if dependent.state == "installed":
            dependent.button_uninstall()
            self.assertEqual(dependent.state, "to remove")

    def test_it_goes_once_all_is_released(self):
        reservation, withdrawal = self.reserve(30), self.request(60)
        reservation._credit_release()
        withdrawal.action_cancel()
        self.module(ADDON).button_uninstall()
        self.assertEqual(self.module(ADDON).state, "to remove")
        self.assertEqual(self.module(ROOT).state, "installed")

    def test_reservations_and_withdrawals_are_counted_among_what_goes(self):
        dialog = self.env["base.module.uninstall"].create({"module_ids": self.module(ADDON).ids})
        self.assertLessEqual(
            {"customer.credit.reservation", "customer.credit.withdrawal"}, set(dialog.model_ids.mapped("model"))
        )
