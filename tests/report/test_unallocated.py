from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ...models.document.account_credit_allocation_leftover import REASONS
from ..common import AllocationCase, SecurityCase
from ..rule.test_tolerance import ToleranceCase


class UnallocatedCase(AllocationCase):
    def open_analysis(self, user=None, companies=None):
        """The rows that a user sees who opens the analysis from the menu."""
        server_action = self.env.ref("account_credit_allocation.account_credit_allocation_unallocated_action_open")
        server_action = server_action.with_user(user or self.env.user)
        if companies:
            server_action = server_action.with_context(allowed_company_ids=companies.ids)
        action = server_action.run()
        return server_action.env[action["res_model"]].search([])

    def row(self, record, rows=None):
        """The row of a payment, credit note or entry."""
        rows = self.open_analysis() if rows is None else rows
        return rows.filtered(lambda row: row.line_id in self.open_items(record))


@tagged("post_install", "-at_install")
class TestUnallocated(UnallocatedCase):
    """The analysis of unallocated credits: what is outstanding now, how old, and what the rules would do with it."""

    def test_it_lists_every_outstanding_credit_and_no_invoice(self):
        payment, credit_note, entry = self.payment(100), self.credit_note(50), self.entry(-20)
        self.invoice(300, self.stranger), self.entry(70, self.stranger)
        rows = self.open_analysis()
        self.assertEqual(
            {row.label: (row.partner_id, row.kind, row.amount) for row in rows},
            {
                payment.name: (self.customer, "payment", 100),
                credit_note.name: (self.customer, "credit_note", 50),
                entry.name: (self.customer, "entry", 20),
            },
        )
        self.assertEqual(set(rows.mapped("partner_type")), {"customer"})

    def test_vendors_have_credits_too(self):
        payment, refund = self.vendor_payment(100), self.invoice(30, self.vendor, move_type="in_refund")
        rows = self.open_analysis()
        self.assertEqual(set(rows.mapped("partner_type")), {"supplier"})
        self.assertEqual(self.row(payment, rows).amount, 100)
        self.assertEqual(self.row(refund, rows).kind, "credit_note")

    def test_a_contact_is_counted_with_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        entry = self.entry(-20, contact)
        self.assertEqual(self.row(entry).partner_id, self.customer)

    def test_it_changes_nothing(self):
        invoice, payment = self.invoice(100), self.payment(100)
        self.open_analysis()
        self.assertNotAllocated(invoice, payment)
        self.assertFalse(self.env["account.credit.allocation"].search([("company_id", "=", self.company.id)]))

    def test_it_says_that_a_rule_would_allocate_it(self):
        invoice = self.invoice(100)
        payment = self.payment(100, memo=invoice.name)
        self.assertRecordValues(
            self.row(payment),
            [
                {
                    "reason": "would_be_allocated",
                    "rule": "reference",
                    "amount": 100,
                    "amount_allocatable": 100,
                    "amount_left": 0,
                    "amount_left_currency": 0,
                }
            ],
        )

    def test_it_says_how_much_a_rule_would_allocate_and_why_the_rest_stays(self):
        self.invoice(70)
        payment = self.payment(100)
        self.assertRecordValues(
            self.row(payment),
            [
                {
                    "reason": "overpaid",
                    "rule": "oldest_first",
                    "amount": 100,
                    "amount_allocatable": 70,
                    "amount_left": 30,
                    "amount_left_currency": 30,
                }
            ],
        )

    def test_it_says_why_the_rules_would_leave_it(self):
        lonely = self.payment(100)
        excluded = self.payment(40, self.stranger, credit_allocation_excluded=True)
        nobody = self.entry(-20, self.env["res.partner"])
        rows = self.open_analysis()
        self.assertRecordValues(
            self.row(lonely, rows), [{"reason": "no_counterpart", "rule": False, "amount_left": 100}]
        )
        self.assertRecordValues(
            self.row(excluded, rows),
            [{"reason": "excluded", "message": "By the setting of the document itself", "amount_left": 40}],
        )
        self.assertRecordValues(self.row(nobody, rows), [{"reason": "no_partner", "partner_id": False}])

    def test_what_it_says_is_what_an_allocation_does(self):
        self.invoice(70), self.invoice(50), self.payment(100), self.payment(50)
        self.payment(30, self.stranger), self.credit_note(10)
        rows = self.open_analysis()
        promised = sum(rows.mapped("amount_allocatable"))
        left = {row.line_id.id: (row.amount_left, row.reason) for row in rows if row.amount_left}
        outcome = self.allocate()
        self.assertEqual(sum(outcome.documents.mapped("amount_total")), promised)
        self.assertEqual(
            {entry.item.id: (entry.amount / 100, entry.reason) for entry in outcome.credits_left},
            left,
        )

    def test_a_foreign_credit_is_told_in_both_currencies(self):
        self.invoice(40, currency_id=self.euro.id)
        payment = self.payment(100, day="2024-03-15", currency_id=self.euro.id)
        self.assertRecordValues(
            self.row(payment),
            [
                {
                    "currency_id": self.euro.id,
                    "amount_currency": 100,
                    "amount_left_currency": 60,
                    "company_currency_id": self.company.currency_id.id,
                    "amount": 50,
                    "amount_allocatable": 20,
                    "amount_left": 30,
                }
            ],
        )

    def test_a_currency_without_cents(self):
        yen = self.setup_other_currency("JPY", rounding=1, rates=[("2024-01-01", 100.0)])
        self.invoice(1000, currency_id=yen.id)
        payment = self.payment(1500, currency_id=yen.id)
        self.assertRecordValues(
            self.row(payment), [{"amount_currency": 1500, "amount_left_currency": 500, "amount": 15, "amount_left": 5}]
        )

    def test_age_counts_from_the_date_of_the_credit(self):
        today = fields.Date.context_today(self.env.user)
        expected = {
            -1: "0_future",
            0: "1_month",
            30: "1_month",
            31: "2_months",
            60: "2_months",
            61: "3_months",
            90: "3_months",
            91: "4_half_year",
            180: "4_half_year",
            181: "5_older",
        }
        entries = {age: self.entry(-10, day=today - timedelta(age)) for age in expected}
        rows = self.open_analysis()
        self.assertEqual({age: self.row(entry, rows).age_bucket for age, entry in entries.items()}, expected)
        self.assertEqual(
            {age: self.row(entry, rows).age for age, entry in entries.items()}, {age: age for age in expected}
        )

    def test_opening_it_again_shows_what_is_open_then(self):
        invoice, payment = self.invoice(100), self.payment(130)
        self.assertEqual(self.row(payment).amount, 130)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertEqual(self.row(payment).amount, 30)
        self.open_items(invoice).remove_move_reconcile()
        rows = self.open_analysis()
        self.assertEqual(self.row(payment, rows).amount, 130)
        self.assertEqual(len(rows), 1, "one row, however often it was opened")

    def test_many_credits_take_as_many_queries_as_a_few(self):
        def count_queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.open_analysis()
            return self.env.cr.sql_log_count - before

        self.invoice(10)
        self.entry(-1), self.entry(-2)
        count_queries()  # warms what is read once and for all
        few = count_queries()
        for amount in range(3, 23):
            self.entry(-amount)
        self.assertEqual(count_queries(), few)

    def test_nothing_outstanding(self):
        self.invoice(100)
        self.assertFalse(self.open_analysis())

    def test_selected_credits_are_allocated_and_the_others_are_not(self):
        invoice = self.invoice(100)
        chosen, other = self.payment(30), self.payment(40)
        rows = self.open_analysis()
        notification = self.row(chosen, rows).action_allocate_credits()
        self.assertEqual(notification["params"]["type"], "success")
        self.assertAllocated(invoice, chosen, 30)
        self.assertNotAllocated(invoice, other)
        self.assertEqual(rows.search([]).mapped("label"), [other.name], "the list shows what is open now")

    def test_refresh_takes_stock_anew(self):
        rows = self.open_analysis()
        self.assertFalse(rows)
        payment = self.payment(100)
        rows.action_refresh()
        self.assertEqual(rows.search([]).label, payment.name)

    def test_refresh_is_called_by_the_button_whether_rows_are_selected_or_not(self):
        payment = self.payment(100)
        rows = self.open_analysis()
        for selected in ([], rows.ids):
            action = call_kw(rows.browse(), "action_refresh", [selected], {})
            self.assertEqual(action["tag"], "soft_reload")
            self.assertEqual(rows.search([]).label, payment.name)

    def test_a_list_that_was_refreshed_in_another_window_is_refused(self):
        self.invoice(100)
        payment = self.payment(60)
        outdated = self.open_analysis()
        self.open_analysis()
        for method in ("action_allocate_credits", "action_open_document"):
            with self.assertRaisesRegex(UserError, "This list is out of date. Refresh it first."):
                call_kw(outdated.browse(), method, [outdated.ids], {})
        self.assertOpen(payment, 60)

    def test_a_row_opens_its_document(self):
        payment, credit_note = self.payment(100), self.credit_note(50)
        rows = self.open_analysis()
        for record in (payment, credit_note):
            action = self.row(record, rows).action_open_document()
            self.assertEqual((action["res_model"], action["res_id"]), (record._name, record.id))

    def test_the_menus_of_customers_and_vendors_start_with_their_own(self):
        payment, vendor_payment = self.payment(100), self.vendor_payment(100)
        for menu, partner_type, expected in (("customer", "customer", payment), ("vendor", "supplier", vendor_payment)):
            menu_action = self.env.ref(
                f"account_credit_allocation.account_credit_allocation_unallocated_action_open_{menu}"
            )
            action = menu_action.run()
            [name] = action["context"]
            view = self.env["account.credit.allocation.unallocated"].get_view(view_type="search")
            self.assertIn(f'name="{name.removeprefix("search_default_")}"', view["arch"])
            rows = self.env[action["res_model"]].search([("partner_type", "=", partner_type)])
            self.assertEqual(rows.mapped("label"), [expected.name])

    def test_every_reason_has_a_label(self):
        reasons = dict(self.env["account.credit.allocation.unallocated"]._fields["reason"].selection)
        self.assertLess(set(dict(REASONS)), set(reasons))


