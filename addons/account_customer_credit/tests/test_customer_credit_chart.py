from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditChart(CustomerCreditCase):
    """A new company takes another chart of accounts, as long as nothing is booked."""

    def test_the_journal_goes_with_the_old_chart_and_comes_with_the_new_one(self):
        company = self.setup_other_company(name="New Company")["company"]
        old = company.customer_credit_journal_id
        self.assertTrue(old)
        company.chart_template = False  # so that Odoo takes the same one for another
        self.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
        self.assertFalse(old.exists())
        self.assertEqual(company.customer_credit_journal_id.company_id, company)
        self.assertEqual(company.customer_credit_journal_id.code, "CCRED")

    def test_the_journal_is_made_anew_where_somebody_deleted_it(self):
        company = self.setup_other_company(name="New Company")["company"]
        company.customer_credit_journal_id.unlink()
        self.assertEqual(company._get_customer_credit_journal().company_id, company)
