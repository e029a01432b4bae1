from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import SecurityCase
from .test_undo import UndoCase


@tagged("post_install", "-at_install")
class TestUndoSecurity(UndoCase, SecurityCase):
    """Undo needs the user's own right to remove reconciliations, in the user's own companies."""

    def allocated(self):
        invoice, payment = self.invoice(100), self.payment(100)
        return invoice, payment, self.allocate_customer()

    def test_billing_undoes(self):
        billing = self.new_user("billing", ["account.group_account_invoice"])
        invoice, payment, document = self.allocated()
        self.undo(document.with_user(billing), exclude_credits=True)
        self.assertOpen(invoice, 100)
        self.assertTrue(payment.credit_allocation_excluded)
        self.assertEqual(document.line_ids.undone_user_id, billing)

    def test_reader_and_employee_may_not_undo(self):
        reader = self.new_user("reader", ["account.group_account_readonly"])
        employee = self.new_user("employee", ["base.group_user"])
        invoice, payment, document = self.allocated()
        for user in (reader, employee):
            for record in (document, document.line_ids):
                with self.assertRaises(AccessError):
                    record.with_user(user).action_undo()
            with self.assertRaises(AccessError):
                self.env["account.credit.allocation.undo"].with_user(user).create(
                    {"line_ids": [Command.set(document.line_ids.ids)]}
                )
        self.assertAllocated(invoice, payment, 100)

    def test_lines_of_another_company_cannot_be_smuggled_into_the_dialog(self):
        invoice, payment, document = self.allocated()
        elsewhere = self.new_user("elsewhere", ["account.group_account_invoice"], self.other_company)
        dialog = self.env["account.credit.allocation.undo"].with_user(elsewhere).create({})
        with self.assertRaises(AccessError):
            dialog.write({"line_ids": [Command.set(document.line_ids.ids)]})
            dialog.action_undo()
        self.assertAllocated(invoice, payment, 100)

    def test_nobody_changes_what_somebody_else_is_asked_to_confirm(self):
        invoice, payment, document = self.allocated()
        billing = self.new_user("billing", ["account.group_account_invoice"])
        dialog = self.open_dialog(document.with_user(billing))
        other = self.new_user("other", ["account.group_account_invoice"])
        with self.assertRaises(AccessError):
            dialog.with_user(other).write({"line_ids": [Command.clear()]})
        with self.assertRaises(AccessError):
            dialog.with_user(other).action_undo()
        self.assertAllocated(invoice, payment, 100)
        dialog.action_undo()
        self.assertOpen(invoice, 100)

    def test_all_companies_of_the_items_must_be_selected(self):
        """A credit of the company on an invoice of its branch: entries to reverse may be in both."""
        companies = self.company | self.branch_company
        invoice, payment = self.invoice(100, company=self.branch_company), self.payment(100)
        document = self.allocate(company_ids=companies._ids, partner_ids=(self.customer.id,)).documents
        in_branch = self.new_user("in_branch", ["account.group_account_invoice"], companies)
        in_branch.company_id = self.branch_company
        only_branch = document.with_user(in_branch).with_context(allowed_company_ids=self.branch_company.ids)
        with self.assertRaisesRegex(UserError, f"Also select {self.company.name}"):
            only_branch.action_undo()
        self.assertAllocated(invoice, payment, 100)
        self.undo(document.with_user(in_branch).with_context(allowed_company_ids=companies.ids))
        self.assertOpen(invoice, 100)
