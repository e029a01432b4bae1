from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.account_credit_allocation.tests.common import SecurityCase

from ..exceptions import InsufficientCreditError
from .test_customer_credit_movement import MovementCase


class WindowCase(MovementCase):
    def open_window(self, model, partner=None, user=None, **vals):
        """A window as the Action menu of the partner opens it."""
        Window = self.env[model].with_user(user or self.env.user)
        if user:
            Window = Window.with_context(allowed_company_ids=user.company_ids.ids)
        return Window.with_context(active_model="res.partner", active_id=(partner or self.customer).id).create(
            {"date": "2024-05-01", **vals}
        )

    def deposit(self, amount, **vals):
        return self.open_window("customer.credit.deposit", amount=amount, **vals).action_deposit()

    def adjust(self, amount, **vals):
        vals.setdefault("account_id", self.revenue.id)
        return self.open_window(
            "customer.credit.adjustment", amount=amount, reason="Late delivery", **vals
        ).action_adjust()

    def transfer(self, amount, receiver, **vals):
        return self.open_window(
            "customer.credit.transfer", amount=amount, receiver_id=receiver.id, reason="Branch", **vals
        ).action_transfer()

    def last_entry(self, kind):
        return self.env["account.move"].search([("customer_credit_kind", "=", kind)], order="id desc", limit=1)


