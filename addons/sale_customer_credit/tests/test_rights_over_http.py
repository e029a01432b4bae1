import csv
import logging
from collections import Counter
from pathlib import Path

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons import account_credit_allocation
from odoo.addons.account_credit_allocation.tests.own_models import get_own_addons, get_own_methods, get_own_models

from .common import OrderCreditCase

_logger = logging.getLogger(__name__)

RIGHTS = Path(account_credit_allocation.__file__).parent / "docs" / "reference" / "rights.rst"

# what is refused, and what misses a value, is logged
EXPECTED_LOGGERS = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.models",
    "odoo.addons.base.models.ir_rule",
    "odoo.addons.base.models.ir_model",
)

# users by the column of the documented table that is theirs, and those of no column: they have none of these rights
COLUMNS = {
    "Read-only": "account.group_account_readonly",
    "Billing": "account.group_account_invoice",
    "Accountant": "account.group_account_user",
    "Accounting manager": "account.group_account_manager",
    "Settings": "base.group_system",
}
OTHERS = {"customer": "base.group_portal", "employee": "base.group_user", "seller": "sales_team.group_sale_salesman"}
FOREIGN = "account.group_account_manager,account.group_account_user,sales_team.group_sale_manager"

READ = "read documents, lines, runs, checks, unallocated credits"
READ_RULES = "read rules and schedules (their menu is the manager's)"
ALLOCATE = "preview, allocate, choose, type amounts, undo"
RUN = "make and start runs, stop, resume, apply, discard, delete"
CHANGE_RULES = "change rules and schedules"
CHECK = "start a check, get its findings as a task"
SEE = "see balances, movements, reservations, withdrawals; print statements"
REQUEST = "request a withdrawal, pay an approved one, cancel an own request"
DEPOSIT, CORRECT, TRANSFER = "*add deposits*", "*correct balances*", "*transfer*"
RELEASE, APPROVE = "*release reservations*", "*approve withdrawals*"
NOBODY = ""

# model without the words that many share: who reads it, who creates, writes and deletes it, in the words of the table
READERS = {
    **dict.fromkeys(("", ".line", ".leftover", ".suggestion", ".unallocated", ".check", ".check.finding"), READ),
    **dict.fromkeys((".run", ".run.partner", ".run.rule", ".run.reason"), READ),
    **dict.fromkeys((".rule", ".rule.type", ".run.schedule"), READ_RULES),
    **dict.fromkeys((".undo", ".wizard", ".wizard.line"), ALLOCATE),
    **dict.fromkeys(("movement", "reservation", "withdrawal", "statement"), SEE),
    "deposit": DEPOSIT,
    "adjustment": CORRECT,
    "transfer": TRANSFER,
    "withdrawal.request": REQUEST,
    "withdrawal.payment": REQUEST,
    "withdrawal.refusal": APPROVE,
}
# technical: what the table does not name; groups in place of a row
TECHNICAL = {"lock": {"Accounting manager"}, "mail.mark": {"Settings"}, "use.credit": {"seller", *list(COLUMNS)[1:4]}}
WRITERS = {
    ("create", ".run"): RUN,
    ("write", ".run"): RUN,
    ("unlink", ".run"): RUN,
    ("create", ".run.schedule"): CHANGE_RULES,
    ("write", ".run.schedule"): CHANGE_RULES,
    ("unlink", ".run.schedule"): CHANGE_RULES,
    ("write", ".rule"): CHANGE_RULES,
    ("create", ".check"): CHECK,
}
DIALOGS_MADE_BY_THE_SERVER = (".wizard", ".wizard.line", ".unallocated")

