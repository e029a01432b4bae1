from odoo import Command, fields, models
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged

from .test_wizard import WizardCase


@tagged("post_install", "-at_install")
class TestWizardRefusals(WizardCase):
    """Everything that is refused, with the sentence that says why."""

    def test_draft(self):
        self.payment(80)
        self.assertRefused("is a draft. Confirm it first.", self.allocate_credits_to, self.invoice(100, post=False))
        self.assertRefused("is a draft. Confirm it first.", self.allocate_to_invoices, self.payment(100, post=False))

    def test_cancelled(self):
        invoice = self.invoice(100)
        self.payment(80)
        invoice.button_draft()
        invoice.button_cancel()
        self.assertRefused("is cancelled", self.allocate_credits_to, invoice)

    def test_credit_note_as_target(self):
        note = self.credit_note(100)
        self.payment(80)
        self.assertRefused(
            f"{note.name} is a credit note: it is a credit itself, so credits are not allocated to it.",
            self.allocate_credits_to,
            note,
        )

    def test_payment_as_target_and_invoice_as_credit(self):
        invoice, payment = self.invoice(100), self.payment(80)
        self.assertRefused("is a credit, it is not owed", self.allocate_credits_to, payment)
        self.assertRefused("is owed, it is not a credit", self.allocate_to_invoices, invoice)

    def test_with_a_vendor_the_sentences_speak_of_bills(self):
        note = self.invoice(100, self.vendor, move_type="in_refund")
        self.vendor_payment(80)
        self.assertRefused("Use “Allocate to bills” instead.", self.allocate_credits_to, note)
        self.assertRefused("has no open bill that could be settled.", self.allocate_to_invoices, note)

    def test_paid_invoice_and_spent_payment(self):
        invoice, payment = self.invoice(100), self.payment(100)
        self.payment(50), self.invoice(50)
        self.submit(self.allocate_credits_to(invoice))
        self.assertRefused(f"Nothing of {invoice.name} is open any more.", self.allocate_credits_to, invoice)
        self.assertRefused(f"Nothing of {payment.move_id.name} is open any more.", self.allocate_to_invoices, payment)

    def test_nothing_available(self):
        self.assertRefused(
            "Azure Interior has no outstanding credit that could be allocated.",
            self.allocate_credits_to,
            self.invoice(100),
        )
        self.assertRefused(
            "Deco Addict has no open invoice that could be settled.",
            self.allocate_to_invoices,
            self.payment(100, self.stranger),
        )

    def test_several_documents_at_once(self):
        invoices = self.invoice(100) | self.invoice(200)
        self.payment(80)
        self.assertRefused("one document at a time", self.allocate_credits_to, invoices)
        self.assertRefused("one document at a time", self.allocate_credits_to, invoices.browse())

    def test_entry_of_nobody(self):
        nobody = self.env["res.partner"]
        self.assertRefused("has no customer or vendor", self.allocate_to_invoices, self.entry(-50, nobody))

    def test_entry_with_items_of_several_partners(self):
        entry = self.entry(-50, post=False)
        entry.write(
            {
                "partner_id": self.customer.id,
                "line_ids": [
                    Command.create(
                        {"account_id": self.receivable.id, "partner_id": self.stranger.id, "balance": -10, "name": "x"}
                    ),
                    Command.create({"account_id": self.revenue.id, "balance": 10, "name": "x"}),
                ],
            }
        )
        entry.action_post()
        self.invoice(100), self.invoice(100, self.stranger)
        self.assertRefused("of several partners", self.allocate_to_invoices, entry)

    def test_payment_without_journal_entry(self):
        payment = self.payment(100, post=False)
        payment.outstanding_account_id = False
        payment.state = "in_process"
        self.assertFalse(payment.move_id)
        self.assertRefused("has no journal entry", self.allocate_to_invoices, payment)

    def test_foreign_invoice_in_a_company_that_cannot_book_exchange_differences(self):
        invoice = self.invoice(100, currency_id=self.euro.id)
        self.payment(80, currency_id=self.euro.id)
        self.company.currency_exchange_journal_id = False
        self.assertRefused("no journal or accounts for exchange gains", self.allocate_credits_to, invoice)

    def test_foreign_credit_in_a_company_that_cannot_book_exchange_differences_is_shown_as_unusable(self):
        invoice, payment = self.invoice(100), self.payment(80, currency_id=self.euro.id)
        self.company.currency_exchange_journal_id = False
        wizard = self.allocate_credits_to(invoice)
        self.assertIn("no journal for exchange gains", self.line_of(wizard, payment).note)
        self.assertRefused("no journal for exchange gains", self.allocate_typed, wizard, {payment: 10})

    def test_nothing_typed(self):
        invoice = self.invoice(100)
        self.payment(80)
        self.assertRefused(
            "Type the amounts to allocate first.", self.allocate_typed, self.allocate_credits_to(invoice), {}
        )

    def test_amounts_that_do_not_fit(self):
        invoice, payment, other = self.invoice(100), self.payment(80), self.payment(70)
        wizard = self.allocate_credits_to(invoice)
        number = payment.move_id.name
        for amounts, sentence in (
            ({payment: 80.01}, f"{number}: Only $\xa080.00 is available."),
            ({payment: -1}, f"{number}: An amount cannot be negative."),
            ({payment: 60, other: 41}, f"$\xa01.00 more than is due on {invoice.name}."),
        ):
            self.assertRefused(sentence, self.allocate_typed, wizard, amounts)
        self.assertOpen(invoice, 100)

    def test_second_submission_of_the_same_window(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        self.allocate_typed(wizard, {payment: 10})
        self.assertRefused("have been allocated already", wizard.action_allocate)
        self.assertAllocated(invoice, payment, 10)

    def test_invoice_that_somebody_paid_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        other = self.payment(30)
        (self.open_items(invoice) | self.open_items(other)).reconcile()
        self.assertRefused(
            f"{invoice.name} was changed by somebody else since you opened this window.",
            self.allocate_typed,
            wizard,
            {payment: 10},
        )

    def test_credit_that_somebody_used_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        (self.open_items(self.invoice(30)) | self.open_items(payment)).reconcile()
        self.assertRefused(
            f"{payment.move_id.name} was changed by somebody else since you opened this window.",
            self.allocate_typed,
            wizard,
            {payment: 10},
        )

    def test_credit_that_somebody_used_meanwhile_but_that_is_not_needed(self):
        invoice, payment, used = self.invoice(100), self.payment(80), self.payment(70)
        wizard = self.allocate_credits_to(invoice)
        (self.open_items(self.invoice(70)) | self.open_items(used)).reconcile()
        self.allocate_typed(wizard, {payment: 10})
        self.assertAllocated(invoice, payment, 10)

    def test_invoice_reset_to_draft_meanwhile(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        invoice.button_draft()
        self.assertRefused("is a draft", self.allocate_typed, wizard, {payment: 10})


@tagged("post_install", "-at_install")
class TestWizardDeferredEntries(WizardCase):
    """Revenue and expenses are deferred by other addons: here is one that knows which entries deferred an invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Move = cls.registry["account.move"]

        class DeferringMove(models.Model):
            _module = None
            _inherit = Move._name  # as another addon would: here nobody opens it twice

            deferred_move_ids = fields.Many2many("account.move", compute="_compute_deferred_move_ids")

            def _compute_deferred_move_ids(self):
                for move in self:
                    move.deferred_move_ids = move.search([("ref", "=", f"Deferral of {move.name}")])

        base_classes = Move._base_classes__
        add_to_registry(cls.registry, DeferringMove)
        cls.registry._setup_models__(cls.env.cr, ["account.move"])

        def restore():
            Move._base_classes__ = base_classes
            cls.registry._setup_models__(cls.env.cr, ["account.move"])

        cls.addClassCleanup(restore)

    def test_invoice_with_deferred_entries(self):
        invoice, payment = self.invoice(100), self.payment(80)
        wizard = self.allocate_credits_to(invoice)
        self.entry(10, ref=f"Deferral of {invoice.name}")
        self.env.invalidate_all()
        self.assertRefused("has deferred entries", self.allocate_credits_to, invoice)
        self.assertRefused("has deferred entries", self.allocate_typed, wizard, {payment: 10})