@tagged("post_install", "-at_install")
class TestAddCredit(WindowCase):
    """Money that a customer pays in to have credit."""

    def test_it_is_a_posted_payment_that_the_rules_leave_alone(self):
        invoice = self.invoice(500)
        action = self.deposit(100, memo="Prepaid")
        self.assertIn("Azure Interior now has $\xa0100.00", action["params"]["message"])
        payment = self.env["account.payment"].search([("memo", "=", "Prepaid")])
        self.assertEqual((payment.amount, payment.payment_type, payment.partner_type), (100, "inbound", "customer"))
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertTrue(payment.credit_allocation_excluded)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, payment)
        self.assertAvailable(100)
        self.assertHistory([("deposit", 100)])

    def test_credit_that_is_not_kept_goes_to_the_invoices(self):
        invoice = self.invoice(60)
        self.deposit(100, keep_as_credit=False, memo="Prepaid")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(invoice, 0)
        self.assertAvailable(40)

    def test_the_overdraft_is_settled_first(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        reservation = self.reserve(40)
        self.deposit(100)
        self.assertAvailable(60)
        self.assertFalse(reservation.move_id.line_ids.filtered(lambda line: line.amount_residual > 0))

    def test_the_credit_of_a_contact_is_that_of_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        self.deposit(100, partner=contact)
        self.assertAvailable(100)

    def test_in_another_currency(self):
        self.deposit(100, currency_id=self.euro.id)
        self.assertAvailable(100, self.euro)
        self.assertAvailable(0)

    def test_a_method_without_an_outstanding_account_uses_that_of_the_chart(self):
        lines = self.bank_journal.inbound_payment_method_line_ids
        lines.payment_account_id = False
        self.patch(self.registry["account.move"], "_get_invoice_in_payment_state", lambda move: "in_payment")
        self.deposit(100, memo="Prepaid")
        self.assertAvailable(100)
        payment = self.env["account.payment"].search([("memo", "=", "Prepaid")])
        self.assertTrue(payment.move_id)

    def test_a_branch_takes_the_money_in_the_bank_of_its_parent(self):
        branch = self.branch()
        self.env.user.company_ids |= branch
        self.env["customer.credit.deposit"].with_company(branch).create(
            {"partner_id": self.customer.id, "amount": 30}
        ).action_deposit()
        self.assertEqual(self.customer._get_credit(branch, self.dollar), 30)
        self.assertAvailable(0)

    def test_nothing_and_less_are_refused(self):
        for amount in (0, -5, 0.001):
            with self.assertRaises(UserError):
                self.deposit(amount)

    def test_the_window_shows_what_the_customer_has(self):
        self.payment(70)
        Window = self.env["customer.credit.deposit"].with_context(
            active_model="res.partner", active_id=self.customer.id
        )
        with Form(Window) as form:
            self.assertEqual(form.available, 70)
            self.assertEqual(form.journal_id, self.bank_journal)
            form.currency_id = self.euro
            self.assertEqual(form.available, 0)
            form.amount = 1


@tagged("post_install", "-at_install")
class TestUpdateCredit(WindowCase):
    """Goodwill, and corrections in either direction, by an entry against an account."""

    def test_customer_without_a_receivable_account(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.env["ir.default"].search([("field_id.name", "=", "property_account_receivable_id")]).unlink()
        self.customer.property_account_receivable_id = False
        with self.assertRaisesRegex(UserError, "Set a receivable account on"):
            self.adjust(10)
        with self.assertRaisesRegex(UserError, "Set a receivable account on"):
            self.reserve(10)

    def test_goodwill_gives_credit(self):
        self.adjust(25)
        move = self.last_entry("adjustment")
        self.assertEntry(move, [(self.revenue, 25), (self.receivable, -25)])
        self.assertEqual(move.journal_id, self.company._get_customer_credit_journal())
        self.assertEqual(set(move.line_ids.mapped("name")) | {move.ref}, {"Late delivery"})
        self.assertTrue(move.credit_allocation_excluded)
        self.assertAvailable(25)
        self.assertHistory([("adjustment", 25)])
        self.assertIn("Late delivery", self.customer.message_ids[0].body)

    def test_credit_that_is_taken_away_consumes_the_oldest(self):
        old, young = self.payment(30, day="2024-01-01"), self.payment(30, day="2024-02-01")
        self.adjust(-40)
        move = self.last_entry("adjustment")
        self.assertEntry(move, [(self.receivable, 40), (self.revenue, -40)])
        self.assertOpen(old, 0), self.assertOpen(young, 20)
        self.assertOpen(move, 0)
        self.assertAvailable(20)
        self.assertHistory([("payment", 30), ("payment", 30), ("adjustment", -40)])

    def test_credit_on_two_receivable_accounts_is_taken_from_both(self):
        other = self.receivable.copy({"code": "121999"})
        self.payment(30, day="2024-01-01"), self.entry(-30, account=other, day="2024-02-01")
        self.adjust(-40)
        self.assertEntry(self.last_entry("adjustment"), [(self.receivable, 30), (other, 10), (self.revenue, -40)])
        self.assertAvailable(20)

    def test_a_new_balance_can_be_set(self):
        self.payment(30)
        self.adjust(0, mode="balance", new_balance=100)
        self.assertAvailable(100)
        self.adjust(0, mode="balance", new_balance=0)
        self.assertAvailable(0)

    def test_a_new_balance_means_nothing_where_the_credit_has_changed_since(self):
        window = self.open_window(
            "customer.credit.adjustment",
            mode="balance",
            new_balance=100,
            account_id=self.revenue.id,
            reason="Late delivery",
        )
        self.assertEqual(window.known_credit, 0)
        self.payment(30)
        with self.assertRaisesRegex(UserError, "has changed meanwhile"):
            window.action_adjust()

    def test_never_below_zero_whatever_overdraft_is_allowed(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.payment(30)
        with self.assertRaises(InsufficientCreditError):
            self.adjust(-31)
        self.reserve(60)
        with self.assertRaises(InsufficientCreditError):
            self.adjust(-1)
        self.adjust(40)
        self.assertAvailable(10)

    def test_reserved_credit_cannot_be_taken_away(self):
        self.payment(30)
        self.reserve(20)
        with self.assertRaises(InsufficientCreditError):
            self.adjust(-11)
        self.adjust(-10)
        self.assertAvailable(0)

    def test_foreign_credit_is_taken_at_the_rate_at_which_it_was_booked(self):
        self.payment(100, day="2024-02-01", currency_id=self.euro.id)
        self.adjust(-60, currency_id=self.euro.id, date="2024-07-01")
        move = self.last_entry("adjustment")
        self.assertEntry(move, [(self.receivable, 30), (self.revenue, -30)])
        self.assertFalse(move.line_ids.matched_credit_ids.exchange_move_id)
        self.assertAvailable(40, self.euro)

    def test_foreign_credit_is_given_at_the_rate_of_the_day(self):
        self.adjust(100, currency_id=self.euro.id, date="2024-07-01")
        self.assertEntry(self.last_entry("adjustment"), [(self.revenue, 25), (self.receivable, -25)])
        self.assertAvailable(100, self.euro)

    def test_nothing_to_change_is_refused(self):
        with self.assertRaises(UserError):
            self.adjust(0)


@tagged("post_install", "-at_install")
class TestTransferCredit(WindowCase):
    """Credit that moves from one customer to another."""

    def test_both_histories_show_it(self):
        self.payment(100)
        self.transfer(60, self.stranger)
        move = self.last_entry("transfer")
        self.assertEntry(move, [(self.receivable, 60), (self.receivable, -60)])
        self.assertEqual(move.line_ids.sorted("id").partner_id, self.customer + self.stranger)
        self.assertAvailable(40)
        self.assertAvailable(60, partner=self.stranger)
        self.assertHistory([("payment", 100), ("transfer", -60)])
        self.assertHistory([("transfer", 60)], self.stranger)
        for record in (self.customer, self.stranger, move):
            self.assertIn("from Azure Interior to Deco Addict: Branch", record.message_ids[0].body)

    def test_each_on_the_own_account(self):
        other = self.receivable.copy({"code": "121999"})
        self.stranger.property_account_receivable_id = other
        self.payment(100)
        self.transfer(60, self.stranger)
        self.assertEntry(self.last_entry("transfer"), [(self.receivable, 60), (other, -60)])
        self.assertAvailable(60, partner=self.stranger)

    def test_in_a_foreign_currency_it_keeps_its_worth(self):
        self.payment(100, day="2024-02-01", currency_id=self.euro.id)
        self.transfer(60, self.stranger, currency_id=self.euro.id, date="2024-07-01")
        self.assertEntry(self.last_entry("transfer"), [(self.receivable, 30), (self.receivable, -30)])
        self.assertAvailable(40, self.euro)
        self.assertAvailable(60, self.euro, self.stranger)

    def test_the_receivers_overdraft_is_settled(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.reserve(40, partner=self.stranger)
        self.payment(100)
        self.transfer(60, self.stranger)
        self.assertAvailable(20, partner=self.stranger)
        self.assertOpen(self.last_entry("transfer"), 20)

    def test_a_contact_and_its_company_are_one_customer(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        self.payment(100)
        with self.assertRaisesRegex(UserError, "one customer"):
            self.transfer(60, contact)

    def test_a_branch_that_is_a_company_of_its_own_is_another_customer(self):
        branch = self.env["res.partner"].create(
            {"name": "Azure Lyon", "parent_id": self.customer.id, "is_company": True}
        )
        self.payment(100)
        self.transfer(60, branch)
        self.assertAvailable(60, partner=branch)

    def test_more_than_there_is_is_refused(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.payment(100)
        self.reserve(50)
        for amount in (51, 0, -1):
            with self.assertRaises(UserError):
                self.transfer(amount, self.stranger)


@tagged("post_install", "-at_install")
class TestCustomerCreditWindowRights(WindowCase, SecurityCase):
    """Each window has a group of its own, and asks for it whatever a client sends."""

    def setUp(self):
        super().setUp()
        self.billing = self.new_user("billing", ["account.group_account_invoice"])
        self.accountant = self.new_user("accountant", ["account.group_account_user"])
        self.employee = self.new_user("employee", ["base.group_user"])
        self.payment(100)

    def test_billing_user_adds_credit_and_cannot_correct_or_transfer_it(self):
        self.deposit(10, user=self.billing)
        self.assertAvailable(110)
        with self.assertRaises(AccessError):
            self.adjust(10, user=self.billing)
        with self.assertRaises(AccessError):
            self.transfer(10, self.stranger, user=self.billing)
        self.assertAvailable(110)

    def test_accountant_does_all(self):
        self.deposit(10, user=self.accountant)
        self.adjust(-20, user=self.accountant)
        self.transfer(30, self.stranger, user=self.accountant)
        self.assertAvailable(60)
        self.assertEqual(self.last_entry("transfer").create_uid, self.accountant)

    def test_employee_and_reader_do_nothing(self):
        for user in (self.employee, self.new_user("reader", ["account.group_account_readonly"])):
            with self.assertRaises(AccessError):
                self.deposit(10, user=user)
            with self.assertRaises(AccessError):
                self.adjust(10, user=user)
            with self.assertRaises(AccessError):
                self.transfer(10, self.stranger, user=user)

    def test_the_buttons_ask_for_the_group_themselves(self):
        """Whoever gets hold of a window must not use it."""
        window = self.open_window(
            "customer.credit.transfer", amount=5, receiver_id=self.stranger.id, reason="Mine", user=self.accountant
        )
        self.accountant.group_ids = [Command.set([self.env.ref("account.group_account_invoice").id])]
        with self.assertRaises(AccessError):
            window.sudo(False).action_transfer()

    def test_another_company_is_refused(self):
        account = self.env["account.account"].search([("company_ids", "in", self.other_company.ids)], limit=1)
        with self.assertRaises(UserError):
            self.adjust(10, user=self.accountant, company_id=self.other_company.id, account_id=account.id)
        journal = self.env["account.journal"].search(
            [("company_id", "=", self.other_company.id), ("type", "=", "bank")], limit=1
        )
        with self.assertRaises(UserError):
            self.deposit(10, user=self.billing, company_id=self.other_company.id, journal_id=journal.id)
        with self.assertRaises(UserError):
            self.transfer(10, self.stranger, user=self.accountant, company_id=self.other_company.id)

    def test_the_credit_in_another_company_is_not_told(self):
        user = self.new_user("clerk of the other", ["account.group_account_invoice"], self.other_company)
        for model, field in (
            ("customer.credit.deposit", "available"),
            ("customer.credit.withdrawal.request", "amount_withdrawable"),
        ):
            vals = {"partner_id": self.customer.id, "company_id": self.company.id, "currency_id": self.dollar.id}
            self.assertEqual(self.env[model].new(vals)[field], 100)
            self.assertEqual(self.env[model].with_user(user).new(vals)[field], 0)

    def test_the_window_of_somebody_else_is_neither_seen_nor_changed(self):
        """Or it could be changed between the look at it and the press of its button."""
        colleague = self.new_user("colleague", ["account.group_account_manager"])
        moving = {"amount": 5, "partner_id": self.customer.id}
        for model, vals in (
            ("customer.credit.deposit", moving),
            ("customer.credit.adjustment", {**moving, "reason": "Mine", "account_id": self.revenue.id}),
            ("customer.credit.transfer", {**moving, "reason": "Mine", "receiver_id": self.stranger.id}),
            ("customer.credit.statement", {"partner_ids": [Command.set(self.customer.ids)]}),
        ):
            window = self.env[model].with_user(self.accountant).create(vals).with_user(colleague)
            with self.subTest(model=model):
                self.assertFalse(window.search([("id", "=", window.id)]))
                for act in (lambda window=window: window.read(), lambda window=window: window.write({"company_id": 1})):
                    with self.assertRaises(AccessError):
                        act()

    def test_a_button_that_is_pressed_twice_works_once(self):
        vals = {"amount": 10, "user": self.accountant}
        self.deposit(30)
        for model, action, more in (
            ("customer.credit.deposit", "action_deposit", {}),
            ("customer.credit.adjustment", "action_adjust", {"reason": "Mine", "account_id": self.revenue.id}),
            ("customer.credit.transfer", "action_transfer", {"reason": "Mine", "receiver_id": self.stranger.id}),
        ):
            window = self.open_window(model, **vals, **more)
            getattr(window, action)()
            entries = self.env["account.move"].search_count([])
            with self.subTest(model=model):
                self.assertEqual(getattr(window, action)()["type"], "ir.actions.act_window_close")
                self.assertEqual(self.env["account.move"].search_count([]), entries)

    def test_release_needs_its_group_and_stale_ones_are_found(self):
        self.company.customer_credit_reservation_days = 5
        held, stale = self.reserve(10), self.reserve(20)
        stale.date_expiry = "2024-01-01"
        Reservation = self.env["customer.credit.reservation"].with_user(self.billing)
        self.assertEqual(Reservation.search([("is_stale", "=", True)]).ids, stale.ids)
        self.assertEqual(Reservation.search([("is_stale", "=", False)]).ids, held.ids)
        self.assertTrue(stale.is_stale)
        with self.assertRaises(AccessError):
            Reservation.browse(stale.id).action_release()
        stale.with_user(self.accountant).action_release()
        self.assertFalse(stale.is_stale)
        self.assertAvailable(90)
