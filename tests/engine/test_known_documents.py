from functools import wraps

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AllocationCase, OnPostCase, press


class NamedMixin:
    """An invoice that is named and may not be settled, and an older one that must not get its money."""

    def excluded(self):
        self.named.credit_allocation_excluded = True

    def settled(self):
        self.named.credit_allocation_excluded = False
        self.payment(1000, day="2024-03-02", memo=self.named.name)
        self.allocate(partner_ids=(self.customer.id,), documents=frozenset(self.named.ids))
        self.assertOpen(self.named, 0)

    def drafted(self):
        self.named.button_draft()

    def cancelled(self):
        self.named.button_draft()
        self.named.button_cancel()

    def of_somebody_else(self):
        self.named.button_draft()
        self.named.partner_id = self.stranger
        self.named.action_post()

    def on_another_account(self):
        account = self.receivable.copy({"code": "121999"})
        self.named.button_draft()
        self.open_items(self.named).account_id = account
        self.named.action_post()

    def in_another_currency(self):
        self.named.button_draft()
        self.named.currency_id = self.euro
        self.named.action_post()

    CASES = {
        "named_excluded": excluded,
        "named_settled": settled,
        "named_draft": drafted,
        "named_cancelled": cancelled,
        "named_partner": of_somebody_else,
        "named_account": on_another_account,
        "named_currency": in_another_currency,
    }


def each_case(test):
    """Run a test for each way in which a named invoice cannot be settled, with the reason and the invoice's number."""

    @wraps(test)
    def run(self):
        for reason, prepare in NamedMixin.CASES.items():
            with self.subTest(reason), self.cr.savepoint() as savepoint:
                self.named = self.invoice(1000, day="2024-03-01")
                number = self.named.name
                prepare(self)
                test(self, reason, number)
                savepoint.rollback()
            self.env.invalidate_all()

    return run