# methods that need more than to read the record
METHODS = {
    ALLOCATE: "action_undo action_apply action_discard action_choose action_take_back action_allocate action_run_now "
    "action_allocate_by_hand action_include_named action_allocate_credits action_preview_credit_allocation "
    "action_open_credit_wizard action_open_invoice_wizard",
    RUN: "action_start action_stop action_resume action_retry action_preview_again",
    CHECK: "action_check_now action_recompute",
    CHANGE_RULES: "web_resequence",
    RELEASE: "action_release",
    APPROVE: "action_approve action_open_refusal action_refuse",
    REQUEST: "action_cancel action_open_payment_dialog action_reconcile action_pay action_request",
    DEPOSIT: "action_deposit action_customer_credit_money_received",
    CORRECT: "action_adjust",
    TRANSFER: "action_transfer",
}
# extended methods of Odoo are in TestOverridesCheckAccess; these change and tell nothing by themselves
OF_ALL_COMPANIES = {"action_refresh"}
NO_METHODS = {"create", "write", "unlink", "fetch", "copy"}


def read_documented_rights():
    """``{row of the documented tables: names of the columns that say yes}``."""
    rights, columns = {NOBODY: set()}, None
    for line in RIGHTS.read_text().splitlines():
        if not line.startswith('   "'):
            continue
        cells = next(csv.reader([line.strip().replace('", "', '","')]))
        if cells[0] == "What":
            columns = cells[1:]
        else:
            rights[cells[0]] = {name for name, cell in zip(columns, cells[1:], strict=True) if cell == "yes"}
    return rights


