from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.common import AllocationCase, SecurityCase

AVAILABLE = [("credit_allocation_available", "=", True)]


class AvailableCreditCase(AllocationCase):
    def assertFiltered(self, expected, user=None, companies=None):
        """The filter With Available Credit finds these documents of the company and its branches."""
        Move = self.env["account.move"].with_user(user or self.env.user)
        if companies:
            Move = Move.with_context(allowed_company_ids=companies.ids)
        self.assertEqual(Move.search(AVAILABLE), expected)


@tagged("post_install", "-at_install")
class TestAvailableCredit(AvailableCreditCase):
    """The filter on invoices and bills: which could be settled from what the partner has outstanding."""

    def test_invoices_of_a_customer_with_a_payment(self):
        invoices = self.invoice(100) | self.invoice(50)
        self.invoice(70, self.stranger)
        self.payment(20)
        self.assertFiltered(invoices)

    def test_bills_of_a_vendor_with_a_refund(self):
        bill = self.bill(100)
        self.invoice(30, self.vendor, move_type="in_refund")
        self.assertFiltered(bill)

    def test_every_kind_of_credit_counts(self):
        invoice = self.invoice(100)
        self.assertFiltered(invoice.browse())
        for make_credit in (self.credit_note, self.payment, lambda amount: self.entry(-amount)):
            credit = make_credit(10)
            self.assertFiltered(invoice)
            (self.open_items(credit) | self.open_items(self.entry(10))).reconcile()
            self.assertFiltered(invoice.browse())

    def test_what_is_paid_or_not_posted_is_not_found(self):
        invoice = self.invoice(100)
        self.payment(100)
        self.assertFiltered(invoice)
        self.allocate(partner_ids=(self.customer.id,))
        self.invoice(50, post=False)
        self.payment(10)
        self.assertFiltered(invoice.browse())

    def test_a_draft_payment_is_no_credit(self):
        self.invoice(100)
        self.payment(100, post=False)
        self.assertFiltered(self.env["account.move"])

    def test_the_credit_of_a_contact_counts_for_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        invoice = self.invoice(100)
        self.entry(-20, contact)
        self.assertFiltered(invoice)

    def test_a_credit_on_another_account_does_not_count(self):
        other_account = self.receivable.copy({"code": "121999"})
        self.invoice(100)
        self.entry(-20, account=other_account)
        self.assertFiltered(self.env["account.move"])

    def test_receivable_does_not_count_for_payable(self):
        self.bill(100, self.customer)
        self.payment(100)
        self.assertFiltered(self.env["account.move"])

    def test_nobody_is_no_partner(self):
        nobody = self.env["res.partner"]
        self.entry(100, nobody), self.entry(-100, nobody)
        self.assertFiltered(self.env["account.move"])

    def test_what_is_excluded_is_not_available(self):
        self.invoice(100)
        payment = self.payment(20, credit_allocation_excluded=True)
        self.assertFiltered(self.env["account.move"])
        payment.credit_allocation_excluded = False
        invoice = self.invoice(50)
        excluded = self.invoice(60, credit_allocation_excluded=True)
        self.assertIn(invoice, self.env["account.move"].search(AVAILABLE))
        self.assertNotIn(excluded, self.env["account.move"].search(AVAILABLE))

    def test_the_opposite_and_the_field_agree_with_the_filter(self):
        with_credit, without = self.invoice(100), self.invoice(70, self.stranger)
        self.payment(20)
        both = with_credit | without
        self.assertTrue(with_credit.credit_allocation_available)
        self.assertFalse(without.credit_allocation_available)
        self.assertFalse(both.new({"partner_id": self.customer.id}).credit_allocation_available)
        domain = [("id", "in", both.ids)]
        self.assertEqual(both.search([*domain, ("credit_allocation_available", "=", False)]), without)
        self.assertEqual(both.search([*domain, ("credit_allocation_available", "!=", True)]), without)
        self.assertEqual(both.filtered_domain(AVAILABLE), with_credit)

    def test_one_query_finds_them(self):
        self.invoice(100), self.payment(20)
        self.env["account.move"].search(AVAILABLE)
        self.env.invalidate_all()
        with self.assertQueryCount(4):  # the accounts, what the reader must know of the companies, and the invoices
            self.env["account.move"].search_fetch(AVAILABLE, ["name"])

    def test_the_lists_of_invoices_and_bills_offer_it(self):
        for search_view in ("view_account_invoice_filter", "view_account_bill_filter"):
            view = self.env["account.move"].get_view(self.env.ref(f"account.{search_view}").id, "search")
            self.assertIn('name="credit_allocation_available"', view["arch"])


@tagged("post_install", "-at_install")
class TestAvailableCreditRights(AvailableCreditCase, SecurityCase):
    def test_a_credit_of_the_root_company_counts_for_its_branch(self):
        invoice = self.invoice(100, company=self.branch_company)
        self.payment(100)
        both = self.company | self.branch_company
        user = self.new_user("both", ["account.group_account_invoice"], both)
        self.assertFiltered(invoice, user, both)
        # what is not selected can neither be seen nor spent
        self.assertFiltered(invoice.browse(), user, self.branch_company)

    def test_a_credit_of_another_company_does_not_count(self):
        self.invoice(100)
        other = self.env["account.move"].with_company(self.other_company)
        journal = self.env["account.journal"].search(
            [("company_id", "=", self.other_company.id), ("type", "=", "bank")], limit=1
        )
        self.payment(100, journal_id=journal.id, company_id=self.other_company.id)
        both = self.company | self.other_company
        user = self.new_user("both", ["account.group_account_invoice"], both)
        self.assertFiltered(other.browse(), user, both)

    def test_reader_uses_it_and_employee_does_not(self):
        invoice = self.invoice(100)
        self.payment(100)
        self.assertFiltered(invoice, self.new_user("reader", ["account.group_account_readonly"]))
        employee = self.new_user("employee", ["base.group_user"])
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(employee).search(AVAILABLE)

    def test_who_may_make_contacts_makes_and_copies_them_with_an_overdraft(self):
        self.customer.write({"is_company": True, "customer_credit_overdraft": "limit"})
        self.customer.write({"customer_credit_overdraft_limit": 50, "customer_credit_no_mail": True})
        for groups in ([], ["account.group_account_readonly"], ["account.group_account_invoice"]):
            user = self.new_user(f"contacts {groups}", ["base.group_user", "base.group_partner_manager", *groups])
            contact = self.env["res.partner"].with_user(user).create({"name": "New", "parent_id": self.customer.id})
            self.assertEqual(contact.sudo().customer_credit_overdraft_limit, 50, groups)
            copied = self.customer.with_user(user).copy().sudo()
            self.assertEqual((copied.customer_credit_overdraft, copied.customer_credit_overdraft_limit), (False, 0))
