from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.press.press_case import PressCase

from .customer_credit_pressed import PressedCredit


@tagged("post_install", "-at_install")
class TestCustomerCreditPress(PressCase, PressedCredit):
    """Every button, report, dialog, server action and scheduled job of customer credit, by each kind of user."""

    press_modules = ("account_customer_credit",)

    def setUp(self):
        super().setUp()
        self.make_credit()

    def test_whatever_is_pressed_answers_in_a_way_people_understand(self):
        self.press_everything(self.users)
