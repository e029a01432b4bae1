import json
from urllib.parse import quote

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.account_credit_allocation.tests.press.test_wrong_values import WRONG
from odoo.addons.account_credit_allocation.tests.press.web_client import RefusedError, WebClient

from .customer_credit_common import CustomerCreditCase

STATEMENT = "account_customer_credit.customer_credit_statement"
DIALOGS = (
    "customer.credit.deposit",
    "customer.credit.adjustment",
    "customer.credit.transfer",
    "customer.credit.statement",
)


@tagged("post_install", "-at_install")
class TestCustomerCreditWrongValues(CustomerCreditCase, HttpCase):
    """What a client may send in place of an id, an amount or a date is answered with a page or a sentence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account.group_account_manager")
        cls.payment(100)

    def setUp(self):
        super().setUp()
        self.client = WebClient(self, self.env.user, self.company)

    def assertAnswered(self, model, method, args=(), context=None, **options):
        """With a result, or a sentence."""
        try:
            self.client.call(model, method, args, context, **options)
        except RefusedError as refusal:
            self.assertTrue(str(refusal))

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_filter_by_the_balance(self):
        for operator in ("=", "!=", ">", ">=", "<", "<="):
            for operand in WRONG:
                if isinstance(operand, list | dict) and operator in ("=", "!="):
                    continue  # Odoo itself refuses these, before any field is asked
                with self.subTest((operator, operand)):
                    domain = [("customer_credit_balance", operator, operand)]
                    self.assertAnswered("res.partner", "web_search_read", domain=domain, specification={}, limit=1)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_filter_by_what_is_stale(self):
        for operator in ("=", "!="):
            for operand in WRONG:
                if isinstance(operand, list | dict):
                    continue
                with self.subTest((operator, operand)):
                    self.assertAnswered(
                        "customer.credit.reservation",
                        "web_search_read",
                        domain=[("is_stale", operator, operand)],
                        specification={},
                        limit=1,
                    )

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_the_context_of_the_movements(self):
        for key in ("customer_credit_partner_ids", "customer_credit_partner_id"):
            for value in WRONG:
                with self.subTest((key, value)):
                    self.assertAnswered(
                        "customer.credit.movement",
                        "web_search_read",
                        context={key: value},
                        domain=[],
                        specification={"amount": {}},
                        limit=1,
                    )

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_the_context_of_a_window(self):
        specification = {"partner_id": {"fields": {"display_name": {}}}}
        statement = {"partner_ids": {"fields": {"display_name": {}}}}
        for model in DIALOGS:
            fields = statement if model == "customer.credit.statement" else specification
            for value in WRONG:
                for context in (
                    {"active_model": "res.partner", "active_id": value, "active_ids": value},
                    {"customer_credit_partner_id": value},
                ):
                    with self.subTest((model, context)):
                        self.assertAnswered(model, "onchange", [[], {}, [], fields], context)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_the_address_of_a_statement(self):
        for name in ("partner_ids", "company_id", "currency_id", "date_from", "date_to"):
            for value in WRONG:
                with self.subTest((name, value)):
                    options = {"partner_ids": self.customer.ids, name: value}
                    response = self.url_open(f"/report/html/{STATEMENT}?options={quote(json.dumps(options))}")
                    self.assertLess(response.status_code, 500, response.text[:500])

    @mute_logger("odoo.http")
    def test_a_statement_of_nobody_is_a_sentence(self):
        response = self.url_open(f"/report/html/{STATEMENT}")
        self.assertIn("There is no such statement", response.text)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_reservation_does_not_reach_beyond_the_calendar(self):
        with self.assertRaises(RefusedError):
            self.client.call(
                "res.company",
                "web_save",
                [self.company.ids, {"customer_credit_reservation_days": 10**9}],
                specification={},
            )
