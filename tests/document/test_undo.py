from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.engine.allocation_trigger import NOTED
from ..common import AllocationCase


class UndoCase(AllocationCase):
    def allocate_customer(self):
        """Everything outstanding of the customer; the new document."""
        return self.allocate(partner_ids=(self.customer.id,)).documents

    def open_dialog(self, records):
        """The dialog that the button Undo of a document, or of lines, opens."""
        action = records.action_undo()
        return self.env[action["res_model"]].with_env(records.env).browse(action["res_id"])

    def undo(self, records, exclude_credits=False):
        """Press Undo and confirm."""
        dialog = self.open_dialog(records)
        dialog.exclude_credits = exclude_credits
        return dialog.action_undo()["params"]

    def cash_basis_invoice(self):
        """An invoice of 110 whose tax of 10 is due when it is paid, and the account where it is then due."""
        self.company.tax_exigibility = True
        self.company.tax_cash_basis_journal_id = self.misc_journal
        transition, paid = (self.company_data["default_account_tax_sale"].copy() for _unused in range(2))
        transition.reconcile = True
        tax = self.env["account.tax"].create(
            {
                "name": "Cash basis 10%",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": transition.id,
                "invoice_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create({"repartition_type": "tax", "account_id": paid.id}),
                ],
            }
        )
        invoice = self.invoice(100, post=False)
        invoice.invoice_line_ids.tax_ids = tax
        invoice.action_post()
        return invoice, paid

    def assertResidual(self, record, amount, amount_currency=None):
        """The signed residuals of the document's open item, in the currencies of the company and of the item."""
        item = self.open_items(record)
        self.assertAlmostEqual(item.amount_residual, amount)
        if amount_currency is not None:
            self.assertAlmostEqual(item.amount_residual_currency, amount_currency)


