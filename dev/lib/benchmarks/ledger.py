"""Fill a database with a seeded ledger: customers, posted invoices and payments, open ones and long settled ones.

One invoice and one payment are made by Odoo itself, read and rolled back; SQL multiplies the rows that it wrote. So all
columns hold what Odoo writes, and everything can be reconciled natively afterwards. A million open items take a few
minutes. The same seed makes the same ledger.

In ``odoo shell``, with this folder on ``sys.path``::

    from ledger import LedgerSpec, make_ledger
    make_ledger(env, LedgerSpec(partners=100, open_items=20), seed=1)
    env.cr.commit()

From the command line, what follows ``--`` are Odoo's own options::

    python dev/lib/benchmarks/ledger.py --partners 100 --open-items 20 --seed 1 -- -d DATABASE --addons-path=…
"""

import argparse
import datetime
import io
import random
from decimal import Decimal
from typing import NamedTuple

import psycopg2
from ledger_documents import LedgerSpec, draw_documents
from psycopg2.extras import Json

# No two columns of a document have such values by chance, so that they are found wherever Odoo writes them.
AMOUNT = Decimal("7391.57")
MEMO, PARTNER_NAME = "Memo of the template", "Customer of the template"
# From here on it is quicker to build the indexes anew.
MANY_DOCUMENTS = 20_000


class Ledger(NamedTuple):
    """What was made: ids of partners and journal entries, and how many items are open."""

    partner_ids: range
    move_ids: range
    open_debts: int
    open_credits: int


def make_ledger(env, spec, seed=0):
    """Write the ledger into the company of ``env``; the caller commits.

    :param LedgerSpec spec: how much of what
    :param int seed: of all that is drawn by chance
    :return: :class:`Ledger`
    """
    documents = draw_documents(spec, random.Random(seed))
    template = read_template(env, spec)
    env.flush_all()
    many = len(documents) > MANY_DOCUMENTS
    cr = env.cr
    check_nothing(cr)
    indexes = drop_indexes(cr) if many else []
    partner_base = take_ids(cr, "res_partner", spec.partners)
    load_documents(cr, documents, template, partner_base)
    write_partners(cr, template, spec.partners, partner_base)
    move_base = write_documents(cr, template, len(documents))
    for index in indexes:
        cr.execute(index)
    for table in (*TABLES, "res_partner"):
        cr.execute(f"ANALYZE {table}")
    cr.execute("DROP TABLE benchmark_document")
    env.invalidate_all()
    still_open = [document for document in documents if not document.closed]
    open_debts = sum(document.is_invoice for document in still_open)
    return Ledger(
        partner_ids=range(partner_base, partner_base + spec.partners),
        move_ids=range(move_base, move_base + len(documents)),
        open_debts=open_debts,
        open_credits=len(still_open) - open_debts,
    )


# ----------------------------------------------------------------------------------------------------------------------
# The rows that Odoo writes
# ----------------------------------------------------------------------------------------------------------------------

TABLES = (
    "account_move",
    "account_move_line",
    "account_payment",
    "account_partial_reconcile",
    "account_full_reconcile",
)


class Rows(NamedTuple):
    """What Odoo wrote of one document: ``{column: value}`` of its entry, of its two items, and of its payment."""

    move: dict
    lines: list
    payment: dict | None


class Template(NamedTuple):
    partner: dict
    invoice: Rows
    payment: Rows  # with a memo
    payment_without_memo: Rows
    closed_invoice: Rows
    closed_payment: Rows
    partial: dict
    full: dict
    date: datetime.date
    due_date: datetime.date
    receivable_id: int


def read_template(env, spec):
    """Let Odoo make one document of each kind, read what it wrote, and forget them."""
    env = env(context=dict(env.context, tracking_disable=True, skip_credit_allocation=True))
    with env.cr.savepoint() as savepoint:
        template = make_template(env, spec)
        savepoint.rollback()
    env.invalidate_all()
    # after the commit Odoo would count the invoices of a customer that is no more
    ranks = env.cr.postcommit.data.get("account.res.partner.increase_rank.customer_rank", {})
    ranks.pop(template.partner["id"], None)
    return template


