from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderUseCreditRights(OrderCreditCase):
    """Whoever may change an order may use its customer's credit for it, and nobody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.new_user("seller", "sales_team.group_sale_salesman")
        cls.other_seller = cls.new_user("other", "sales_team.group_sale_salesman")
        cls.employee = cls.new_user("employee", "base.group_user")
        cls.customer_user = cls.new_user("shopper", "base.group_portal")
        cls.billing_user = cls.new_billing_user()
        cls.payment(50)
        cls.sold = cls.order(80, user_id=cls.seller.id)

    @classmethod
    def new_user(cls, login, groups):
        return new_test_user(
            cls.env, login=login, groups=groups, company_id=cls.company.id, company_ids=cls.company.ids
        )

    def use_credit(self, user, order):
        form = Form(self.env["sale.order.use.credit"].with_user(user).with_context(default_order_id=order.id))
        form.save().action_use_credit()

    def test_salesperson_uses_and_releases_credit_for_an_order_of_his(self):
        self.assertEqual(self.sold.with_user(self.seller).customer_credit_available, 50)
        self.use_credit(self.seller, self.sold)
        self.assertHeld(50, self.sold)
        self.assertEqual(self.sold.with_user(self.seller).customer_credit_reserved, 50)
        self.sold.with_user(self.seller).action_release_credit()
        self.assertAvailable(50)

    def test_salesperson_cancels_an_order_with_credit_and_a_payment(self):
        self.use_credit(self.seller, self.sold)
        self.pay_by_card(30, self.sold)
        self.sold.with_user(self.seller)._action_cancel()
        self.assertAvailable(80)

    def test_billing_user_uses_credit(self):
        self.use_credit(self.billing_user, self.sold)
        self.assertHeld(50, self.sold)

    def test_salesperson_may_not_use_credit_for_the_order_of_somebody_else(self):
        with self.assertRaises(AccessError):
            self.use_credit(self.other_seller, self.sold)
        self.assertAvailable(50)

    def test_the_window_does_not_tell_of_the_order_of_somebody_else(self):
        Window = self.env["sale.order.use.credit"].with_user(self.other_seller)
        vals = {"order_id": self.sold.id, "amount": 10}
        self.env.flush_all()
        for field in ("partner_id", "currency_id", "available", "overdraft", "amount_to_pay"):
            for ask in (
                lambda field=field: Window.create(vals).read([field]),
                lambda field=field: Window.onchange(vals, ["order_id"], {field: {}}),
            ):
                self.env.invalidate_all()
                with self.subTest(field=field), self.assertRaises(AccessError), self.env.cr.savepoint():
                    ask()

    def test_the_window_of_somebody_else_is_neither_seen_nor_changed(self):
        window = (
            self.env["sale.order.use.credit"].with_user(self.seller).create({"order_id": self.sold.id, "amount": 5})
        )
        with self.assertRaises(AccessError):
            window.with_user(self.billing_user).write({"amount": 1})
        self.assertFalse(window.with_user(self.billing_user).search([]))

    def test_salesperson_may_not_release_credit_of_the_order_of_somebody_else(self):
        self.use_credit(self.seller, self.sold)
        with self.assertRaises(AccessError):
            self.sold.with_user(self.other_seller).action_release_credit()
        self.assertHeld(50, self.sold)

    def test_others_may_not_use_credit(self):
        for user in (self.employee, self.customer_user):
            with self.assertRaises(AccessError):
                self.env["sale.order.use.credit"].with_user(user).create({"order_id": self.sold.id, "amount": 10})
            with self.assertRaises(AccessError):
                self.sold.with_user(user).action_release_credit()
            with self.assertRaises(AccessError):
                self.sold.with_user(user).read(["customer_credit_available"])

    def test_salesperson_may_not_release_the_payment_of_an_order(self):
        self.pay_by_card(30, self.sold)
        self.sold.with_user(self.seller).action_release_credit()
        self.assertHeld(30, self.sold)
        with self.assertRaises(AccessError):
            self.sold._get_credit_reservations().with_user(self.seller).action_release()

    def test_only_who_reconciles_may_pay_an_invoice_from_the_native_list(self):
        self.use_credit(self.seller, self.sold)
        invoice = self.invoice_order(self.sold)
        self.open_items(invoice).remove_move_reconcile()
        line = self.sold._get_credit_reservations().line_ids
        for user in (self.seller, self.employee, self.customer_user):
            with self.assertRaises(AccessError):
                invoice.with_user(user).js_assign_outstanding_line(line.id)
        invoice.with_user(self.billing_user).js_assign_outstanding_line(line.id)
        self.assertOpen(invoice, 30)

    def test_accounts_of_two_companies_are_kept_apart(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        partner = self.env["res.partner"].create({"name": "Everywhere"})
        self.payment(50, partner=partner)
        order = self.env["sale.order"].with_company(other).create({"partner_id": partner.id, "company_id": other.id})
        self.assertEqual(order.customer_credit_available, 0)