@tagged("post_install", "-at_install")
class TestNamed(NamedMixin, AllocationCase):
    """A payment that names what it may not settle is left for that, and pays nothing else."""

    def setUp(self):
        super().setUp()
        self.older = self.invoice(5000, day="2024-01-01")

    @each_case
    def test_it_is_left_with_the_reason_and_the_name(self, reason, number):
        payment = self.payment(980, memo=f"Invoice {number}")
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, reason)
        self.assertOpen(self.older, 5000)
        self.assertOpen(payment, 980)

    @each_case
    def test_more_than_the_named_invoice_needs_is_free(self, reason, number):
        if reason == "named_currency":
            return  # what it needs is unknown, so all is kept
        payment = self.payment(1300, memo=number)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, payment, 300)
        self.assertOpen(payment, 1000)
        self.assertLeft(outcome, payment, reason)

    @each_case
    def test_written_in_the_payers_own_way(self, reason, number):
        payment = self.payment(980, memo=f"thanks for {number.lower().replace('/', '-')}, regards")
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, reason)

    @each_case
    def test_a_preview_and_the_list_action_say_the_same(self, reason, number):
        self.payment(10, day="2024-01-02")  # so that there is something to show
        payment = self.payment(980, memo=number)
        documents = self.env["account.credit.allocation"]
        for action in ("action_preview_credit_allocation", "action_allocate_credits"):
            getattr(self.customer, action)()
            document = documents.search([("leftover_ids.move_id", "=", payment.move_id.id)], order="id desc", limit=1)
            leftover = document.leftover_ids.filtered(lambda left: left.move_id == payment.move_id)
            self.assertEqual(leftover.reason, reason)
            self.assertIn(number, leftover.message)
        self.assertOpen(payment, 980)

    @each_case
    def test_the_window_proposes_nothing_of_it_and_says_so(self, reason, number):
        payment = self.payment(980, memo=number)
        Wizard = self.env["account.credit.allocation.wizard"]
        of_invoice = Wizard.browse(self.older.action_open_credit_wizard()["res_id"])
        line = of_invoice.line_ids.filtered(lambda line: line.item_id.move_id == payment.move_id)
        self.assertFalse(line.amount_proposed)
        of_payment = Wizard.browse(payment.action_open_invoice_wizard()["res_id"])
        self.assertFalse(of_payment.amount_allocated)
        for text in (line.note, of_payment.undecided):
            self.assertIn(number, text)
            self.assertIn("Names", text)

    @each_case
    def test_a_second_run_does_nothing(self, _reason, number):
        payment = self.payment(1300, memo=number)
        self.allocate(partner_ids=(self.customer.id,))
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(outcome.executed)
        self.assertOpen(payment, 1000 if self.partials_between(self.older, payment) else 1300)

    def test_an_overpayment_of_a_named_invoice_stays_free_once_that_is_settled(self):
        invoice = self.invoice(100, day="2024-03-01")
        payment = self.payment(150, memo=invoice.name)
        self.older.credit_allocation_excluded = True
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(payment, 50)
        later = self.invoice(50, day="2024-04-01")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(later, payment, 50)

    def test_two_payments_that_name_one_invoice(self):
        invoice = self.invoice(100, day="2024-03-01")
        first, second = (self.payment(100, memo=invoice.name, day=f"2024-03-1{day}") for day in (0, 1))
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, first, 100)
        self.assertLeft(outcome, second, "named_settled")
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), second, "named_settled")

    def test_a_credit_note_of_a_paid_invoice_is_free(self):
        invoice = self.invoice(100, day="2024-03-01")
        self.payment(100, memo=invoice.name)
        self.allocate(partner_ids=(self.customer.id,))
        credit_note = invoice._reverse_moves(
            [{"invoice_date": self.day("2024-03-05"), "ref": f"Return of {invoice.name}"}]
        )
        credit_note.action_post()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, credit_note, 100)

    def test_a_named_invoice_of_a_company_that_is_not_looked_at(self):
        branch = self.branch()
        self.env.user.company_ids |= branch
        named = self.invoice(1000, company=branch)
        payment = self.payment(980, memo=named.name)
        outcome = self.allocate(company_ids=tuple(self.company.ids))
        self.assertLeft(outcome, payment, "named_outside")

    def test_bills_of_vendors(self):
        older = self.bill(5000, day="2024-01-01", ref="OLD-1000")
        named = self.bill(1000, ref="ACME/2024/77", credit_allocation_excluded=True)
        payment = self.vendor_payment(980, memo="acme 2024 77")
        outcome = self.allocate(partner_ids=(self.vendor.id,))
        self.assertLeft(outcome, payment, "named_excluded")
        named.credit_allocation_excluded = False
        named.button_draft()
        self.assertLeft(self.allocate(partner_ids=(self.vendor.id,)), payment, "named_draft")
        self.assertOpen(older, 5000)

    def test_the_origin_of_an_invoice_names_it(self):
        invoices = [self.invoice(60, day=f"2024-03-0{day}", invoice_origin="S00044, S00045") for day in (2, 1)]
        payment = self.payment(100, memo="S00044")
        self.allocate(partner_ids=(self.customer.id,))
        line = self.assertAllocated(invoices[1], payment, 60, "reference")
        self.assertEqual(line.evidence, "“S00044” names S00044, the order of this document")
        self.assertAllocated(invoices[0], payment, 40, "reference")

    def test_what_a_payment_was_made_for_keeps_it_too(self):
        named = self.invoice(1000, day="2024-03-01")
        payment = self.payment(980, invoice_ids=[Command.set(named.ids)])
        named.credit_allocation_excluded = True
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "named_excluded")

    def test_texts_without_a_known_name_keep_nothing(self):
        payment = self.payment(980, memo="Order 4711 of 12 March 2024, phone 030 1234567")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, payment, 980)

    def test_what_a_credit_has_settled_by_hand_frees_its_rest_in_the_first_plan_already(self):
        self.older.credit_allocation_excluded = True
        invoice = self.invoice(200, day="2024-03-01")
        by_hand = self.payment(100, memo=invoice.name, day="2024-03-20")
        wizard = self.env["account.credit.allocation.wizard"].browse(invoice.action_open_credit_wizard()["res_id"])
        wizard.line_ids.amount = 30
        wizard.action_allocate()
        self.payment(170, memo=invoice.name, day="2024-03-10")
        other = self.invoice(70, day="2024-03-02")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(other, by_hand, 70)
        self.assertFalse(self.allocate(partner_ids=(self.customer.id,)).executed)

    def test_the_reference_of_another_vendors_bill_names_nothing_even_in_one_run(self):
        others = self.bill(100, self.stranger, ref="2024-0001")
        self.vendor_payment(100, self.stranger, memo="2024-0001")
        self.vendor_payment(20, self.stranger, memo="BX-99/1")
        bill = self.bill(50)
        payment = self.vendor_payment(50, memo="2024-0001")
        self.allocate()
        self.assertAllocated(bill, payment, 50)
        self.assertOpen(others, 0)

    def test_a_plain_number_of_somebody_elses_invoice_names_nothing(self):
        self.invoice(70, self.stranger, payment_reference="10042")
        payment = self.payment(980, memo="Customer no 10042")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, payment, 980)

    def test_the_last_number_of_a_settled_entry_names_nothing(self):
        entry = self.entry(50, day="2024-02-01")
        self.payment(50, memo=entry.name)
        self.allocate(partner_ids=(self.customer.id,))
        payment = self.payment(980, memo=f"Invoice {entry.name.rpartition('/')[2]}, thanks")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, payment, 980)

    def test_a_reversed_entry_and_its_reversal_are_free(self):
        entry = self.entry(70, day="2024-02-01")
        self.payment(70, memo=entry.name)
        self.allocate(partner_ids=(self.customer.id,))
        reversal = entry._reverse_moves([{"date": self.day("2024-02-05")}])
        reversal.action_post()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, reversal, 70)

    def test_a_document_on_two_accounts_is_known_once(self):
        account = self.receivable.copy({"code": "121998"})
        items = [(self.receivable, 60), (account, 40), (self.revenue, -100)]
        vals = {"partner_id": self.customer.id, "name": "Opening"}
        entry = self.entry(
            100,
            day="2024-02-01",
            line_ids=[Command.create({**vals, "account_id": item.id, "balance": balance}) for item, balance in items],
        )
        payment = self.payment(60, memo=entry.name, day="2024-02-02")
        self.allocate(partner_ids=(self.customer.id,))
        again = self.payment(980, memo=entry.name)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, again, "named_account")
        self.assertOpen(payment, 0)

    # --- the way out --------------------------------------------------------------------------------------------------

    def left_of(self, payment):
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        return document.leftover_ids.filtered(lambda leftover: leftover.move_id == payment.move_id)

    def test_include_and_allocate(self):
        self.payment(10, day="2024-01-02")  # so that there is a document
        named = self.invoice(1000, credit_allocation_excluded=True)
        payment = self.payment(980, memo=named.name)
        leftover = self.left_of(payment)
        self.assertEqual((leftover.named_model, leftover.named_id), ("account.move", named.id))
        self.assertEqual(press(leftover, "action_open_named")["res_id"], named.id)
        press(leftover, "action_include_named")
        self.assertAllocated(named, payment, 980, "reference")

    def test_a_preview_includes_nothing(self):
        named = self.invoice(1000, credit_allocation_excluded=True)
        payment = self.payment(980, memo=named.name)
        self.payment(10, memo="Thanks")
        self.customer.action_preview_credit_allocation()
        leftover = self.env["account.credit.allocation.leftover"].search([("reason", "=", "named_excluded")])
        with self.assertRaisesRegex(UserError, "preview"):
            press(leftover, "action_include_named")
        self.assertTrue(named.credit_allocation_excluded)
        self.assertOpen(payment, 980)

    def test_allocate_by_hand(self):
        self.payment(10, day="2024-01-02")
        named = self.invoice(1000, credit_allocation_excluded=True)
        payment = self.payment(980, memo=named.name)
        wizard = press(self.left_of(payment), "action_allocate_by_hand")
        line = wizard.line_ids.filtered(lambda line: line.item_id.move_id == self.older)
        line.amount = 980
        wizard.action_allocate()
        self.assertAllocated(self.older, payment, 980)


