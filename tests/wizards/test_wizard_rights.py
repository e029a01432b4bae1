from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..rule.test_tolerance import ToleranceCase
from .test_wizard import WizardCase


@tagged("post_install", "-at_install")
class TestWizardExcluded(WizardCase):
    """What is excluded from automatic allocation may be used by hand, after saying so."""

    def test_excluded_payment_is_listed_but_not_proposed(self):
        invoice, payment = self.invoice(100), self.payment(60)
        payment.credit_allocation_excluded = True
        wizard = self.allocate_credits_to(invoice)
        line = self.line_of(wizard, payment)
        self.assertEqual((line.amount, line.excluded), (0, True))
        self.assertEqual(line.note, "Excluded from automatic allocation")
        self.allocate_typed(wizard, {payment: 60})
        self.assertAllocated(invoice, payment, 60, "manual")

    def test_excluded_invoice_says_so_and_can_be_settled_by_hand(self):
        invoice, payment = self.invoice(100), self.payment(60)
        invoice.credit_allocation_excluded = True
        wizard = self.allocate_credits_to(invoice)
        self.assertTrue(wizard.excluded)
        self.assertEqual(wizard.amount_allocated, 0)
        self.allocate_typed(wizard, {payment: 60})
        self.assertAllocated(invoice, payment, 60, "manual")

    def test_excluded_partner_can_be_served_by_hand(self):
        self.customer.credit_allocation_policy = "never"
        invoice, payment = self.invoice(100), self.payment(60)
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 60})
        self.assertAllocated(invoice, payment, 60, "manual")


@tagged("post_install", "-at_install")
class TestWizardRights(WizardCase):
    def test_reader_and_employee_may_not_open_it(self):
        invoice, payment = self.invoice(100), self.payment(80)
        for group in ("account.group_account_readonly", "base.group_user"):
            user = new_test_user(self.env, login=group, groups=group, company_id=self.company.id)
            with self.assertRaises(AccessError):
                invoice.with_user(user).action_open_credit_wizard()
            with self.assertRaises(AccessError):
                payment.with_user(user).action_open_invoice_wizard()

    def test_reader_does_not_see_the_buttons(self):
        reader = new_test_user(
            self.env, login="reader", groups="account.group_account_readonly", company_id=self.company.id
        )
        for user, sees_it in ((reader, False), (self.billing, True)):
            for model, view in (("account.move", "view_move_form"), ("account.payment", "view_account_payment_form")):
                view = self.env.ref(f"account.{view}")
                arch = self.env[model].with_user(user).get_view(view.id, "form")["arch"]
                self.assertEqual("action_open_invoice_wizard" in arch, sees_it)

    def test_window_of_one_user_is_closed_to_the_others(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        other = new_test_user(self.env, login="other", groups="account.group_account_invoice")
        other.write({"company_ids": [Command.link(self.company.id)], "company_id": self.company.id})
        with self.assertRaises(AccessError):
            wizard.with_user(other).action_allocate()
        with self.assertRaises(AccessError):
            wizard.line_ids.with_user(other).write({"amount": 1})
        self.assertNotAllocated(invoice, payment)

    def test_what_the_client_may_not_change_is_ignored(self):
        invoice, other_invoice, payment = self.invoice(100), self.invoice(500), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        line = wizard.line_ids
        wizard.write({"move_id": other_invoice.id, "amount_due": 9999, "side": "credit", "residuals": {}})
        line.write({"available": 9999, "item_id": self.open_items(other_invoice).id, "obstacle": False, "residual": 1})
        self.assertEqual((wizard.move_id, wizard.amount_due, wizard.side), (invoice, 100, "debt"))
        self.assertEqual((line.available, line.item_id), (80, self.open_items(payment)))
        self.assertRefused("Only $\xa080.00 is available", self.allocate_typed, wizard, {payment: 90})
        with self.assertRaises(AccessError):
            wizard.create({"move_id": invoice.id, "side": "debt"})
        with self.assertRaises(AccessError):
            wizard.write({"line_ids": [Command.create({"item_id": self.open_items(other_invoice).id, "amount": 1})]})

    def test_user_of_another_company_may_not_open_it(self):
        invoice = self.invoice(100)
        self.payment(80)
        other = self.setup_other_company(name="Other Company")["company"]
        user = new_test_user(
            self.env,
            login="elsewhere",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=other.ids,
        )
        with self.assertRaises(AccessError):
            invoice.with_user(user).action_open_credit_wizard()


@tagged("post_install", "-at_install")
class TestWizardTolerance(ToleranceCase, WizardCase):
    def test_difference_within_the_tolerance_is_proposed_but_stays_open(self):
        invoice, payment = self.invoice(100), self.payment(99.5)
        wizard = self.allocate_credits_to(invoice)
        self.assertEqual(wizard.line_ids.amount, 99.5)
        self.assertIn("no more than the tolerance", wizard.line_ids.note)
        line = self.submit(wizard)
        self.assertFalse(line.write_off_move_id)
        self.assertOpen(invoice, 0.5)
        self.assertOpen(payment, 0)
