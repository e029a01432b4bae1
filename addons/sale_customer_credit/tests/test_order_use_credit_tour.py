from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.account_credit_allocation.tests.patient_browser import PatientBrowser

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderUseCreditTour(PatientBrowser, OrderCreditCase, AccountTestInvoicingHttpCommon):
    """What a salesperson sees and does, in a real browser."""

    def test_salesperson_uses_credit_for_an_order_and_releases_it(self):
        seller = new_test_user(
            self.env,
            login="seller",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        self.payment(50)
        order = self.order(80, user_id=seller.id)
        with mute_logger("odoo.http"):  # the tour tries to use more than is to be paid
            self.start_tour(
                f"/odoo/action-sale.action_orders/{order.id}",
                "sale_customer_credit_use_credit",
                login="seller",
            )
        self.assertHeld(20, order)
        self.assertAvailable(30)
