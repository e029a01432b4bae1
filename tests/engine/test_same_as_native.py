from unittest.mock import patch

from markupsafe import Markup

from odoo import Command
from odoo.tests import tagged

from ...models.engine.open_item_reader import AllocationScope
from ..random_ledgers import RandomLedgerCase

BOOKS = (
    "account.move.line",
    "account.move",
    "account.payment",
    "account.partial.reconcile",
    "account.full.reconcile",
)
MESSAGES = ("mail.message", "mail.tracking.value", "mail.notification", "mail.followers")

# what depends on the clock or on chance
VARIABLE = {"id", "message_id", "access_token"}

# Native reconciliation synchronises dynamic lines, finds none to change, and so marks every invoice as changed by hand.
# Odoo's own Register Payment leaves that out, and so do we.
VARIABLE |= {"is_manually_modified"}
CLOCK = {("mail_message", "date")}


class Database:
    """The rows of some tables, comparable between two ways to the same state: whatever was created since the snapshot
    is named after its place among the new rows of its table, and so is what refers to it."""

    def __init__(self, env, models):
        self._env = env
        self._models = [env[model] for model in models]
        self._known = {model._table: self._get_ids(model) for model in self._models}

    def _get_ids(self, model):
        self._env.cr.execute(f'SELECT id FROM "{model._table}" ORDER BY id')
        return [row for (row,) in self._env.cr.fetchall()]

    def dump(self):
        """``{table: {row: {column: value}}}`` and ``{relation: rows}``, without the notes of our own."""
        self._env.flush_all()
        self._env.cr.execute("SELECT id FROM mail_message WHERE body LIKE '%account.credit.allocation%'")
        notes = {row for (row,) in self._env.cr.fetchall()}
        self._names = {}
        for model in self._models:
            new = model.browse(set(self._get_ids(model)) - set(self._known[model._table])).sorted("id")
            if model._name == "mail.message":  # in which order documents get theirs does not matter
                new = new.filtered(lambda message: message.id not in notes).sorted(lambda row: (row.model, row.res_id))
            elif "mail_message_id" in model._fields:
                places = {message: place for place, message in enumerate(self._names["mail_message"])}
                new = new.sorted(lambda row, places=places: places[row.mail_message_id.id])
            self._names[model._table] = {row.id: f"new {place}" for place, row in enumerate(new)}
        tables = {model._table: self._read_table(model, notes) for model in self._models}
        for model in self._models:
            for field in model._fields.values():
                if field.type == "many2many" and field.store:
                    tables[field.relation] = self._read_relation(model, field)
        return tables

    def _name(self, table, id_):
        return self._names.get(table, {}).get(id_, id_)

    def _read_table(self, model, notes):
        self._env.cr.execute(f'SELECT * FROM "{model._table}" ORDER BY id')
        rows = {}
        for row in self._env.cr.dictfetchall():
            if model._name == "mail.message" and row["id"] in notes:
                continue
            rows[self._name(model._table, row["id"])] = {
                column: self._normalise(model, row, column)
                for column in row
                if column not in VARIABLE and (model._table, column) not in CLOCK
            }
        return rows

    def _normalise(self, model, row, column):
        value, field = row[column], model._fields.get(column)
        if value is None or field is None:
            return value
        if field.type == "many2one":
            return self._name(self._env[field.comodel_name]._table, value)
        if field.type == "many2one_reference":
            return self._name(self._env[row[field.model_field]]._table, value)
        if column == "matching_number" and value.startswith("P"):
            return f"P{self._name('account_partial_reconcile', int(value[1:]))}"
        if column == "matching_number":
            return str(self._name("account_full_reconcile", int(value)))
        return value

    def _read_relation(self, model, field):
        self._env.cr.execute(f'SELECT "{field.column1}", "{field.column2}" FROM "{field.relation}"')
        tables = (model._table, self._env[field.comodel_name]._table)
        return sorted(
            str([self._name(table, id_) for table, id_ in zip(tables, row, strict=True)])
            for row in self._env.cr.fetchall()
        )


