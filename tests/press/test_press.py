from odoo.tests import tagged

from .press_case import PressCase
from .pressed_ledger import PressedLedger


@tagged("post_install", "-at_install")
class TestPress(PressCase, PressedLedger):
    """Every button, report, dialog, server action and scheduled job of the root addon, by each kind of user."""

    press_modules = ("account_credit_allocation",)

    def setUp(self):
        super().setUp()
        self.make_ledger()

    def test_whatever_is_pressed_answers_in_a_way_people_understand(self):
        self.press_everything(self.users)
