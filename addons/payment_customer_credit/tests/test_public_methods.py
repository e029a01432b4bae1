import inspect

from odoo.exceptions import AccessError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import CreditPaymentCase

ADDONS = (
    "odoo.addons.account_credit_allocation",
    "odoo.addons.account_customer_credit",
    "odoo.addons.payment_customer_credit",
    "odoo.addons.sale_customer_credit",
)
# what every model has and what could change something
GENERIC = ("create", "write", "unlink", "copy", "web_save", "name_create", "load", "action_archive")
OF_OTHERS = ("payment.transaction", "payment.provider", "res.partner", "account.move", "account.move.line")
# what a client may send for a parameter of this name
GUESSES = {
    "vals": {"state": "done", "credit_reservation_id": False, "amount": 5},
    "vals_list": [{"name": "x", "state": "held", "amount": 5}],
    "values": {"amount": 5},
    "fields": ["id"],
    "data": [["1"]],
    "specification": {},
    "domain": [],
    "amount": 5.0,
    "reason": "because",
    "name": "x",
}


@tagged("post_install", "-at_install")
class TestPublicMethods(CreditPaymentCase):
    """No method that can be called from outside makes, spends or releases a reservation for somebody without rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bank = cls.env["res.partner.bank"].create({"acc_number": "AZURE-1", "partner_id": cls.customer.id})
        cls.held = cls.customer._credit_reserve(10, cls.company.currency_id, cls.contact, company=cls.company)
        cls.withdrawal = cls.customer._request_credit_withdrawal(5, cls.company.currency_id, bank, cls.company)
        cls.bill_to_pay = cls.invoice(50)
        cls.tx = cls.transaction(50, [cls.bill_to_pay])
        cls.wire = cls.transaction(50, provider=cls.provider("custom", state="enabled"), is_customer_credit_topup=True)
        cls.wire._set_pending()
        cls.employee = new_test_user(
            cls.env,
            login="employee",
            groups="base.group_user",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    def get_ledger(self):
        """Everything that must stay as it is."""
        self.env.flush_all()
        self.env.invalidate_all()
        reservations = self.env["customer.credit.reservation"].sudo().search([], order="id")
        return (
            [(held.id, held.state, held.amount, held.amount_held) for held in reservations],
            self.env["account.move"].sudo().search_count([]),
            self.env["account.partial.reconcile"].sudo().search_count([]),
            self.env["account.move.line"].sudo().search_count([("credit_reservation_id", "!=", False)]),
            [(tx.id, tx.state) for tx in self.tx + self.wire],
            self.withdrawal.state,
            self.credit(),
        )

    def get_public_methods(self):
        """Yields (model name, method name) of what these addons add, and what every model has."""
        for name, model in self.env.registry.items():
            own = [cls for cls in model.mro() if cls.__module__.startswith(ADDONS)]
            if name.startswith("customer.credit.") or name in OF_OTHERS:
                names = {attribute for cls in own for attribute in vars(cls)}
                if name.startswith("customer.credit."):
                    names.update(GENERIC)
                for attribute in sorted(names):
                    method = getattr(model, attribute, None)
                    if not attribute.startswith("_") and callable(method) and attribute not in model._fields:
                        yield name, attribute

    def get_ids(self, name):
        known = {
            "customer.credit.reservation": self.held,
            "customer.credit.withdrawal": self.withdrawal,
            "payment.transaction": self.wire,
            "payment.provider": self.credit_provider,
            "res.partner": self.customer,
            "account.move": self.bill_to_pay,
            "account.move.line": self.open_items(self.bill_to_pay),
        }
        if name in known:
            return known[name].ids
        model = self.env[name].sudo()
        return [] if model._abstract else model.search([], limit=1).ids or [1]

    def get_arguments(self, name, attribute):
        method = getattr(self.env.registry[name], attribute)
        parameters = [
            GUESSES.get(parameter.name, 1)
            for parameter in list(inspect.signature(method).parameters.values())[1:]
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
            and (parameter.default is parameter.empty or parameter.name in GUESSES)
        ]
        return parameters if getattr(method, "_api_model", False) else [self.get_ids(name), *parameters]

    @mute_logger("odoo.models", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db")
    def test_no_public_method_moves_credit_for_those_without_rights(self):
        before = self.get_ledger()
        called = list(self.get_public_methods())
        self.assertGreater(len(called), 50)
        self.assertIn(("customer.credit.reservation", "action_release"), called)
        self.assertIn(("payment.transaction", "action_customer_credit_money_received"), called)
        for user in (self.portal_user, self.employee):
            for name, attribute in called:
                with self.subTest(user=user.login, method=f"{name}.{attribute}"):
                    self.call(user, name, attribute)
                    self.assertEqual(self.get_ledger(), before)

    def call(self, user, name, attribute):
        """Call it as a client does; being refused, in whatever way, is fine."""
        model = self.env(user=user)[name]
        arguments = self.get_arguments(name, attribute)
        try:
            with self.env.cr.savepoint():
                call_kw(model, attribute, arguments, {})
                self.env.flush_all()
        except Exception:
            self.env.invalidate_all()

    def test_the_api_itself_cannot_be_called(self):
        admin = self.env.ref("base.user_admin")
        for name, attribute in (
            ("res.partner", "_credit_reserve"),
            ("res.partner", "_credit_earmark"),
            ("res.partner", "_credit_settle_overdraft"),
            ("res.partner", "_request_credit_withdrawal"),
            ("customer.credit.reservation", "_credit_settle"),
            ("customer.credit.reservation", "_credit_release"),
            ("account.move.line", "_credit_consume"),
            ("payment.transaction", "_pay_with_customer_credit"),
            ("payment.transaction", "_settle_customer_credit"),
            ("payment.transaction", "_release_customer_credit"),
            ("payment.transaction", "_set_done"),
        ):
            self.assertTrue(callable(getattr(BaseModel, attribute, None) or getattr(self.env[name], attribute)))
            with self.subTest(attribute=attribute), self.assertRaises(AccessError):
                call_kw(self.env(user=admin)[name], attribute, [[1]], {})
