from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import AllocationCase, OnPostCase

from ..journal_first import JOURNAL_FIRST


class JournalFirstCase(AllocationCase):
    """A company with a shop: a bank account and an invoice journal of its own, beside those of the workshop."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shop_journal = cls.add_journal("sale", name="Shop", code="SHOP")
        cls.shop_bank = cls.add_journal("bank", name="Bank of the Shop", code="BSHOP")
        cls.shop_bank.credit_allocation_journal_ids = cls.shop_journal
        cls.workshop_invoice = cls.invoice(80, day="2024-03-01")
        cls.shop_invoice = cls.invoice(120, day="2024-04-01", journal_id=cls.shop_journal.id)

    @classmethod
    def add_journal(cls, journal_type, **vals):
        """Another journal of a type, with the account of the one that the company has."""
        account = cls.company_data[f"default_journal_{journal_type}"].default_account_id
        vals = {"type": journal_type, "company_id": cls.company.id, **vals}
        if journal_type != "bank":  # which gets one of its own
            vals["default_account_id"] = account.id
        return cls.env["account.journal"].create(vals)


@tagged("post_install", "-at_install")
class TestJournalFirst(JournalFirstCase):
    """The rule at work on the ledger: from the setting on the journal to the line that says why."""

    def test_every_company_has_the_rule_between_exact_amounts_and_oldest_first(self):
        codes = self.env["account.credit.allocation.rule"].search([("company_id", "=", self.company.id)]).mapped("code")
        self.assertLess(codes.index("exact_amount"), codes.index(JOURNAL_FIRST))
        self.assertLess(codes.index(JOURNAL_FIRST), codes.index("oldest_first"))

    def test_a_payment_on_the_bank_account_of_the_shop_pays_invoices_of_the_shop_first(self):
        payment = self.payment(150, journal_id=self.shop_bank.id)
        self.allocate(partner_ids=self.customer.ids)
        line = self.assertAllocated(self.shop_invoice, payment, 120, rule=JOURNAL_FIRST)
        self.assertIn("journal", line.evidence)
        self.assertAllocated(self.workshop_invoice, payment, 30, rule="oldest_first")

    def test_a_payment_on_another_bank_account_pays_the_oldest(self):
        payment = self.payment(50)
        self.allocate(partner_ids=self.customer.ids)
        self.assertAllocated(self.workshop_invoice, payment, 50, rule="oldest_first")
        self.assertOpen(self.shop_invoice, 120)

    def test_the_exact_amount_still_comes_first(self):
        payment = self.payment(80, journal_id=self.shop_bank.id)
        self.allocate(partner_ids=self.customer.ids)
        self.assertAllocated(self.workshop_invoice, payment, 80, rule="exact_amount")

    def test_a_company_that_switches_the_rule_off_does_without_it(self):
        self.rule(JOURNAL_FIRST).enabled = False
        payment = self.payment(50, journal_id=self.shop_bank.id)
        self.allocate(partner_ids=self.customer.ids)
        self.assertAllocated(self.workshop_invoice, payment, 50, rule="oldest_first")

    def test_a_bill_is_settled_by_what_was_paid_through_the_bank_account_of_its_journal(self):
        shop_bills = self.add_journal("purchase", name="Shop Bills", code="SBILL")
        self.shop_bank.credit_allocation_journal_ids = shop_bills
        old, own = self.bill(80, day="2024-03-01"), self.bill(120, day="2024-04-01", journal_id=shop_bills.id)
        payment = self.vendor_payment(60, journal_id=self.shop_bank.id)
        self.allocate(partner_ids=self.vendor.ids)
        self.assertAllocated(own, payment, 60, rule=JOURNAL_FIRST)
        self.assertOpen(old, 80)


@tagged("post_install", "-at_install")
class TestJournalFirstOnPost(JournalFirstCase, OnPostCase):
    def test_posting_a_payment_allocates_it_by_the_rule(self):
        payment = self.payment(100, journal_id=self.shop_bank.id)
        self.commit()
        self.assertAllocated(self.shop_invoice, payment, 100, rule=JOURNAL_FIRST)
