from odoo import Command
from odoo.exceptions import AccessDenied, AccessError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_credit_allocation.tests.own_models import get_own_addons, get_own_classes, get_own_methods

from .common import OrderCreditCase

# what every model has is refused by Odoo before any override of ours is asked, where it writes at all
OF_EVERY_MODEL = {"create", "write", "unlink", "fetch", "copy", "copy_data"}


@tagged("post_install", "-at_install")
class TestOverridesCheckAccess(OrderCreditCase):
    """Who may not change a record changes nothing by a button that these addons have extended, and is told nothing.

    What these addons do after ``super()`` is done as superuser. Odoo itself checks access where it has something to do,
    and only there: so the records here are in states in which it has nothing to do, too.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.users = [
            cls.new_user("auditor", "account.group_account_readonly", cls.company),
            cls.new_user("shopper", "base.group_portal", cls.company, partner_id=cls.customer.id),
            cls.new_user("employee", "base.group_user", cls.company),
            cls.new_user("other", "sales_team.group_sale_salesman", cls.company),
            cls.new_user("foreigner", "account.group_account_manager,sales_team.group_sale_manager", elsewhere),
        ]
        # a confirmed order with an invoice, which its payment has not paid yet
        cls.sold = cls.order(80, user_id=cls.env.user.id)
        cls.bill_of_order = cls.invoice_order(cls.sold)
        cls.pay_by_card(80, cls.sold)
        cls.paid = cls.env["account.payment"].search(
            [("payment_transaction_id", "!=", False)], order="id desc", limit=1
        )
        cls.open_items(cls.bill_of_order).remove_move_reconcile()
        cls.paid.move_id.line_ids.remove_move_reconcile()
        # credit that is kept, with an entry
        cls.payment(50)
        cls.quotation = cls.order(30, confirm=False, user_id=cls.env.user.id)
        cls.held = cls.customer._credit_reserve(30, cls.dollar, cls.quotation, company=cls.company)
        cls.waiting = cls.order(40)  # confirmed, and not invoiced
        cls.pay_by_card(40, cls.waiting)

    @classmethod
    def new_user(cls, login, groups, company, **vals):
        return new_test_user(
            cls.env, login=login, groups=groups, company_id=company.id, company_ids=company.ids, **vals
        )

    def get_calls(self):
        """``{(model, method): [(records, arguments)]}``: everything that these addons extend, with records on which it
        would do something."""
        reserved = self.held.line_ids
        documents = [(self.bill_of_order, []), (self.held.move_id, []), (self.paid.move_id, [])]
        return {
            ("sale.order", "action_draft"): [(self.sold, []), (self.waiting, []), (self.quotation, [])],
            ("account.move", "button_draft"): documents,
            ("account.move", "button_cancel"): documents,
            ("account.move", "js_assign_outstanding_line"): [
                (self.bill_of_order, [reserved.ids[0]]),
                (self.bill_of_order, [self.open_items(self.paid).ids[0]]),
            ],
            ("ir.module.module", "button_uninstall"): [
                (self.env.ref("base.module_account_customer_credit"), []),
            ],
        }

    def get_overrides(self):
        """(model, method) of each method that a client may call and that these addons extend."""
        own = get_own_addons(self.env)
        for name, model in sorted(self.env.registry.items()):
            if model._original_module in own or model._abstract:
                continue
            classes = get_own_classes(self.env[name], own)
            others = [cls for cls in model.mro() if cls not in classes and cls.__module__.startswith("odoo")]
            for method in get_own_methods(self.env[name], own):
                if method not in OF_EVERY_MODEL and any(method in vars(cls) for cls in others):
                    yield name, method

    def get_state(self):
        """Everything that must stay as it is."""
        self.env.flush_all()
        self.env.invalidate_all()
        Partial = self.env["account.partial.reconcile"].sudo()
        reservations = self.env["customer.credit.reservation"].sudo().search([], order="id")
        return (
            Partial.search([], order="id").ids,
            [(held.id, held.state, held.amount_held) for held in reservations],
            (self.sold + self.quotation + self.waiting).mapped("state"),
            [(move.state, move.payment_state) for move in self.bill_of_order + self.held.move_id + self.paid.move_id],
        )

    @mute_logger("odoo.models", *(f"odoo.addons.base.models.ir_{name}" for name in ("rule", "model", "module")))
    def test_nobody_moves_or_learns_anything_without_the_right_to_change_the_record(self):
        calls, before = self.get_calls(), self.get_state()
        for (model, method), samples in calls.items():
            refusal = AccessDenied if model == "ir.module.module" else AccessError
            for user in self.users:
                for records, arguments in samples:
                    with self.subTest(user=user.login, method=f"{model}.{method}", record=records.display_name):
                        with self.assertRaises(refusal), self.env.cr.savepoint():
                            call_kw(self.env(user=user)[model], method, [records.ids, *arguments], {})
                            self.env.flush_all()
                        self.assertEqual(self.get_state(), before)

    def test_every_method_that_is_extended_is_in_the_table(self):
        extended = set(self.get_overrides())
        self.assertIn(("sale.order", "action_draft"), extended)
        self.assertEqual(extended - set(self.get_calls()), set(), "say in get_calls() how to call it")

    def test_who_may_change_it_still_can(self):
        """Each of the calls does something for those who may, so that to be refused means something."""
        self.sold.action_draft()
        self.assertEqual(self.bill_of_order.payment_state, self.bill_of_order._get_invoice_in_payment_state())
        self.paid.move_id.button_draft()
        self.assertEqual(self.paid.move_id.state, "draft")

    def test_a_draft_of_a_run_or_schedule_does_not_move_to_another_company(self):
        other = self.env["res.company"].create({"name": "Somewhere"})
        user = self.new_user("manager", "account.group_account_manager", self.company)
        for model, vals in (
            ("account.credit.allocation.run", {}),
            ("account.credit.allocation.run.schedule", {"name": "Every night"}),
        ):
            record = self.env[model].with_user(user).with_context(allowed_company_ids=self.company.ids).create(vals)
            with self.subTest(model), self.assertRaises(AccessError), self.env.cr.savepoint():
                record.write({"company_id": other.id})
                self.env.flush_all()
            record.write({"company_id": self.company.id})

    def test_the_kind_of_a_movement_is_set_by_its_window_only(self):
        user = self.new_user("manager", "account.group_account_manager", self.company)
        entry = self.entry(-10)
        Move = self.env["account.move"].with_user(user).with_context(allowed_company_ids=self.company.ids)
        vals = {"move_type": "entry", "journal_id": self.misc_journal.id}
        in_context = Move.with_context(default_customer_credit_kind="transfer")
        for refused in (
            lambda: entry.with_user(user).write({"customer_credit_kind": "deposit"}),
            lambda: Move.create({**vals, "customer_credit_kind": "transfer"}),
            lambda: in_context.create(vals),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                refused()
        self.assertFalse(entry.customer_credit_kind)

    def test_who_only_reads_does_not_set_how_far_a_customer_may_overdraw(self):
        groups = "account.group_account_readonly,base.group_partner_manager"
        auditor = self.new_user("contacts", groups, self.company)
        billing = self.new_user("invoices", "account.group_account_invoice,base.group_partner_manager", self.company)
        values = {
            "credit_allocation_policy": "never",
            "customer_credit_overdraft": "limit",
            "customer_credit_overdraft_limit": 1000,
            "customer_credit_no_mail": True,
        }
        for name, value in values.items():
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    self.customer.with_user(auditor).write({name: value})
                with self.assertRaises(AccessError):
                    self.env["res.partner"].with_user(auditor).create({"name": "New", name: value})
                self.assertTrue(self.env["res.partner"].with_user(auditor).fields_get([name])[name]["readonly"])
                self.customer.with_user(billing).write({name: value})
                self.assertEqual(self.customer.with_user(auditor)[name], value)
        contact = self.env["res.partner"].with_user(auditor).create({"name": "New", "parent_id": self.customer.id})
        self.assertEqual(contact.sudo().credit_allocation_policy, "never")
        self.customer.child_ids = [Command.set(contact.ids)]

    def test_the_lock_of_a_customer_is_not_seen_across_companies(self):
        manager = self.new_user(
            "manager", "account.group_account_manager", self.env["res.company"].create({"name": "Somewhere"})
        )
        lock = self.env["customer.credit.lock"].search([("partner_id", "=", self.customer.id)])
        self.assertTrue(lock)
        self.assertFalse(lock.with_user(manager).search([("id", "in", lock.ids)]))

    def test_to_release_what_waits_for_a_withdrawal_names_it_only_to_those_who_may(self):
        bank = self.env["res.partner.bank"].create({"acc_number": "AZURE-1", "partner_id": self.customer.id})
        withdrawal = self.customer._request_credit_withdrawal(5, self.dollar, bank, self.company)
        for user in self.users:
            with self.subTest(user.login), self.assertRaises(AccessError):
                withdrawal.reservation_id.with_user(user).action_release()