@tagged("post_install", "-at_install")
class TestSameAsNative(RandomLedgerCase):
    """Whatever is done to be fast, the database ends up as after the native reconciliation of the same pairs.

    Nothing is left out: books, chatter, tracked values, notifications. Three differences are meant: the notes of our
    own, on which partial a native exchange entry hangs, and that paid invoices are not marked as modified by hand. An
    invoice with cash basis taxes is paid once in a native call.
    """

    LEDGERS = 6

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as in a real database, where changes are tracked; tests of accounting usually run without
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids, "lang": "en_US"})
        for name, value in vars(cls).copy().items():
            if hasattr(value, "with_env"):
                setattr(cls, name, value.with_env(cls.env))
        for name in ("customer", "stranger", "company", "euro", "dinar", "yen", "dollar"):
            setattr(cls, name, getattr(cls, name).with_env(cls.env))
        cls.company.credit_allocation_cross_currency = True
        cls.company.credit_allocation_receivable = False
        cls.reader = cls.env["res.users"].create(
            {"name": "Reader", "login": "reader", "notification_type": "inbox", "email": "reader@example.com"}
        )

    def test_books_and_chatter(self):
        self.try_seeds(range(200, 200 + self.LEDGERS), self._check_same)

    def test_books_when_quiet(self):
        self.try_seeds(range(301, 301 + self.LEDGERS), self._check_same, quiet=True)

    def test_cash_basis_taxes(self):
        tax = self._make_cash_basis_tax()
        self.try_seeds(range(400, 400 + self.LEDGERS // 2), self._check_same, tax=tax)
        self.try_seeds(range(500, 500 + self.LEDGERS // 2), self._check_same, tax=tax, quiet=True)

    def test_notes_are_those_that_odoo_makes_one_at_a_time(self):
        branch = self.branch()
        moves = self.invoice(1) + self.invoice(2) + self.payment(3).move_id + self.payment(4).move_id
        moves += self.invoice(5, company=branch) + self.invoice(6, company=branch)
        moves = moves.with_context(allowed_company_ids=(self.company + branch).ids)
        bodies = {move: Markup("<p>%s</p>") % move.name for move in moves}

        def log_one_by_one():
            for move, body in bodies.items():
                move._get_credit_allocation_chatter()._message_log(body=body)

        together = self._read_notes(lambda: moves._log_credit_allocation(bodies))
        self.assertEqual(len(together), 6)
        self.assertEqual(together, self._read_notes(log_one_by_one))

    def _read_notes(self, log):
        """The messages that ``log`` makes, which are rolled back again."""
        self.env.cr.flush()
        newest = self.env["mail.message"].search([], order="id desc", limit=1).id
        with self.env.cr.savepoint() as savepoint:
            log()
            self.env.flush_all()
            self.env.cr.execute("SELECT * FROM mail_message WHERE id > %s", (newest,))
            notes = self.env.cr.dictfetchall()
            savepoint.rollback()
        self.env.invalidate_all()
        for note in notes:
            for column in ("id", "message_id", "date"):
                del note[column]
        return sorted(notes, key=lambda note: (note["model"], note["res_id"]))

    def test_a_message_that_fails_rolls_its_partner_back(self):
        invoice, payment = self.invoice(100), self.payment(100)
        others = self.invoice(50, self.stranger), self.payment(50, self.stranger)
        Move = type(self.env["account.move"])
        native_post = Move.message_post

        def post(move, **values):
            if move == invoice:
                raise ValueError("No way")
            return native_post(move, **values)

        with (
            patch.object(Move, "message_post", post),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            outcome = self.allocate(partner_ids=(self.customer.id, self.stranger.id))
        self.assertLeft(outcome, payment, "failed")
        self.assertNotAllocated(invoice, payment)
        self.assertAllocated(*others, 50)

    def test_a_difference_in_the_books_is_seen(self):
        """The guard can fail: without exchange entries the books differ."""
        Line = type(self.env["account.move.line"])
        native_plan = Line._reconcile_plan

        def reconcile_without_exchange_entries(lines, plan):
            return native_plan(lines.with_context(no_exchange_difference=True), plan)

        self.payment(100, currency_id=self.euro.id, day="2024-07-01")
        self.invoice(100, currency_id=self.euro.id, day="2024-03-01")
        for quiet in (False, True):
            natively = self._run(self._reconcile_natively, quiet)
            with patch.object(Line, "_reconcile_plan", reconcile_without_exchange_entries):
                ours = self._run(self._allocate, quiet)
            self.assertNotEqual(natively["account_move_line"], ours["account_move_line"])

    def test_a_difference_in_the_chatter_is_seen(self):
        """The guard can fail: quiet allocation makes no messages of Odoo's own."""
        self.invoice(100), self.payment(100)
        natively = self._run(self._reconcile_natively, quiet=False)
        ours = self._run(lambda plans, _quiet: self._allocate(plans, quiet=True), quiet=False)
        self.assertNotEqual(natively["mail_message"], ours["mail_message"])
        self.assertNotEqual(natively["mail_tracking_value"], ours["mail_tracking_value"])

    def _make_cash_basis_tax(self):
        self.company.tax_exigibility = True
        waiting = self.env["account.account"].create(
            {"name": "Tax waiting", "code": "251999", "account_type": "liability_current", "reconcile": True}
        )
        return self.env["account.tax"].create(
            {
                "name": "10% when paid",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": waiting.id,
                "invoice_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create({"repartition_type": "tax", "account_id": self.revenue.id}),
                ],
            }
        )

    def _check_same(self, random, quiet=False, tax=None):
        items = self.make_ledger(random, tax)
        paid = self.env.ref("account.mt_invoice_paid")
        for move in items.move_id.filtered(lambda move: move.is_invoice() and random.random() < 0.3):
            move.message_subscribe(partner_ids=self.reader.partner_id.ids, subtype_ids=paid.ids)
        natively = self._run(self._reconcile_natively, quiet)
        ours = self._run(self._allocate, quiet)
        for table, rows in natively.items():
            if isinstance(rows, dict):
                self.assertEqual(sorted(map(str, rows)), sorted(map(str, ours[table])), f"other rows of {table}")
                for row in rows:
                    self.assertEqual(rows[row], ours[table][row], f"{table} {row}")
            self.assertEqual(rows, ours[table], table)

    def _run(self, reconcile, quiet):
        """What the database holds after ``reconcile(plans, quiet)``, which is rolled back again."""
        self.env.cr.flush()
        plans = self.env["account.credit.allocation.planner"]._plan(
            AllocationScope(company_ids=tuple(self.company.ids), partner_ids=(self.customer.id, self.stranger.id))
        )
        database = Database(self.env, BOOKS if quiet else BOOKS + MESSAGES)
        with self.env.cr.savepoint() as savepoint:
            reconcile(plans, quiet)
            self.env.flush_all()  # as the user; a cursor would flush as whoever has an environment
            self.env.cr.flush()
            tables = database.dump()
            savepoint.rollback()
        self.env.invalidate_all()
        links = tables["account_partial_reconcile"].values()
        tables["exchange entries"] = sorted(str(row.pop("exchange_move_id")) for row in links)
        return tables

    def _reconcile_natively(self, plans, _quiet):
        executor = self.env["account.credit.allocation.executor"]
        pairs = [executor._get_pair(match) for _group, plan in plans for match in plan.matches]
        for call in self.env["account.move.line"]._split_by_cash_basis(pairs):
            self.env["account.move.line"]._reconcile_plan([pair.debit + pair.credit for pair in call])

    def _allocate(self, plans, quiet):
        outcome = self.env["account.credit.allocation.executor"]._execute(plans, "run", quiet=quiet)
        self.assertEqual(len(outcome.executed), sum(len(plan.matches) for _group, plan in plans))
