from odoo.tests import tagged

from odoo.addons.account_credit_allocation.tests.press.press_case import PressCase
from odoo.addons.account_credit_allocation.tests.press.pressed_ledger import KINDS_OF_USERS, PressedLedger


@tagged("post_install", "-at_install")
class TestJobPress(PressCase, PressedLedger):
    """Every button of runs in the job queue, by each kind of user."""

    press_modules = ("account_credit_allocation_queue_job",)
    kinds_of_users = {
        **KINDS_OF_USERS,
        "job manager": "account.group_account_manager,queue_job.group_queue_job_manager",
    }

    def setUp(self):
        super().setUp()
        self.new_run("Jobs")

    def test_whatever_is_pressed_answers_in_a_way_people_understand(self):
        self.press_everything(self.users)