def make_template(env, spec):
    date, due_date = datetime.date(spec.year, 5, 17), datetime.date(spec.year, 6, 23)
    partner = env["res.partner"].create({"name": PARTNER_NAME, "customer_rank": 1})
    line = {"name": "Work", "quantity": 1, "price_unit": float(AMOUNT), "tax_ids": [(5,)]}
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": date,
            "date": date,
            "invoice_payment_term_id": False,
            "invoice_date_due": due_date,
            "invoice_line_ids": [(0, 0, line)],
        }
    )
    invoice.action_post()
    vals = {"partner_id": partner.id, "payment_type": "inbound", "partner_type": "customer", "date": date}
    payment, without_memo = env["account.payment"].create(
        [{**vals, "amount": float(AMOUNT), "memo": memo} for memo in (MEMO, False)]
    )
    payment.action_post()
    without_memo.action_post()
    opened = [read_rows(env, record) for record in (invoice, payment, without_memo)]
    items = (invoice.line_ids + payment.move_id.line_ids).filtered(lambda line: line.account_type == "asset_receivable")
    items.reconcile()
    env.flush_all()
    return Template(
        read_row(env.cr, "res_partner", "id", partner.id),
        *opened,
        *(read_rows(env, record) for record in (invoice, payment)),
        partial=read_row(env.cr, "account_partial_reconcile", "id", items.matched_debit_ids.id),
        full=read_row(env.cr, "account_full_reconcile", "id", items.full_reconcile_id.id),
        date=date,
        due_date=due_date,
        receivable_id=items.account_id.id,
    )


def read_rows(env, record):
    """:return: :class:`Rows`; the receivable item is the first"""
    env.flush_all()
    is_payment = record._name == "account.payment"
    move = record.move_id if is_payment else record
    lines = move.line_ids.sorted(lambda line: line.account_type != "asset_receivable")
    return Rows(
        read_row(env.cr, "account_move", "id", move.id),
        [read_row(env.cr, "account_move_line", "id", line.id) for line in lines],
        read_row(env.cr, "account_payment", "id", record.id) if is_payment else None,
    )


def read_row(cr, table, column, value):
    cr.execute(f"SELECT * FROM {table} WHERE {column} = %s", [value])
    return {key: value for key, value in cr.dictfetchone().items() if value is not None}


# ----------------------------------------------------------------------------------------------------------------------
# Multiplied by SQL
# ----------------------------------------------------------------------------------------------------------------------


def check_nothing(cr):
    """The copies are as consistent as the template: foreign keys need no check, if we may say so."""
    try:
        with cr.savepoint(flush=False):
            cr.execute("SET LOCAL session_replication_role = replica")
    except psycopg2.errors.InsufficientPrivilege:
        pass


def drop_indexes(cr):
    """Drop the indexes of the journal's tables that no constraint needs.

    :return: the commands that make them again
    """
    cr.execute(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique",
        [list(TABLES)],
    )
    indexes = cr.fetchall()
    for name, _command in indexes:
        cr.execute(f"DROP INDEX {name}")
    return [command for _name, command in indexes]


def take_ids(cr, table, count):
    """:return: the first of so many free ids"""
    cr.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
    cr.execute(f"SELECT nextval('{table}_id_seq')")
    base = cr.fetchone()[0]
    cr.execute(f"SELECT setval('{table}_id_seq', %s)", [base + count])
    return base


def load_documents(cr, documents, template, partner_base):
    """A temporary table with what each document has of its own."""
    first = {True: template.invoice.move, False: template.payment.move}
    bases = {is_invoice: move["sequence_number"] for is_invoice, move in first.items()}
    widths = {is_invoice: len(move["name"]) - len(move["sequence_prefix"]) for is_invoice, move in first.items()}
    start = datetime.date(template.date.year, 1, 1)
    days = [(start + datetime.timedelta(days)).isoformat() for days in range(400)]

    def name(document):
        is_invoice = document.is_invoice
        return f"{first[is_invoice]['sequence_prefix']}{bases[is_invoice] + document.number:0{widths[is_invoice]}}"

    rows = io.StringIO()
    for document in documents:
        number = bases[document.is_invoice] + document.number
        cents = document.cents
        row = (
            document.position,
            "invoice" if document.is_invoice else "payment" if document.named else "payment_without_memo",
            document.closed,
            partner_base + document.partner,
            f"{cents // 100}.{cents % 100:02}",
            days[document.day],
            days[document.day + 30],
            number,
            name(document),
            name(document.named) if document.named else r"\N",
            document.settles.position if document.settles else r"\N",
        )
        rows.write("\t".join(map(str, row)) + "\n")
    rows.seek(0)
    cr.execute(
        """CREATE TEMPORARY TABLE benchmark_document (
               position integer, kind text, closed boolean, partner_id integer, amount numeric, day date,
               due_date date, number integer, name text, memo text, settles integer
           )"""
    )
    cr.copy_expert("COPY benchmark_document FROM STDIN", rows)
    cr.execute("ANALYZE benchmark_document")


def insert_copies(cr, table, row, own, source, replaced=()):
    """Insert a copy of a row for each row of ``source``.

    :param dict row: the template
    :param dict own: ``{column: SQL expression}``, what each copy has of its own
    :param str source: what follows FROM
    :param replaced: pairs of a value of the template and an SQL expression that stands for it in every column: as a
        part of a text, otherwise as the whole value; amounts also with the other sign
    """
    expressions, parameters = [], []
    for column, value in row.items():
        expression, values = own.get(column), []
        if expression is None:
            expression, values = get_expression(value, replaced)
        expressions.append(expression)
        parameters += values
    columns = ", ".join(f'"{column}"' for column in row)
    cr.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(expressions)} FROM {source}", parameters)


