from psycopg2.errors import QueryCanceled

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..common import AllocationCase
from .web_client import RefusedError, WebClient

# what a client may send where a number, an id, or ids are meant
WRONG = ("x", "9" * 30, -1, 10**9, 1.5, True, None, [], ["x"], [[]], {}, {"a": 1})


@tagged("post_install", "-at_install")
class TestWrongValues(AllocationCase, HttpCase):
    """Numbers that are too large, and operands of another type, are answered with a sentence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account.group_account_manager")

    def setUp(self):
        super().setUp()
        self.client = WebClient(self, self.env.user, self.company)
        self.schedule = self.env["account.credit.allocation.run.schedule"].create({"name": "Nightly"})

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_schedule_does_not_reach_beyond_the_calendar(self):
        for vals in (
            {"due_limited": True, "due_within_days": 10**9},
            {"due_limited": True, "due_within_days": -(10**9)},
            {"interval_number": 10**9},
            {"interval_number": 10**9, "interval_type": "months"},
        ):
            with self.subTest(vals), self.assertRaises(RefusedError):
                self.client.call(
                    "account.credit.allocation.run.schedule", "web_save", [self.schedule.ids, vals], specification={}
                )

    def test_a_schedule_of_a_century_runs(self):
        self.schedule.write({"due_limited": True, "due_within_days": 36500, "interval_number": 1000})
        self.schedule.next_call = "2024-01-01"
        self.schedule._start_due_run()
        self.assertEqual((self.schedule.run_ids.due_to - fields.Date.context_today(self.schedule)).days, 36500)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_filter_with_an_operand_of_another_type(self):
        for operator in ("=", "!="):
            for operand in WRONG:
                if isinstance(operand, list | dict):
                    continue  # Odoo itself refuses these, before any field is asked
                with self.subTest((operator, operand)):
                    self.search("account.move", [("credit_allocation_available", operator, operand)])

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_query_that_takes_too_long_is_told(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Sleep",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": 'env.cr.execute("SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)")',
            }
        )
        self.env.user.group_ids |= self.env.ref("base.group_system")
        with self.assertRaisesRegex(RefusedError, "did not answer in time"):
            self.client.run_action(action.id)

    @mute_logger("odoo.sql_db")
    def test_an_allocation_that_takes_too_long_says_so(self):
        with self.assertRaises(QueryCanceled) as caught, self.env.cr.savepoint():
            self.env.cr.execute("SET LOCAL statement_timeout = 20; SELECT pg_sleep(5)")
        message = self.env["account.credit.allocation.executor"]._get_error_message(caught.exception)
        self.assertIn("did not answer in time", message)

    def search(self, model, domain):
        try:
            return self.client.call(model, "web_search_read", [], domain=domain, specification={}, limit=1)
        except RefusedError as refusal:
            return str(refusal)
