from odoo.tests import tagged

from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestBulkAction(AllocationCase):
    """“Allocate outstanding credits” from the lists of invoices, payments and partners."""

    def test_only_the_selected_invoices_are_settled(self):
        old = self.invoice(100, day="2024-01-10")
        new = self.invoice(100, day="2024-03-10")
        payment = self.payment(70)
        new.action_allocate_credits()
        line = self.assertAllocated(new, payment, 70)
        self.assertEqual(line.origin, "bulk")
        self.assertOpen(old, 100)

    def test_only_the_partners_of_the_selection_are_touched(self):
        mine, payment = self.invoice(100), self.payment(100)
        other, other_payment = self.invoice(100, self.stranger), self.payment(100, self.stranger)
        mine.action_allocate_credits()
        self.assertAllocated(mine, payment, 100)
        self.assertNotAllocated(other, other_payment)

    def test_only_the_selected_payments_are_spent(self):
        invoice = self.invoice(100)
        first, second = self.payment(40, day="2024-03-01"), self.payment(50, day="2024-03-02")
        second.action_allocate_credits()
        self.assertAllocated(invoice, second, 50)
        self.assertOpen(first, 40)

    def test_selected_invoice_and_credit_note_settle_each_other(self):
        self.invoice(100, day="2024-01-10")
        invoice = self.invoice(100, day="2024-03-10")
        payment = self.payment(100, day="2024-01-01")
        credit_note = self.credit_note(80)
        (invoice + credit_note).action_allocate_credits()
        self.assertAllocated(invoice, credit_note, 80)
        self.assertOpen(payment, 100)

    def test_customer_documents_leave_the_vendor_side_alone(self):
        invoice, payment = self.invoice(100), self.payment(100)
        bill = self.bill(50, self.customer)
        vendor_payment = self.vendor_payment(50, self.customer)
        invoice.action_allocate_credits()
        self.assertAllocated(invoice, payment, 100)
        self.assertNotAllocated(bill, vendor_payment)

    def test_partners_are_allocated_on_both_sides(self):
        contact = self.env["res.partner"].create({"name": "Shop", "parent_id": self.customer.id})
        invoice, payment = self.invoice(100), self.payment(100)
        bill = self.bill(50, self.customer)
        vendor_payment = self.vendor_payment(50, self.customer)
        contact.action_allocate_credits()
        self.assertAllocated(invoice, payment, 100)
        self.assertAllocated(bill, vendor_payment, 50)

    def test_notification_tells_number_total_and_document(self):
        invoices = self.invoice(100) + self.invoice(50)
        self.payment(170)
        action = invoices.action_allocate_credits()
        params = action["params"]
        document = self.env["account.credit.allocation"].search([], limit=1)
        self.assertEqual(params["type"], "success")
        self.assertEqual(params["title"], "Outstanding credits allocated")
        message = params["message"].replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn("Credits: 1. Invoices: 2. Total: $ 150.00.", message)
        self.assertIn("More credit than open invoices", params["message"])
        self.assertEqual(params["links"][0]["label"], document.name)
        self.assertTrue(params["links"][0]["url"].endswith(f"/{document.id}"))

    def test_notification_names_what_was_left_and_why(self):
        lonely = self.invoice(100, self.stranger)
        excluded = self.invoice(80, credit_allocation_excluded=True)
        self.payment(80)
        message = (lonely + excluded).action_allocate_credits()["params"]["message"]
        self.assertIn("Nothing to match it with", message)
        self.assertIn("Excluded from automatic allocation", message)

    def test_chosen_document_that_cannot_be_allocated_touches_nothing_else(self):
        invoice, payment = self.invoice(100), self.payment(100)
        revaluation = self.entry(7)
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_currency = 0, amount_residual_currency = 0, currency_id = %s"
            " WHERE id = %s",
            (self.euro.id, self.open_items(revaluation).id),
        )
        self.env.invalidate_all()
        params = revaluation.action_allocate_credits()["params"]
        self.assertEqual(params["title"], "Nothing to allocate")
        self.assertNotAllocated(invoice, payment)

    def test_nothing_to_do_is_said_in_words(self):
        paid = self.invoice(100)
        draft = self.invoice(100, post=False)
        (self.open_items(paid) + self.open_items(self.payment(100))).reconcile()
        for selection in (paid, draft, self.invoice(30, self.stranger), self.env["account.move"]):
            params = selection.action_allocate_credits()["params"]
            self.assertEqual(params["title"], "Nothing to allocate")
            self.assertEqual(params["type"], "info")
            self.assertFalse(params["links"])

    def test_payment_without_journal_entry_is_named(self):
        payment = self.payment(100)
        self.env.cr.execute("UPDATE account_payment SET move_id = NULL WHERE id = %s", (payment.id,))
        payment.invalidate_recordset()
        params = payment.action_allocate_credits()["params"]
        self.assertIn("Payments without journal entry: 1", params["message"])

    def test_drafts_in_the_selection_are_left(self):
        draft = self.invoice(100, post=False)
        posted = self.invoice(100)
        payment = self.payment(150)
        (draft + posted).action_allocate_credits()
        self.assertEqual(draft.state, "draft")
        self.assertAllocated(posted, payment, 100)

    def test_percent_signs_in_the_message_survive_the_browsers_formatting(self):
        add_link_places = self.env["account.credit.allocation"]._add_link_places
        self.assertEqual(add_link_places("2 % left", 1), "2 %% left %s")
        self.assertEqual(add_link_places("2 % left", 0), "2 % left")
