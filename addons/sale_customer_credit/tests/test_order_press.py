from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.press.press_case import PressCase
from odoo.addons.account_credit_allocation.tests.press.pressed_ledger import KINDS_OF_USERS, PressingUsers

from .common import OrderCreditCase


@tagged("post_install", "-at_install")
class TestOrderPress(PressCase, PressingUsers, OrderCreditCase):
    """Every button and dialog of customer credit on sales orders, by each kind of user."""

    press_modules = ("sale_customer_credit",)
    kinds_of_users = {
        **KINDS_OF_USERS,
        "salesperson": "sales_team.group_sale_salesman_all_leads",
        "billing salesperson": "sales_team.group_sale_salesman_all_leads,account.group_account_invoice",
    }

    def setUp(self):
        super().setUp()
        self.payment(100)
        self.order(80, confirm=False)
        self.order(80)
        self.order(30)._use_credit(10)

    def test_whatever_is_pressed_answers_in_a_way_people_understand(self):
        self.press_everything(self.users)