def get_expression(value, replaced):
    """:return: ``(SQL expression, its parameters)`` for a value of the template"""
    if isinstance(value, str):
        expression, parameters = "%s", [value]
        for old, new in replaced:
            if isinstance(old, str) and old in value:
                expression = f"REPLACE({expression}, %s, {new})"
                parameters.append(old)
        return expression, parameters
    if isinstance(value, dict | list):
        return "%s", [Json(value)]
    for old, new in replaced:
        if type(old) is Decimal and isinstance(value, float | Decimal) and abs(Decimal(str(value))) == old:
            return ("-" if value < 0 else "") + new, []
        if type(old) is datetime.date and type(value) is datetime.date and value == old:
            return new, []
    return "%s", [value]


def write_partners(cr, template, count, base):
    insert_copies(
        cr,
        "res_partner",
        template.partner,
        {"id": f"{base} + n", "commercial_partner_id": f"{base} + n"},
        f"generate_series(0, {count - 1}) n",
        [(PARTNER_NAME, f"('Customer ' || ({base} + n))")],
    )


def write_documents(cr, template, count):
    """:return: the id of the first journal entry"""
    move, line, payment, partial, full = (
        take_ids(cr, table, factor * count) for table, factor in zip(TABLES, (1, 2, 1, 1, 1), strict=True)
    )
    links = {
        "sequence_number": "document.number",
        "origin_payment_id": f"{payment} + document.position",
        "payment_id": f"{payment} + document.position",
        "move_id": f"{move} + document.position",
        "full_reconcile_id": f"{full} + closing.position",
        "matching_number": f"({full} + closing.position)::text",
        **dict.fromkeys(("partner_id", "commercial_partner_id", "partner_shipping_id"), "document.partner_id"),
    }
    for kind, is_closed in (
        ("invoice", False),
        ("invoice", True),
        ("payment", False),
        ("payment", True),
        ("payment_without_memo", False),
    ):
        rows = getattr(template, f"closed_{kind}" if is_closed else kind)
        # the payment that closes the document: its position numbers what both share
        closing = "JOIN benchmark_document closing ON closing.position = document.position"
        if kind == "invoice":
            closing = "JOIN benchmark_document closing ON closing.settles = document.position"
        source = (
            f"benchmark_document document {closing if is_closed else ''}"
            f" WHERE document.kind = '{kind}' AND document.closed = {is_closed} ORDER BY document.position"
        )
        replaced = [
            (rows.move["name"], "document.name"),
            (MEMO, "document.memo"),
            (PARTNER_NAME, "('Customer ' || document.partner_id)"),
            (AMOUNT, "document.amount"),
            (template.date, "document.day"),
            (template.due_date, "document.due_date"),
        ]
        own = {**links, "id": f"{move} + document.position"}
        insert_copies(cr, "account_move", rows.move, own, source, replaced)
        for number, row in enumerate(rows.lines):
            own = {**links, "id": f"{line} + 2 * document.position + {number}"}
            insert_copies(cr, "account_move_line", row, own, source, replaced)
        if rows.payment:
            own = {**links, "id": f"{payment} + document.position"}
            insert_copies(cr, "account_payment", rows.payment, own, source, replaced)
    write_reconciliations(cr, template, line, partial, full)
    return move


def write_reconciliations(cr, template, line, partial, full):
    """What closes documents; the three are the ids that items, partials and full reconciliations begin with."""
    settled = "benchmark_document document WHERE document.settles IS NOT NULL"
    insert_copies(cr, "account_full_reconcile", template.full, {"id": f"{full} + document.position"}, settled)
    insert_copies(
        cr,
        "account_partial_reconcile",
        template.partial,
        {
            "id": f"{partial} + document.position",
            "full_reconcile_id": f"{full} + document.position",
            "debit_move_id": f"{line} + 2 * document.settles",
            "credit_move_id": f"{line} + 2 * document.position",
        },
        settled,
        [(AMOUNT, "document.amount"), (template.date, "document.day")],
    )


def main():
    from odoo import SUPERUSER_ID, api
    from odoo.modules.registry import Registry
    from odoo.tools import config

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in LedgerSpec()._asdict().items():
        if isinstance(default, int):
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("odoo_options", nargs="+", metavar="-- ODOO OPTIONS")
    options = vars(parser.parse_args())
    seed, odoo_options = options.pop("seed"), options.pop("odoo_options")
    config.parse_config(odoo_options, setup_logging=True)
    with Registry(config["db_name"][0]).cursor() as cr:
        ledger = make_ledger(api.Environment(cr, SUPERUSER_ID, {}), LedgerSpec(**options), seed)
    print(ledger)


if __name__ == "__main__":
    main()