@tagged("post_install", "-at_install")
class TestUnallocatedTolerance(UnallocatedCase, ToleranceCase):
    def test_a_difference_that_would_be_written_off_is_not_left(self):
        payment = self.payment(101, memo=self.invoice(100).name)
        self.assertRecordValues(
            self.row(payment), [{"reason": "would_be_allocated", "amount_allocatable": 101, "amount_left": 0}]
        )


@tagged("post_install", "-at_install")
class TestUnallocatedRights(UnallocatedCase, SecurityCase):
    """Everybody sees what they may see in the ledger, and nobody sees the rows of another."""

    def setUp(self):
        super().setUp()
        self.reader = self.new_user("reader", ["account.group_account_readonly"])
        self.billing = self.new_user("billing", ["account.group_account_invoice"])
        self.manager = self.new_user("manager", ["account.group_account_manager"])
        self.employee = self.new_user("employee", ["base.group_user"])

    def test_reader_billing_and_manager_open_it(self):
        payment = self.payment(100)
        for user in (self.reader, self.billing, self.manager):
            rows = self.open_analysis(user)
            self.assertEqual(rows.mapped("label"), [payment.name])
            self.assertEqual(rows.create_uid, user)
            rows.web_read({name: {} for name in rows._fields if name not in ("create_uid", "write_uid")})

    def test_employee_does_not_open_it(self):
        Unallocated = self.env["account.credit.allocation.unallocated"].with_user(self.employee)
        with self.assertRaises(AccessError):
            self.open_analysis(self.employee)
        with self.assertRaises(AccessError):
            Unallocated.action_refresh()
        with self.assertRaises(AccessError):
            Unallocated.search([])

    def test_rows_of_another_user_are_neither_seen_nor_replaced(self):
        self.payment(100)
        rows = self.open_analysis(self.billing)
        others = self.open_analysis(self.reader)
        self.assertEqual(rows.exists(), rows)
        self.assertFalse(rows & others)
        with self.assertRaises(AccessError):
            rows.with_user(self.reader).read(["amount"])
        with self.assertRaises(AccessError):
            rows.with_user(self.manager).action_allocate_credits()

    def test_nobody_writes_rows(self):
        self.payment(100)
        rows = self.open_analysis(self.manager)
        with self.assertRaises(AccessError):
            rows.write({"amount": 1})
        with self.assertRaises(AccessError):
            rows.unlink()
        with self.assertRaises(AccessError):
            rows.create({"label": "My credit"})

    def test_reader_does_not_allocate(self):
        invoice, payment = self.invoice(100), self.payment(100)
        with self.assertRaises(AccessError):
            self.open_analysis(self.reader).action_allocate_credits()
        self.assertNotAllocated(invoice, payment)
        self.open_analysis(self.billing).action_allocate_credits()
        self.assertAllocated(invoice, payment, 100)

    def test_it_shows_the_selected_companies(self):
        payment = self.payment(100)
        branch_note = self.credit_note(50, company=self.branch_company)
        both = self.company | self.branch_company
        user = self.new_user("both", ["account.group_account_readonly"], both)
        rows = self.open_analysis(user, both)
        self.assertEqual(set(rows.mapped("label")), {payment.name, branch_note.name})
        self.assertEqual(self.row(branch_note, rows).company_id, self.branch_company)
        in_branch = rows.with_context(allowed_company_ids=self.branch_company.ids)
        self.assertEqual(in_branch.search([]).line_id.move_id, branch_note, "also when a company is deselected later")
        rows = self.open_analysis(user, self.company)
        self.assertEqual(rows.mapped("label"), [payment.name])
        self.assertEqual(self.open_analysis(self.billing).mapped("label"), [payment.name])

    def test_a_credit_waits_for_an_invoice_of_another_branch_only_where_that_is_selected(self):
        self.invoice(100, company=self.branch_company)
        payment = self.payment(100)
        both = self.company | self.branch_company
        user = self.new_user("both", ["account.group_account_readonly"], both)
        self.assertEqual(self.row(payment, self.open_analysis(user, both)).reason, "would_be_allocated")
        self.assertEqual(self.row(payment, self.open_analysis(user, self.company)).reason, "no_counterpart")
