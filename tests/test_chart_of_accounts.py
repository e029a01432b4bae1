from odoo.tests import tagged

from .run.run_common import RunCase


@tagged("post_install", "-at_install")
class TestChartOfAccounts(RunCase):
    """What was set up, or tried and deleted again, does not keep a company from another chart of accounts."""

    def change_chart(self, company):
        company.chart_template = False  # so that Odoo takes the same one for another
        self.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)

    def test_settings_go_with_the_old_chart(self):
        data = self.setup_other_company(name="New Company")
        company = data["company"]
        tolerance = self.rule("tolerance", company)
        tolerance.write(
            {
                "tolerance_amount": 1,
                "tolerance_percent": 1,
                "write_off_account_id": data["default_account_expense"].id,
                "write_off_journal_id": data["default_journal_misc"].id,
                "enabled": True,
            }
        )
        schedule = self.env["account.credit.allocation.run.schedule"].create(
            {
                "name": "Nightly",
                "company_id": company.id,
                "debt_journal_ids": data["default_journal_sale"].ids,
                "credit_journal_ids": data["default_journal_bank"].ids,
            }
        )
        data["default_journal_sale"].credit_allocation_excluded = True
        self.change_chart(company)
        self.assertFalse(tolerance.write_off_account_id or tolerance.write_off_journal_id)
        options = self.env["account.credit.allocation.rule"]._get_matching_options(company)
        self.assertNotIn("tolerance", options.rules)
        self.assertTrue(schedule.exists())

    def test_what_was_allocated_and_deleted_again_does_not_stand_in_the_way(self):
        invoice, payment = self.pair(self.customer)
        document = self.allocate().documents
        moves = invoice | payment.move_id
        payment.action_draft()
        invoice.button_draft()
        payment.unlink()
        moves.exists().with_context(force_delete=True).unlink()
        self.assertFalse(self.company._existing_accounting())
        self.change_chart(self.company)
        self.assertEqual(document.line_ids.mapped("amount"), [100])