@tagged("post_install", "-at_install")
class TestNamedOnPost(NamedMixin, OnPostCase):
    @each_case
    def test_posting_a_payment_leaves_it_and_says_why(self, _reason, number):
        older = self.invoice(5000, day="2024-01-01")
        self.commit()
        payment = self.payment(980, memo=number)
        self.commit()
        self.assertOpen(payment, 980)
        self.assertOpen(older, 5000)
        notes = payment.message_ids.mapped("body")
        self.assertTrue(any(number in note and "not allocated" in note for note in notes), notes)


@tagged("post_install", "-at_install")
class TestNamedOrder(OnPostCase):
    """A payment that names an order is kept for it, and pays its invoice."""

    def setUp(self):
        super().setUp()
        if "sale.order" not in self.env:
            self.skipTest("sales are not installed")
        self.env.user.group_ids |= self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.older = self.invoice(100, day="2024-01-01")
        product = self.env["product.product"].create(
            {"name": "Desk", "invoice_policy": "order", "taxes_id": [Command.clear()], "type": "consu"}
        )
        self.order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 1, "price_unit": 100})],
            }
        )
        self.commit()

    def test_it_is_kept_for_the_order_from_the_quotation_on(self):
        payment = self.payment(100, memo=f"{self.order.name} thank you")
        self.commit()
        self.assertOpen(self.older, 100)
        self.order.action_confirm()
        self.assertLeft(self.allocate(), payment, "named_order")

    def test_the_invoice_of_the_order_gets_it_though_an_older_one_is_equal(self):
        payment = self.payment(100, memo=self.order.name)
        self.order.action_confirm()
        self.commit()
        invoice = self.order._create_invoices()
        self.assertLeft(self.allocate(), payment, "named_order")
        invoice.action_post()
        self.commit()
        self.assertAllocated(invoice, payment, 100, "reference")
        self.assertOpen(self.older, 100)

    def test_a_cancelled_order_gives_it_back(self):
        payment = self.payment(100, memo=self.order.name)
        self.order.action_confirm()
        self.commit()
        self.order._action_cancel()
        self.allocate()
        self.assertAllocated(self.older, payment, 100)

    def test_more_than_the_order_needs_is_free(self):
        self.order.action_confirm()
        payment = self.payment(130, memo=self.order.name)
        outcome = self.allocate()
        self.assertAllocated(self.older, payment, 30)
        self.assertLeft(outcome, payment, "named_order")

    def test_a_down_payment_is_paid_and_the_rest_kept(self):
        self.order.action_confirm()
        down_payment = self.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": [Command.set(self.order.ids)], "advance_payment_method": "fixed", "fixed_amount": 40}
        )
        down_payment.create_invoices()
        invoice = self.order.invoice_ids
        invoice.invoice_line_ids.tax_ids = [Command.clear()]
        invoice.action_post()
        payment = self.payment(100, memo=self.order.name)
        outcome = self.allocate()
        self.assertAllocated(invoice, payment, 40)
        self.assertLeft(outcome, payment, "named_order")
        self.assertOpen(payment, 60)

    def test_the_leftover_opens_the_order(self):
        self.order.action_confirm()
        self.payment(130, memo=self.order.name)
        leftover = self.allocate().documents.leftover_ids.filtered(lambda left: left.reason == "named_order")
        self.assertEqual((leftover.named_model, leftover.named_id), ("sale.order", self.order.id))
        self.assertEqual(leftover.action_open_named()["res_model"], "sale.order")