@tagged("post_install", "-at_install")
class TestUndo(UndoCase):
    """Undo removes what the document made, and nothing else."""

    def test_invoice_and_payment_are_open_again(self):
        invoice, payment = self.invoice(100), self.payment(60)
        document = self.allocate_customer()
        params = self.undo(document)
        self.assertEqual(params["type"], "success")
        self.assertIn("Allocations taken back: 1", params["message"])
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 60)
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(document.state, "undone")

    def test_credit_of_1000_on_an_invoice_of_1500_leaves_500_and_undo_restores_1500(self):
        invoice, credit_note = self.invoice(1500), self.credit_note(1000)
        document = self.allocate_customer()
        self.assertOpen(invoice, 500)
        self.undo(document)
        self.assertOpen(invoice, 1500)
        self.assertOpen(credit_note, 1000)

    def test_the_line_keeps_its_history(self):
        invoice = self.invoice(100)
        payment = self.payment(60)
        document = self.allocate_customer()
        self.undo(document)
        self.assertRecordValues(
            document.line_ids,
            [
                {
                    "state": "undone",
                    "debt_label": invoice.name,
                    "credit_label": payment.name,
                    "amount": 60,
                    "debt_amount": 60,
                    "undone_user_id": self.env.uid,
                }
            ],
        )
        self.assertTrue(document.line_ids.undone_date)
        self.assertEqual((document.amount_total, document.amount_undone), (60, 60))

    def test_chatter_of_invoice_and_payment_tells_who_undid_it(self):
        invoice, payment = self.invoice(100), self.payment(100)
        document = self.allocate_customer()
        self.undo(document)
        for record, other in ((invoice, payment), (payment, invoice)):
            body = record.message_ids.filtered(lambda message: "undone by" in (message.body or "")).body
            self.assertIn(document.name, body)
            self.assertIn(self.env.user.name, body)
            self.assertIn(other.name, body)
            self.assertIn("100.00", body)

    def test_another_document_of_the_same_invoice_survives(self):
        invoice = self.invoice(100)
        first_payment = self.payment(40)
        first = self.allocate_customer()
        second_payment = self.payment(60)
        second = self.allocate_customer()
        self.assertOpen(invoice, 0)
        self.undo(first)
        self.assertOpen(invoice, 40)
        self.assertOpen(first_payment, 40)
        self.assertAllocated(invoice, second_payment, 60)
        self.assertEqual((first.state, second.state), ("undone", "done"))

    def test_another_document_survives_in_two_currencies_with_its_exchange_entry(self):
        """100 euros invoiced at 2, paid by 40 and 60 at 4: each payment has an exchange loss of its own."""
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        first_payment = self.payment(40, day="2024-07-01", currency_id=self.euro.id)
        first = self.allocate_customer()
        second_payment = self.payment(60, day="2024-07-02", currency_id=self.euro.id)
        second = self.allocate_customer()
        kept = second.line_ids.exchange_move_id
        self.assertTrue(first.line_ids.exchange_move_id)
        self.assertTrue(kept)
        self.undo(first)
        self.assertResidual(invoice, 20, 40)
        self.assertResidual(first_payment, -10, -40)
        self.assertResidual(second_payment, 0, 0)
        self.assertEqual(second.line_ids.exchange_move_id, kept)
        self.assertFalse(kept.reversal_move_ids)
        self.assertTrue(first.line_ids.exchange_move_id.reversal_move_ids)
        self.undo(second)
        self.assertResidual(invoice, 50, 100)
        self.assertResidual(second_payment, -15, -60)

    def test_reconciliation_made_by_hand_on_the_same_invoice_survives(self):
        invoice, by_hand = self.invoice(100), self.payment(30)
        (self.open_items(invoice) + self.open_items(by_hand)).reconcile()
        payment = self.payment(70)
        document = self.allocate_customer()
        self.undo(document)
        self.assertOpen(invoice, 70)
        self.assertOpen(payment, 70)
        self.assertEqual(self.partials_between(invoice, by_hand).amount, 30)

    def test_one_of_four_links_is_undone_and_three_remain(self):
        invoices = [self.invoice(100), self.invoice(100, day="2024-03-02")]
        payments = [self.payment(100), self.payment(100, day="2024-03-16")]
        # each payment 50/50 on both invoices
        for invoice in invoices:
            for payment in payments:
                self.settle(invoice, payment, 50)
        document = self.record_by_hand(invoices, payments)
        self.assertEqual(len(document.line_ids), 4)
        line = document.line_ids.filtered(
            lambda line: line.debt_move_id == invoices[0] and line.credit_move_id == payments[1].move_id
        )
        self.undo(line)
        self.assertEqual(line.state, "undone")
        self.assertEqual(document.state, "done")
        self.assertEqual(document.amount_undone, 50)
        self.assertOpen(invoices[0], 50)
        self.assertOpen(invoices[1], 0)
        self.assertOpen(payments[0], 0)
        self.assertOpen(payments[1], 50)
        for other in document.line_ids - line:
            self.assertEqual(other.state, "done")
            self.assertEqual(other.partial_id.amount, 50)

    def settle(self, invoice, payment, amount):
        """A native partial of exactly this amount, as the accountant makes it with two instalments."""
        debt, credit = self.open_items(invoice), self.open_items(payment)
        self.env["account.partial.reconcile"].create(
            {
                "debit_move_id": debt.id,
                "credit_move_id": credit.id,
                "amount": amount,
                "debit_amount_currency": amount,
                "credit_amount_currency": amount,
            }
        )

    def record_by_hand(self, invoices, payments):
        """A document about the partials that are there."""
        return (
            self.env["account.credit.allocation"]
            .sudo()
            .create(
                {
                    "name": "CA/TEST",
                    "company_id": self.company.id,
                    "origin": "wizard",
                    "state": "done",
                    "amount_total": 200,
                    "line_ids": [
                        Command.create(
                            {
                                "partner_id": self.customer.id,
                                "account_id": self.receivable.id,
                                "debt_line_id": self.open_items(invoice).id,
                                "debt_move_id": invoice.id,
                                "debt_label": invoice.name,
                                "debt_currency_id": invoice.currency_id.id,
                                "debt_amount": 50,
                                "credit_line_id": self.open_items(payment).id,
                                "credit_move_id": payment.move_id.id,
                                "credit_label": payment.name,
                                "credit_currency_id": payment.currency_id.id,
                                "credit_amount": 50,
                                "amount": 50,
                                "partial_id": self.partials_between(invoice, payment).id,
                            }
                        )
                        for invoice in invoices
                        for payment in payments
                    ],
                }
            )
            .sudo(False)
        )

    def test_lines_are_undone_in_any_order(self):
        invoices = [self.invoice(100, day=f"2024-03-0{day}", currency_id=self.euro.id) for day in (1, 2, 3)]
        payments = [self.payment(150, day=f"2024-07-0{day}", currency_id=self.euro.id) for day in (1, 2)]
        for order in ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)):
            document = self.allocate_customer()
            lines = document.line_ids
            self.assertEqual(len(lines), 4)
            for index in order:
                self.undo(lines[index])
            self.assertEqual(document.state, "undone")
            for invoice in invoices:
                self.assertResidual(invoice, 50, 100)
            for payment in payments:
                self.assertResidual(payment, -37.5, -150)

    def test_full_reconcile_and_matching_numbers_go_and_come_back(self):
        invoice, payment = self.invoice(100), self.payment(100)
        document = self.allocate_customer()
        items = self.open_items(invoice) + self.open_items(payment)
        self.assertTrue(items.full_reconcile_id)
        self.undo(document)
        self.assertFalse(items.full_reconcile_id)
        self.assertEqual(set(items.mapped("matching_number")), {False})
        self.allocate_customer()
        self.assertTrue(items.full_reconcile_id)
        self.assertEqual(len(set(items.mapped("matching_number"))), 1)

    def test_matching_number_of_what_stays_reconciled_stays(self):
        invoice = self.invoice(100)
        first_payment, second_payment = self.payment(40), self.payment(60, day="2024-03-20")
        document = self.allocate_customer()
        line = document.line_ids.filtered(lambda line: line.credit_move_id == first_payment.move_id)
        self.undo(line)
        self.assertFalse(self.open_items(first_payment).matching_number)
        number = self.open_items(invoice).matching_number
        self.assertTrue(number.startswith("P"))
        self.assertEqual(self.open_items(second_payment).matching_number, number)

    def test_what_somebody_removed_by_hand_is_reported_and_the_rest_undone(self):
        invoice = self.invoice(100)
        removed_payment, payment = self.payment(40), self.payment(60, day="2024-03-20")
        document = self.allocate_customer()
        self.partials_between(invoice, removed_payment).unlink()
        dialog = self.open_dialog(document)
        self.assertIn("Removed by hand before", dialog.summary)
        self.assertIn(removed_payment.name, dialog.summary.split("Removed by hand before")[1])
        self.assertNotIn(payment.name, dialog.summary.split("Removed by hand before")[1])
        dialog.action_undo()
        self.assertOpen(invoice, 100)
        self.assertEqual(sorted(document.line_ids.mapped("state")), ["removed", "undone"])
        self.assertEqual(document.state, "undone")

    def test_everything_removed_by_hand_is_no_error(self):
        invoice, _payment = self.invoice(100), self.payment(100)
        document = self.allocate_customer()
        self.open_items(invoice).remove_move_reconcile()
        self.assertEqual(document.state, "done")
        params = self.undo(document)
        self.assertIn("removed these reconciliations already", params["message"])
        self.assertEqual(document.state, "undone")

    def test_document_whose_payment_was_deleted_can_be_undone(self):
        self.invoice(100)
        payment = self.payment(100)
        document = self.allocate_customer()
        payment.action_draft()
        payment.unlink()
        self.undo(document)
        self.assertEqual(document.state, "undone")

    def test_undone_document_cannot_be_undone_again(self):
        self.invoice(100), self.payment(100)
        document = self.allocate_customer()
        second_click = self.open_dialog(document)
        self.undo(document)
        again_allocated = self.allocate_customer()
        for again in (second_click.action_undo, document.action_undo, document.line_ids.action_undo):
            with self.assertRaisesRegex(UserError, f"{self.env.user.name} has undone this already"):
                again()
        self.assertEqual(again_allocated.line_ids.state, "done")

    def test_lines_of_several_documents_are_undone_together(self):
        mine, other = self.invoice(100), self.invoice(50, self.stranger)
        self.payment(100), self.payment(50, self.stranger)
        documents = self.allocate_customer() + self.allocate(partner_ids=(self.stranger.id,)).documents
        dialog = self.open_dialog(documents.line_ids)
        self.assertIn("Allocations taken back: 2", dialog.summary)
        dialog.action_undo()
        self.assertOpen(mine, 100)
        self.assertOpen(other, 50)
        self.assertEqual(set(documents.mapped("state")), {"undone"})

    def test_credits_are_left_out_of_automatic_allocation_when_wanted(self):
        invoice = self.invoice(100)
        payment, credit_note = self.payment(60), self.credit_note(20)
        dialog = self.open_dialog(self.allocate_customer())
        self.assertTrue(dialog.exclude_credits)
        dialog.action_undo()
        self.assertTrue(payment.credit_allocation_excluded)
        self.assertTrue(credit_note.credit_allocation_excluded)
        self.assertFalse(invoice.credit_allocation_excluded)
        self.assertFalse(self.allocate_customer())

    def test_otherwise_they_are_allocated_again(self):
        invoice, payment = self.invoice(100), self.payment(60)
        self.undo(self.allocate_customer())
        self.assertFalse(payment.credit_allocation_excluded)
        self.allocate_customer()
        self.assertAllocated(invoice, payment, 60)

    def test_dialog_says_what_opens_again(self):
        invoice, payment = self.invoice(100, day="2024-03-01", currency_id=self.euro.id), None
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        document = self.allocate_customer()
        summary = str(self.open_dialog(document).summary).replace("&nbsp;", " ")
        self.assertIn("Allocations taken back: 1, $ 25.00.", summary)
        self.assertIn(f"Invoices open again: 1, {invoice.name} (100.00 €).", summary)
        self.assertIn(f"Credits outstanding again: 1, {payment.name} (100.00 €).", summary)
        self.assertIn(f"Exchange difference entries reversed: {document.line_ids.exchange_move_id.name}.", summary)
        self.assertNotIn("locked", summary)

    def test_cash_basis_taxes_are_reversed(self):
        invoice, paid = self.cash_basis_invoice()
        self.payment(55)
        document = self.allocate_customer()
        cash_basis = invoice.tax_cash_basis_created_move_ids
        self.assertEqual(len(cash_basis), 1)
        dialog = self.open_dialog(document)
        self.assertIn(f"Cash basis tax entries reversed: {cash_basis.name}.", dialog.summary)
        dialog.action_undo()
        self.assertOpen(invoice, 110)
        entries = cash_basis + cash_basis.reversal_move_ids
        self.assertEqual(len(entries), 2)
        self.assertAlmostEqual(
            sum(entries.line_ids.filtered(lambda line: line.account_id == paid).mapped("balance")), 0
        )

    def test_what_was_written_off_is_undone_with_the_payment_that_left_it(self):
        invoice, payment = self.invoice(100), self.payment(99)
        document = self.allocate_customer()
        write_off = self.entry(-1, label="Small difference")
        (self.open_items(invoice) + self.open_items(write_off)).reconcile()
        self.env["account.credit.allocation.line"].sudo().create(
            {
                **document.line_ids.copy_data()[0],
                "credit_line_id": self.open_items(write_off).id,
                "credit_move_id": write_off.id,
                "credit_label": write_off.name,
                "amount": 1,
                "debt_amount": 1,
                "credit_amount": 1,
                "write_off_move_id": write_off.id,
                "partial_id": self.partials_between(invoice, write_off).id,
            }
        )
        self.assertOpen(invoice, 0)
        dialog = self.open_dialog(document.line_ids.filtered(lambda line: not line.write_off_move_id))
        self.assertIn(f"Write-off entries reversed: {write_off.name}.", dialog.summary)
        dialog.action_undo()
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 99)
        self.assertEqual(len(write_off.reversal_move_ids), 1)
        self.assertOpen(write_off, 0)
        self.assertOpen(write_off.reversal_move_ids, 0)
        self.assertEqual(document.state, "undone")
        self.assertTrue(payment.credit_allocation_excluded)
        self.assertFalse(write_off.credit_allocation_excluded)

    def test_when_odoo_refuses_one_none_is_undone(self):
        """The exchange account was archived meanwhile: Odoo cannot book the reversal."""
        dollars, dollar_payment = self.invoice(80), self.payment(80)
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        document = self.allocate_customer()
        dialog = self.open_dialog(document)
        document.line_ids.exchange_move_id.line_ids.account_id.filtered(
            lambda account: account != self.receivable
        ).active = False
        with self.assertRaisesRegex(UserError, "The account .* is archived"), self.env.cr.savepoint():
            dialog.action_undo()
        self.env.invalidate_all()
        self.assertAllocated(invoice, payment, 25)
        self.assertAllocated(dollars, dollar_payment, 80)
        self.assertEqual(document.state, "done")

    def test_undo_starts_no_allocation(self):
        """The reversal of an exchange entry is posted too; it must not bring the credit back to the invoice."""
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        document = self.allocate_customer()
        self.env.cr.postcommit.clear()
        self.undo(document)
        self.assertNotIn(NOTED, self.env.cr.postcommit.data)
        self.assertNotAllocated(invoice, payment)
