from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import AllocationCase


@tagged("post_install", "-at_install")
class TestUninstallDialog(AllocationCase):
    def test_documents_are_counted_among_what_goes(self):
        addon = self.env["ir.module.module"].search([("name", "=", "account_credit_allocation")])
        dialog = self.env["base.module.uninstall"].create({"module_ids": addon.ids})
        self.assertLessEqual(
            {"account.credit.allocation", "account.credit.allocation.run", "account.credit.allocation.check"},
            set(dialog.model_ids.mapped("model")),
        )
        self.assertNotIn("account.move", dialog.model_ids.mapped("model"))


@tagged("post_install", "-at_install")
class TestSettings(AllocationCase):
    def test_customers_are_on_and_vendors_off_by_default(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertTrue(company.credit_allocation_receivable)
        self.assertFalse(company.credit_allocation_payable)
        self.assertFalse(company.credit_allocation_cross_currency)
        self.assertEqual(company.credit_allocation_order, "due_date")

    def test_settings_page_writes_to_the_company(self):
        settings = self.env["res.config.settings"].create(
            {
                "credit_allocation_payable": True,
                "credit_allocation_order": "invoice_date",
                "credit_allocation_cross_currency": True,
            }
        )
        settings.execute()
        self.assertTrue(self.company.credit_allocation_payable)
        self.assertEqual(self.company.credit_allocation_order, "invoice_date")
        self.assertTrue(self.company.credit_allocation_cross_currency)

    def test_branches_follow_their_root(self):
        branch = self.branch()
        self.company.credit_allocation_payable = True
        self.company.credit_allocation_order = "invoice_date"
        self.company.credit_allocation_cross_currency = True
        self.assertTrue(branch.credit_allocation_payable)
        self.assertTrue(branch.credit_allocation_cross_currency)
        self.assertEqual(branch.credit_allocation_order, "invoice_date")
        with self.assertRaises(ValidationError):
            branch.credit_allocation_payable = False

    def test_every_new_company_has_its_sequence(self):
        company = self.env["res.company"].create({"name": "New"})
        self.assertEqual(
            self.env["ir.sequence"].search_count(
                [("code", "=", "account.credit.allocation"), ("company_id", "=", company.id)]
            ),
            1,
        )