@tagged("post_install", "-at_install", "flow", "-standard")
class TestNamedPurchaseOrder(OnPostCase):
    """A payment that names a purchase order is kept for its bill."""

    def setUp(self):
        super().setUp()
        self.company.credit_allocation_payable = True
        self.env.user.group_ids |= self.env.ref("purchase.group_purchase_user")
        self.older = self.bill(100, day="2024-01-01")
        product = self.env["product.product"].create(
            {"name": "Desk", "purchase_method": "purchase", "supplier_taxes_id": [Command.clear()], "type": "consu"}
        )
        self.order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "order_line": [
                    Command.create(
                        {"product_id": product.id, "product_qty": 1, "price_unit": 100, "tax_ids": [Command.clear()]}
                    )
                ],
            }
        )
        self.order.button_confirm()
        self.payment_for_order = self.vendor_payment(100, memo=self.order.name)
        self.commit()

    def test_it_is_kept_until_the_order_is_billed(self):
        self.assertOpen(self.older, 100)
        self.assertLeft(self.allocate(), self.payment_for_order, "named_order")
        self.order.action_create_invoice()
        bill = self.order.invoice_ids
        bill.invoice_date = "2024-04-01"
        bill.action_post()
        self.commit()
        self.assertAllocated(bill, self.payment_for_order, 100, "reference")
        self.assertOpen(self.older, 100)

    def test_a_cancelled_order_gives_it_back(self):
        self.order.button_cancel()
        self.allocate()
        self.assertAllocated(self.older, self.payment_for_order, 100)