@tagged("post_install", "-at_install")
class TestRightsOverHttp(OrderCreditCase, HttpCase):
    """Every kind of user × every model of these addons × what a client can call, over HTTP, against the documents.

    Who has no right gets an access error, and nothing but that: no other error, which might tell of the record.
    """

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rights = read_documented_rights()
        cls.models = get_own_models(cls.env)
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.users = {
            name: cls.new_user(f"user {name}", groups, cls.company) for name, groups in (COLUMNS | OTHERS).items()
        }
        cls.foreigner = cls.new_user("user elsewhere", FOREIGN, cls.elsewhere)
        cls.make_records()
        cls.env.flush_all()
        cls.ids = {model._name: cls.find_id(model) for model in cls.models}

    @classmethod
    def new_user(cls, login, groups, company):
        return new_test_user(
            cls.env,
            login=login,
            password=login,
            groups=groups,
            company_id=company.id,
            company_ids=company.ids,
        )

    @classmethod
    def make_records(cls):
        """One of each."""
        cls.sold = cls.order(30, user_id=cls.users["seller"].id)
        cls.allocated_invoice = cls.invoice(100)
        cls.payment(100)
        cls.allocate(cls, company_ids=tuple(cls.company.ids))
        cls.invoice(70, cls.stranger), cls.invoice(70, cls.stranger, day="2024-03-02")
        cls.rule("oldest_first").enabled = False
        cls.payment(70, cls.stranger)
        cls.allocate(cls, company_ids=tuple(cls.company.ids))
        cls.paid = cls.payment(60)
        bank = cls.env["res.partner.bank"].create({"acc_number": "AZURE-1", "partner_id": cls.customer.id})
        withdrawal = cls.customer._request_credit_withdrawal(5, cls.dollar, bank, cls.company)
        cls.transaction(20, cls.sold)
        check = cls.env["account.credit.allocation.check"]._check(cls.company)
        check.sudo().finding_ids = [Command.create({"kind": "residual", "company_id": cls.company.id})]
        cls.invoice(40, cls.vendor), cls.payment(40, cls.vendor)
        cls.env["account.credit.allocation.run"].create({"in_background": False}).action_start()
        cls.env["account.credit.allocation.run.schedule"].create({"name": "Every night"})
        cls.env["account.credit.allocation.unallocated"]._refresh()
        cls.make_dialogs(bank, withdrawal)

    @classmethod
    def make_dialogs(cls, bank, withdrawal):
        """Those of somebody else."""
        customer, lines = {"partner_id": cls.customer.id}, cls.env["account.credit.allocation.line"].search([], limit=1)
        cls.invoice(10, cls.customer).action_open_credit_wizard()
        for name, vals in {
            "account.credit.allocation.undo": {"line_ids": lines.ids},
            "customer.credit.statement": {"partner_ids": cls.customer.ids},
            "customer.credit.deposit": {**customer, "amount": 5},
            "customer.credit.adjustment": {**customer, "reason": "x", "account_id": cls.revenue.id},
            "customer.credit.transfer": {**customer, "reason": "x", "amount": 5, "receiver_id": cls.stranger.id},
            "customer.credit.withdrawal.request": {**customer, "amount": 5, "partner_bank_id": bank.id},
            "customer.credit.withdrawal.payment": {"withdrawal_id": withdrawal.id},
            "customer.credit.withdrawal.refusal": {"withdrawal_id": withdrawal.id, "reason": "x"},
            "sale.order.use.credit": {"order_id": cls.sold.id, "amount": 5},
        }.items():
            cls.env[name].sudo().create(vals)

    @classmethod
    def find_id(cls, model):
        records = model.sudo().with_context(active_test=False)
        if "company_id" in model._fields:
            records = records.search([("company_id", "=", cls.company.id)], limit=1, order="id desc")
        else:
            records = records.search([], limit=1, order="id desc")
        return records.id

    # --- who may, by the documents ------------------------------------------------------------------------------------

    @staticmethod
    def shorten(model):
        for prefix in ("account.credit.allocation", "customer.credit.", "sale.order."):
            model = model.removeprefix(prefix)
        return model

    def may(self, user, operation, model):
        """Whether the documented table gives a kind of user a right on a model."""
        short = self.shorten(model)
        if model.startswith("queue."):
            return None
        if short in TECHNICAL:
            return user in TECHNICAL[short] and (
                operation == "read" or (short == "use.credit" and operation != "unlink")
            )
        is_dialog = self.env[model]._transient
        if operation == "read":
            row = READERS[short]
        elif is_dialog and operation == "unlink":
            row = NOBODY
        elif is_dialog and short not in DIALOGS_MADE_BY_THE_SERVER:
            row = READERS[short]
        elif short in (".wizard", ".wizard.line") and operation == "write":
            row = ALLOCATE
        else:
            row = WRITERS.get((operation, short), NOBODY)
        return user in self.rights[row]

    # --- calling ------------------------------------------------------------------------------------------------------

    def call(self, model, method, *arguments, **options):
        """What the web client sends; what it changes is taken back.

        :return: ``(name of the exception or None, result)``
        """
        self.env.cr.execute("SAVEPOINT matrix")
        params = {"model": model, "method": method, "args": list(arguments), "kwargs": options}
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}", json={"jsonrpc": "2.0", "method": "call", "params": params}
        ).json()
        self.env.cr.execute("ROLLBACK TO SAVEPOINT matrix")
        self.env.invalidate_all(flush=False)
        self.tried[method if method in ("create", "write", "unlink") or "read" in method else "methods"] += 1
        error = answer.get("error")
        return error and error["data"]["name"].rpartition(".")[2], answer.get("result")

    def get_requests(self, model, id_):
        """``{(operation, method): arguments}``: what every model has."""
        domain = [("id", "=", id_)]
        return {
            ("read", "read"): [[id_], ["display_name"]],
            ("read", "web_read"): [[id_], {"display_name": {}}],
            ("read", "search_read"): [domain, ["display_name"]],
            ("create", "create"): [[{}]],
            ("write", "write"): [[id_], {}],
            ("unlink", "unlink"): [[id_]],
        }

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    # --- tests --------------------------------------------------------------------------------------------------------

    def setUp(self):
        super().setUp()
        self.tried = Counter()

    @mute_logger(*EXPECTED_LOGGERS)
    def test_records_are_read_and_written_by_those_whom_the_documents_name(self):
        for kind, user in self.users.items():
            self.log_in(user)
            wrong = []
            for model in self.models:
                id_ = self.ids[model._name] or 1
                for (operation, method), arguments in self.get_requests(model._name, id_).items():
                    error, result = self.call(model._name, method, *arguments)
                    expected = self.may(kind, operation, model._name)
                    if model._transient and operation != "create":
                        expected = result == []  # a dialog is its own user's only: to search finds nothing
                    if (error != "AccessError") != expected:
                        wrong.append((model._name, method, error, "is allowed" if expected else "is not allowed"))
            with self.subTest(kind):
                self.assertEqual(wrong, [])
        _logger.info("%s requests were sent: %s", self.tried.total(), dict(self.tried))

    @mute_logger(*EXPECTED_LOGGERS)
    def test_who_works_in_another_company_only_gets_nothing_at_all(self):
        self.log_in(self.foreigner)
        wrong = []
        for model in self.models:
            id_ = self.ids[model._name]
            if not id_ or ("company_id" not in model._fields and not model._transient):
                continue
            for (_operation, method), arguments in self.get_requests(model._name, id_).items():
                if method == "create":
                    if "company_id" not in model._fields:
                        continue
                    arguments = [[{**self.get_required(model), "company_id": self.company.id}]]
                error, result = self.call(model._name, method, *arguments)
                if error != "AccessError" and result != [] and not (model._transient and method == "create"):
                    wrong.append((model._name, method, error, result))
        self.assertEqual(wrong, [])
        self.assertGreater(self.tried.total(), 100)
        _logger.info("%s requests were sent: %s", self.tried.total(), dict(self.tried))

    def get_required(self, model):
        samples = {"char": "x", "datetime": "2024-01-01 00:00:00"}
        return {
            name: field.get_values(self.env)[0] if field.type == "selection" else samples[field.type]
            for name, field in model._fields.items()
            if field.required and (field.type in samples or (field.type == "selection" and not field.default))
        }

    def get_methods(self):
        """Yields (model, method, id): everything that these addons brought, on their models and on those of others."""
        own = get_own_addons(self.env)
        samples = {
            "account.move": self.allocated_invoice,
            "account.payment": self.paid,
            "res.partner": self.customer,
            "sale.order": self.sold,
            "payment.transaction": self.env["payment.transaction"].search([], limit=1),
        }
        for name, model in sorted(self.env.registry.items()):
            if model._abstract or not (model._original_module in own or name in samples):
                continue
            others = [cls for cls in model.mro() if cls.__module__.startswith("odoo.addons.")]
            for method in get_own_methods(self.env[name], own):
                native = any(method in vars(cls) for cls in others if cls.__module__.split(".")[2] not in own)
                id_ = samples[name].id if name in samples else self.ids[name]
                if id_ and method not in NO_METHODS and not native:
                    yield name, method, id_

    def get_row(self, name, method):
        if method in ("action_use_credit", "action_release_credit"):
            return None
        for row, methods in METHODS.items():
            if method in methods.split() and not (method == "action_apply" and name.endswith(".run")):
                return row
        if name in ("account.move", "account.payment", "res.partner", "sale.order", "payment.transaction"):
            return READ if "credit_allocation" in method else SEE
        return READERS[self.shorten(name)]

    @mute_logger(*EXPECTED_LOGGERS)
    def test_methods_do_nothing_and_tell_nothing_to_those_whom_the_documents_do_not_name(self):
        methods = list(self.get_methods())
        self.assertGreater(len(methods), 40)
        for kind, user in [*self.users.items(), ("elsewhere", self.foreigner)]:
            self.log_in(user)
            wrong = []
            for name, method, id_ in methods:
                row = self.get_row(name, method)
                if row is None or kind in self.rights[row]:
                    continue
                arguments = [{}] if method == "web_resequence" else []
                ids = () if getattr(getattr(self.env.registry[name], method), "_api_model", False) else ([id_],)
                if kind == "elsewhere" and (not ids or method in OF_ALL_COMPANIES or name == "res.partner"):
                    continue  # does it for the own company
                error, result = self.call(name, method, *ids, *arguments)
                if error != "AccessError" and not (error == "MissingError" and self.env[name]._transient):
                    wrong.append((name, method, error, str(result)[:200]))
            with self.subTest(kind):
                self.assertEqual(wrong, [])
        _logger.info("%s requests were sent: %s", self.tried.total(), dict(self.tried))
