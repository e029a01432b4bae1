from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import OnPostCase, SecurityCase


@tagged("post_install", "-at_install")
class TestSecurity(SecurityCase):
    """Who may do what: nobody gains a right they did not have."""

    def setUp(self):
        super().setUp()
        self.reader = self.new_user("reader", ["account.group_account_readonly"])
        self.billing = self.new_user("billing", ["account.group_account_invoice"])
        self.manager = self.new_user("manager", ["account.group_account_manager"])
        self.employee = self.new_user("employee", ["base.group_user"])

    def allocated(self):
        invoice, payment = self.invoice(100), self.payment(100)
        return invoice, payment, self.allocate(partner_ids=(self.customer.id,)).documents

    def test_reader_billing_and_manager_read_documents(self):
        invoice, _payment, document = self.allocated()
        for user in (self.reader, self.billing, self.manager):
            self.assertEqual(document.with_user(user).line_ids.amount, 100)
            self.assertEqual(invoice.with_user(user).credit_allocation_count, 1)

    def test_a_run_cannot_be_forged_by_defaults_of_the_context(self):
        Run = self.env["account.credit.allocation.run"].with_user(self.billing)
        for name, value in (
            ("user_id", self.manager.id),
            ("state", "running"),
            ("name", "RUN/2024/00001"),
            ("amount_allocated", 5),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                Run.with_context(**{f"default_{name}": value}).create({})
        self.assertEqual(Run.with_context(default_account_scope="payable").create({}).state, "draft")

    def test_employee_reads_nothing(self):
        _invoice, _payment, document = self.allocated()
        with self.assertRaises(AccessError):
            document.with_user(self.employee).read(["name"])
        with self.assertRaises(AccessError):
            document.line_ids.with_user(self.employee).read(["amount"])

    def test_partner_form_of_an_employee_does_not_break(self):
        self.allocated()
        self.customer.with_user(self.employee).read(["name"])
        fields = self.env["res.partner"].with_user(self.employee).fields_get()
        self.assertNotIn("credit_allocation_count", fields)

    def test_nobody_writes_or_deletes_a_document(self):
        _invoice, _payment, document = self.allocated()
        for user in (self.reader, self.billing, self.manager, self.employee):
            for record in (document, document.line_ids):
                with self.assertRaises(AccessError):
                    record.with_user(user).write({"company_id": self.company.id})
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()
            with self.assertRaises(AccessError):
                document.with_user(user).create({"origin": "run"})

    def test_billing_allocates(self):
        invoice, payment = self.invoice(100), self.payment(100)
        invoice.with_user(self.billing).action_allocate_credits()
        line = self.assertAllocated(invoice, payment, 100)
        self.assertEqual(line.allocation_id.user_id, self.billing)

    def test_reader_and_employee_may_not_allocate(self):
        invoice, payment = self.invoice(100), self.payment(100)
        for user in (self.reader, self.employee):
            for record in (invoice, payment, self.customer):
                with self.assertRaises(AccessError):
                    record.with_user(user).action_allocate_credits()
        self.assertOpen(invoice, 100)

    def test_settings_need_the_accounting_manager(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.billing).write({"credit_allocation_receivable": False})

    def test_items_of_a_company_the_user_may_not_enter_stay_open(self):
        invoice = self.invoice(100, company=self.branch_company)
        payment = self.payment(100)
        self.customer.with_user(self.billing).action_allocate_credits()
        self.assertNotAllocated(invoice, payment)
        both = self.new_user("both", ["account.group_account_invoice"], self.company | self.branch_company)
        self.customer.with_user(both).with_context(allowed_company_ids=both.company_ids.ids).action_allocate_credits()
        self.assertAllocated(invoice, payment, 100)

    def test_documents_are_seen_in_their_own_company_only(self):
        _invoice, _payment, document = self.allocated()
        branch_invoice = self.invoice(100, company=self.branch_company)
        payment = self.payment(100)
        branch_document = self.allocate(
            company_ids=(self.company | self.branch_company)._ids, partner_ids=(self.customer.id,)
        ).documents
        self.assertAllocated(branch_invoice, payment, 100)
        self.assertEqual(branch_document.company_id, self.branch_company)
        Document = self.env["account.credit.allocation"]
        in_branch = self.new_user("in_branch", ["account.group_account_invoice"], self.branch_company)
        elsewhere = self.new_user("elsewhere", ["account.group_account_invoice"], self.other_company)
        everything = document | branch_document
        self.assertEqual(Document.with_user(in_branch).search([("id", "in", everything.ids)]), branch_document)
        self.assertEqual(Document.with_user(self.billing).search([("id", "in", everything.ids)]), document)
        self.assertFalse(Document.with_user(elsewhere).search([("id", "in", everything.ids)]))
        with self.assertRaises(AccessError):
            document.with_user(elsewhere).read(["name"])
        # the numbers on the smart buttons count what the user may open
        self.assertEqual(self.customer.with_user(in_branch).credit_allocation_count, 1)

    def test_accounting_reader_of_two_companies_sees_both(self):
        _invoice, _payment, document = self.allocated()
        both = self.new_user("both", ["account.group_account_readonly"], self.company | self.other_company)
        document.with_user(both).with_context(allowed_company_ids=both.company_ids.ids).read(["name"])


@tagged("post_install", "-at_install")
class TestSecurityOnPost(SecurityCase, OnPostCase):
    def test_posting_in_one_branch_leaves_what_the_user_may_not_see(self):
        hidden = self.invoice(100, company=self.branch_company)
        self.env.cr.postcommit.clear()
        billing = self.new_user("billing", ["account.group_account_invoice"])
        payment = self.payment(100, post=False)
        payment.with_user(billing).with_context(allowed_company_ids=self.company.ids).action_post()
        self.commit()
        self.assertNotAllocated(hidden, payment)

    def test_customer_who_led_to_an_allocation_can_be_deleted(self):
        self.invoice(100)
        self.commit()
        portal = self.new_user("leaving_customer", ["base.group_portal"])
        payment = self.payment(100, post=False)
        payment.with_user(portal).sudo().with_context(allowed_company_ids=self.company.ids).action_post()
        self.commit()
        document = self.env["account.credit.allocation"].search([], limit=1)
        self.assertEqual(document.user_id, self.env.ref("base.user_root"))
        portal.unlink()
        self.assertTrue(document.exists())

    def test_posting_as_superuser_stays_in_the_companies_at_work(self):
        """A customer pays in the portal, a scheduled action posts: the system allocates in that company."""
        invoice = self.invoice(100)
        self.commit()
        portal = self.new_user("portal_customer", ["base.group_portal"])
        payment = self.payment(100, post=False)
        payment.with_user(portal).sudo().with_context(allowed_company_ids=self.company.ids).action_post()
        self.commit()
        self.assertAllocated(invoice, payment, 100)

    def test_who_may_make_contacts_makes_them_of_a_partner_with_a_policy(self):
        self.customer.write({"is_company": True, "credit_allocation_policy": "never"})
        for groups in ([], ["account.group_account_readonly"], ["account.group_account_invoice"]):
            user = self.new_user(f"contacts {groups}", ["base.group_user", "base.group_partner_manager", *groups])
            contact = self.env["res.partner"].with_user(user).create({"name": "New", "parent_id": self.customer.id})
            self.assertEqual(contact.sudo().credit_allocation_policy, "never", groups)
            self.assertFalse(self.customer.with_user(user).copy().sudo().credit_allocation_policy, groups)
