from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from ..common import AllocationCase


class WizardCase(AllocationCase):
    """Opening the wizard as the buttons do, and typing amounts as a user does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.company.currency_id
        cls.billing = cls.new_billing_user()

    def allocate_credits_to(self, document, user=None):
        return self._open(document.with_user(user or self.billing).action_open_credit_wizard(), user)

    def allocate_to_invoices(self, document, user=None):
        return self._open(document.with_user(user or self.billing).action_open_invoice_wizard(), user)

    def _open(self, action, user=None):
        self.assertEqual(action["target"], "new")
        return self.env[action["res_model"]].with_user(user or self.billing).browse(action["res_id"])

    def line_of(self, wizard, document):
        return wizard.line_ids.filtered(lambda line: line.item_id in self.open_items(document))

    def type_amounts(self, wizard, amounts):
        """:param dict amounts: ``{document: amount}``; everything else is cleared"""
        wizard.write({"line_ids": [Command.update(line.id, {"amount": 0}) for line in wizard.line_ids]})
        for document, amount in amounts.items():
            wizard.write(
                {"line_ids": [Command.update(line.id, {"amount": amount}) for line in self.line_of(wizard, document)]}
            )

    def allocate_typed(self, wizard, amounts):
        """Type amounts, allocate, and return the lines of the document that tells of it."""
        self.type_amounts(wizard, amounts)
        return self.submit(wizard)

    def submit(self, wizard):
        before = self.env["account.credit.allocation"].search([])
        action = wizard.action_allocate()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["next"], {"type": "ir.actions.act_window_close"})
        documents = self.env["account.credit.allocation"].search([]) - before
        self.assertEqual(set(documents.mapped("origin")), {"wizard"})
        return documents.line_ids

    def assertRefused(self, sentence, method, *args):
        with self.assertRaises(UserError) as caught:
            method(*args)
        self.assertIn(sentence, str(caught.exception))


@tagged("post_install", "-at_install")
class TestWizardFromInvoice(WizardCase):
    def test_it_lists_every_credit_of_the_customer(self):
        self.invoice(30)
        partly_used = self.payment(80)
        self.allocate(partner_ids=(self.customer.id,))
        invoice = self.invoice(600)
        credits = {
            partly_used.move_id: "overpayment",
            self.payment(300).move_id: "payment",
            self.payment(50, day="2024-02-01").move_id: "prepayment",
            self.credit_note(75, day="2024-03-05"): "credit_note",
            self.entry(-40): "other",
        }
        self.payment(999, self.stranger)
        wizard = self.allocate_credits_to(invoice)
        self.assertEqual({line.item_id.move_id: line.kind for line in wizard.line_ids}, credits)
        self.assertEqual(self.line_of(wizard, partly_used).available, 50)
        self.assertEqual((wizard.partner_id, wizard.amount_due), (self.customer, 600))

    def test_proposal_is_filled_in_with_its_reason(self):
        invoice = self.invoice(1000)
        named, other = self.payment(300, memo=invoice.name), self.payment(50, day="2024-02-01")
        wizard = self.allocate_credits_to(invoice)
        self.assertEqual(self.line_of(wizard, named).amount, 300)
        self.assertIn("names INV/2024/", self.line_of(wizard, named).note)
        self.assertEqual(self.line_of(wizard, other).amount, 50)
        self.assertIn("Oldest", self.line_of(wizard, other).note)
        self.assertEqual((wizard.amount_due, wizard.amount_allocated, wizard.amount_remaining), (1000, 350, 650))
        self.assertTrue(wizard.can_allocate)

    def test_proposed_amounts_left_as_they_are_keep_rule_and_evidence(self):
        invoice = self.invoice(1000)
        named, changed = self.payment(300, memo=invoice.name), self.payment(50)
        wizard = self.allocate_credits_to(invoice)
        self.line_of(wizard, changed).amount = 20
        self.submit(wizard)
        self.assertAllocated(invoice, named, 300, "reference")
        line = self.assertAllocated(invoice, changed, 20, "manual")
        self.assertEqual(line.evidence, "The amount was typed by hand")
        self.assertEqual(line.allocation_id.user_id, self.billing)

    def test_part_of_the_credit_pays_part_of_the_invoice_and_the_rest_follows(self):
        invoice, payment = self.invoice(100), self.payment(80)
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 30})
        self.assertAllocated(invoice, payment, 30, "manual")
        self.assertOpen(invoice, 70)
        self.assertOpen(payment, 50)
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 20})
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 30})
        self.assertOpen(invoice, 20)
        self.assertOpen(payment, 0)
        self.assertEqual(invoice.payment_state, "partial")

    def test_several_credits_pay_the_invoice_to_the_cent(self):
        invoice = self.invoice(100)
        payment, note, entry = self.payment(80), self.credit_note(50), self.entry(-50)
        lines = self.allocate_typed(self.allocate_credits_to(invoice), {payment: 59.99, note: 0.01, entry: 40})
        self.assertEqual(len(lines.allocation_id), 1)
        self.assertEqual(lines.allocation_id.amount_total, 100)
        self.assertOpen(invoice, 0)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertOpen(payment, 20.01)
        self.assertOpen(note, 49.99)

    def test_zero_lines_are_ignored(self):
        invoice, payment, other = self.invoice(100), self.payment(80), self.payment(70)
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 10, other: 0})
        self.assertNotAllocated(invoice, other)

    def test_amount_with_too_many_digits_is_rounded_without_complaint(self):
        invoice, payment = self.invoice(100), self.payment(80)
        self.allocate_typed(self.allocate_credits_to(invoice), {payment: 26.749950})
        self.assertAllocated(invoice, payment, 26.75)

    def test_instalments_are_paid_in_the_order_they_fall_due(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (30, 0)
                ],
            }
        )
        invoice = self.invoice(100, invoice_payment_term_id=term.id)
        payment = self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        self.assertEqual(wizard.amount_due, 100)
        lines = self.allocate_typed(wizard, {payment: 70})
        first, second = self.open_items(invoice).sorted("date_maturity")
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 30))
        self.assertEqual(lines.sorted("id").mapped("debt_amount"), [50, 20])
        self.assertOpen(payment, 10)

    def test_instalment_that_the_rule_chose_is_the_one_paid(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "60 and 40",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 60, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 40, "nb_days": 30}),
                ],
            }
        )
        invoice, payment = self.invoice(100, invoice_payment_term_id=term.id), self.payment(40)
        self.submit(self.allocate_credits_to(invoice))
        first, second = self.open_items(invoice).sorted("date_maturity")
        self.assertEqual((first.amount_residual, second.amount_residual), (60, 0))
        self.assertAllocated(invoice, payment, 40, "exact_amount")

    def test_vendor_bill_is_settled_with_a_payment_and_a_refund(self):
        bill = self.bill(500)
        payment = self.vendor_payment(300)
        refund = self.invoice(100, self.vendor, move_type="in_refund")
        self.allocate_typed(self.allocate_credits_to(bill), {payment: 120.5, refund: 100})
        self.assertAllocated(bill, payment, 120.5)
        self.assertAllocated(bill, refund, 100)
        self.assertOpen(bill, 279.5)

    def test_document_has_the_date_that_was_chosen(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        wizard.date = "2025-02-03"
        line = self.allocate_typed(wizard, {payment: 10})
        self.assertEqual(str(line.allocation_id.date), "2025-02-03")
        self.assertIn("/2025/", line.allocation_id.name)

    def test_notification_leads_to_the_document(self):
        invoice = self.invoice(100)
        self.payment(80)
        action = self.allocate_credits_to(invoice).action_allocate()
        document = self.env["account.credit.allocation"].search([], limit=1)
        self.assertEqual(action["params"]["links"][0]["label"], document.name)
        self.assertIn("Credits: 1. Invoices: 1.", action["params"]["message"])

    def test_credits_of_a_branch_are_listed_where_the_user_works_in_both(self):
        branch = self.branch()
        both = new_test_user(
            self.env,
            login="both",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=(self.company | branch).ids,
        )
        invoice, payment = self.invoice(100, company=branch), self.payment(60)
        companies = {"allowed_company_ids": both.company_ids.ids}
        wizard = self.allocate_credits_to(invoice.with_context(**companies), both).with_context(**companies)
        self.allocate_typed(wizard, {payment: 25})
        self.assertAllocated(invoice, payment, 25)

    def test_credits_of_companies_that_the_user_is_not_working_in_are_not_offered(self):
        invoice = self.invoice(100, company=self.branch())
        self.payment(60)
        self.assertFalse(invoice.with_context(allowed_company_ids=invoice.company_id.ids).credit_allocation_side)
        self.assertRefused(
            "has no outstanding credit",
            invoice.with_context(allowed_company_ids=invoice.company_id.ids).action_open_credit_wizard,
        )


@tagged("post_install", "-at_install")
class TestWizardFromCredit(WizardCase):
    def test_payment_is_spread_over_the_invoices_as_typed(self):
        first, second, third = self.invoice(100), self.invoice(200), self.invoice(300)
        payment = self.payment(250)
        wizard = self.allocate_to_invoices(payment)
        self.assertEqual(wizard.amount_due, 250)
        self.assertEqual(wizard.amount_remaining, 0, "the rules spend all of it")
        self.allocate_typed(wizard, {first: 33.33, third: 66.67})
        self.assertAllocated(first, payment, 33.33)
        self.assertAllocated(third, payment, 66.67)
        self.assertNotAllocated(second, payment)
        self.assertOpen(payment, 150)

    def test_credit_note_is_allocated_to_an_invoice(self):
        invoice, note = self.invoice(100), self.credit_note(60)
        self.allocate_typed(self.allocate_to_invoices(note), {invoice: 45})
        self.assertAllocated(invoice, note, 45)

    def test_what_an_entry_says_of_other_customers_is_no_instalment(self):
        entry = self.entry(100, post=False)
        self.env["account.move.line"].create(
            [
                {"move_id": entry.id, "account_id": account.id, "partner_id": self.stranger.id, "balance": balance}
                for account, balance in ((self.receivable, 50), (self.revenue, -50))
            ]
        )
        entry.action_post()
        payment = self.payment(80)
        self.assertEqual(self.allocate_to_invoices(payment).line_ids.label, entry.name)

    def test_each_instalment_is_a_line_of_its_own(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (0, 30)
                ],
            }
        )
        invoice, payment = self.invoice(100, invoice_payment_term_id=term.id), self.payment(80)
        wizard = self.allocate_to_invoices(payment)
        self.assertEqual(wizard.line_ids.mapped("label"), [f"{invoice.name} (1/2)", f"{invoice.name} (2/2)"])
        self.type_amounts(wizard, {})
        wizard.line_ids[1].amount = 20
        self.submit(wizard)
        first, second = self.open_items(invoice).sorted("date_maturity")
        self.assertEqual((first.amount_residual, second.amount_residual), (50, 30))

    def test_vendor_payment_is_allocated_to_a_bill(self):
        bill, payment = self.bill(100), self.vendor_payment(60)
        self.assertEqual(payment.action_open_invoice_wizard()["name"], f"Allocate {payment.name} to bills")
        self.allocate_typed(self.allocate_to_invoices(payment), {bill: 45})
        self.assertAllocated(bill, payment, 45)

    def test_the_window_says_that_a_reference_names_several_documents(self):
        for amount, reference in ((740, "MF/2025/00815"), (990, "MF/2026/00815")):
            self.invoice(amount, payment_reference=reference)
        payment = self.payment(600, memo="Your invoice 00815")
        wizard = self.allocate_to_invoices(payment)
        self.assertEqual(wizard.amount_allocated, 0)
        self.assertEqual(wizard.undecided, "The reference names several documents")

    def test_the_window_needs_no_excuse_when_it_proposes_something(self):
        self.invoice(100)
        self.assertFalse(self.allocate_to_invoices(self.payment(60)).undecided)

    def test_a_payment_without_memo_has_no_reference(self):
        invoice = self.invoice(100)
        silent, named = self.payment(30), self.payment(40, memo="Second half")
        wizard = self.allocate_credits_to(invoice)
        self.assertFalse(self.line_of(wizard, silent).reference)
        self.assertEqual(self.line_of(wizard, named).reference, "Second half")

    def test_opening_balance_in_credit_is_allocated(self):
        invoice, entry = self.invoice(100), self.entry(-60)
        self.allocate_typed(self.allocate_to_invoices(entry), {invoice: 45})
        self.assertAllocated(invoice, entry, 45)

    def test_money_paid_back_is_settled_with_a_credit_note(self):
        note = self.credit_note(60)
        refund = self.payment(50, payment_type="outbound")
        self.allocate_typed(self.allocate_credits_to(refund), {note: 40})
        self.assertAllocated(refund, note, 40)


@tagged("post_install", "-at_install")
class TestWizardWhileTyping(WizardCase):
    """The onchanges, as the browser calls them."""

    def form(self, wizard):
        return Form(wizard, "account_credit_allocation.account_credit_allocation_wizard_view_form")

    def test_totals_and_errors_follow_every_change(self):
        invoice = self.invoice(100)
        self.payment(80)
        with self.form(self.allocate_credits_to(invoice)) as form:
            with form.line_ids.edit(0) as line:
                line.amount = 26.749950
                self.assertEqual(line.note, "The amount was typed by hand")
            self.assertEqual((form.amount_allocated, form.amount_remaining), (26.75, 73.25))
            self.assertTrue(form.can_allocate)
            with form.line_ids.edit(0) as line:
                line.amount = 90
                self.assertEqual(line.error, "Only $\xa080.00 is available.")
                self.assertEqual(line.note, line.error)
            self.assertFalse(form.can_allocate)
            with form.line_ids.edit(0) as line:
                line.amount = -1
                self.assertEqual(line.error, "An amount cannot be negative.")
            self.assertFalse(form.can_allocate)

    def test_clear_and_propose_fill_all_lines(self):
        invoice = self.invoice(100)
        self.payment(30), self.payment(20)
        wizard = self.allocate_credits_to(invoice)
        window = wizard.new(origin=wizard)
        for command, amounts, can_allocate in (("clear", [0, 0], False), ("propose", [30, 20], True)):
            window.fill = command
            window._onchange_fill()
            self.assertEqual(window.line_ids.mapped("amount"), amounts)
            self.assertEqual(window.can_allocate, can_allocate)
            self.assertFalse(window.fill)

    def test_total_above_the_amount_due_is_said(self):
        invoice = self.invoice(100)
        self.payment(80), self.payment(70)
        with self.form(self.allocate_credits_to(invoice)) as form:
            for index in (0, 1):
                with form.line_ids.edit(index) as line:
                    line.amount = 60
            self.assertEqual(form.amount_remaining, -20)
            self.assertEqual(form.error, f"$\xa020.00 more than is due on {invoice.name}.")
            self.assertFalse(form.can_allocate)

    def test_line_above_the_amount_due_is_said(self):
        invoice = self.invoice(100)
        self.payment(800)
        with self.form(self.allocate_credits_to(invoice)) as form, form.line_ids.edit(0) as line:
            line.amount = 101
            self.assertEqual(line.error, "Only $\xa0100.00 is due.")

    def test_buttons_are_offered_where_there_is_something_to_do(self):
        invoice, draft = self.invoice(100), self.invoice(100, post=False)
        self.assertFalse(invoice.credit_allocation_side, "there is no credit")
        payment = self.payment(100)
        self.env.invalidate_all()
        self.assertEqual(invoice.credit_allocation_side, "debt")
        self.assertEqual(payment.credit_allocation_side, "credit")
        self.assertFalse(draft.credit_allocation_side)
        self.submit(self.allocate_credits_to(invoice))
        self.env.invalidate_all()
        self.assertFalse(invoice.credit_allocation_side)
        self.assertFalse(payment.credit_allocation_side)
