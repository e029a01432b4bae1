from odoo.tests import tagged

from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestExclusion(AllocationCase):
    """“No automatic allocation” on partner, journal and document."""

    def setUp(self):
        super().setUp()
        self.open_invoice = self.invoice(100)

    def test_excluded_invoice_stays_open(self):
        self.open_invoice.credit_allocation_excluded = True
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(self.open_invoice, payment)
        self.assertLeft(outcome, self.open_invoice, "excluded")

    def test_excluded_payment_stays_outstanding(self):
        payment = self.payment(100, credit_allocation_excluded=True)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "excluded")
        self.assertOpen(self.open_invoice, 100)

    def test_excluded_journal_keeps_its_entries(self):
        self.misc_journal.credit_allocation_excluded = True
        entry = self.entry(-100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, entry, "excluded")
        self.assertOpen(self.open_invoice, 100)

    def test_partner_that_is_never_allocated(self):
        self.customer.credit_allocation_policy = "never"
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "excluded")
        self.assertOpen(self.open_invoice, 100)

    def test_contact_follows_the_policy_of_its_commercial_entity(self):
        contact = self.env["res.partner"].create({"name": "Shop", "parent_id": self.customer.id})
        self.customer.credit_allocation_policy = "never"
        payment = self.payment(100, contact)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "excluded")

    def test_partner_on_request_is_allocated_on_request(self):
        self.customer.credit_allocation_policy = "manual"
        payment = self.payment(100)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.open_invoice, payment, 100)

    def test_document_says_what_excludes_an_item(self):
        self.payment(40)
        flagged = self.payment(10, credit_allocation_excluded=True)
        journal = self.misc_journal.copy({"credit_allocation_excluded": True})
        kept = self.entry(-20, journal_id=journal.id)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        messages = {leftover.move_id: leftover.message for leftover in document.leftover_ids}
        self.assertEqual(messages[flagged.move_id], "By the setting of the document itself")
        self.assertEqual(messages[kept], f"By the setting of the journal {journal.display_name}")
