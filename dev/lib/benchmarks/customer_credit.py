"""What customer credit costs: everybody's balance, an order paid with credit, and the history of one customer."""

from collections import defaultdict

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import BenchmarkError, as_columns, environment, median

ON_ACCOUNT = {"on_account": 1}
AMOUNT = 5.0  # less than any payment of the ledger
WARM_UP = 3
HISTORY_PAGE = 80
# (customers, open items of each, closed items of each); customers who spend; closed items of one customer; repetitions
SIZES = {
    "quick": ((200, 10, 10), 10, (20, 1_000), 1),
    "default": ((5_000, 20, 20), 100, (100, 1_000, 10_000), 3),
    "full": ((50_000, 20, 20), 500, (100, 1_000, 10_000, 100_000), 3),
}

# ----------------------------------------------------------------------------------------------------------------------
# Everybody's balance
# ----------------------------------------------------------------------------------------------------------------------

OPEN_CREDITS = [
    ("account_type", "=", "asset_receivable"),
    ("parent_state", "=", "posted"),
    ("reconciled", "=", False),
    ("amount_residual_currency", "<", 0),
]


def naive_balances(env, partner_ids):
    """For each customer search the open credits and add them up."""
    return {
        partner_id: -sum(
            env["account.move.line"]
            .search([*OPEN_CREDITS, ("partner_id", "=", partner_id)])
            .mapped("amount_residual_currency")
        )
        for partner_id in partner_ids
    }


def native_balances(env, partner_ids):
    """Odoo's own: one sum by customer, company and currency, which knows nothing of reservations."""
    groups = env["account.move.line"]._read_group(
        [*OPEN_CREDITS, ("partner_id", "in", list(partner_ids))],
        ["partner_id", "company_id", "currency_id"],
        ["amount_residual_currency:sum"],
    )
    return {partner.id: -amount for partner, _company, _currency, amount in groups}


def our_balances(env, partner_ids):
    """Without what is reserved, less what is overdrawn or was paid out."""
    available = env["res.partner"].browse(partner_ids)._get_available_credit(env.company)
    return {partner_id: amount for (partner_id, _company, _currency), amount in available.items()}


BALANCES = {"naive loop": naive_balances, "native floor": native_balances, "ours": our_balances}


def measure_balances(meter, way, partner_ids):
    """:return: ``(Figures, {partner id: amount})``"""

    def read(ids):
        with environment(meter.database) as env:
            return BALANCES[way](env, ids)

    read(partner_ids[:WARM_UP])
    figures, found = meter.measure(lambda: read(partner_ids))
    return figures, {partner_id: round(amount, 2) for partner_id, amount in found.items() if round(amount, 2)}


# ----------------------------------------------------------------------------------------------------------------------
# An order that is paid with credit: reserved, and settled with its invoice; a transaction each
# ----------------------------------------------------------------------------------------------------------------------


def make_spenders(env, seed, customers):
    """Customers with five payments each, and an invoice.

    :return: ids of the customers and of their invoices
    """
    partner_ids = make_ledger(env, LedgerSpec(customers, 5, shares=ON_ACCOUNT), seed).partner_ids
    invoices = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partner_id,
                "invoice_date": "2024-12-20",
                "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": AMOUNT, "tax_ids": [(5,)]})],
            }
            for partner_id in partner_ids
        ]
    )
    invoices.with_context(skip_credit_allocation=True).action_post()
    return list(partner_ids), invoices.ids


def get_receivable(move):
    return move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")


def get_oldest_credit(env, partner):
    return env["account.move.line"].search([*OPEN_CREDITS, ("partner_id", "=", partner.id)], order="date, id", limit=1)


def reconcile_directly(env, partner, invoice):
    """No reservation at all: the oldest payment and the invoice in one ``reconcile()``; for information."""
    (get_oldest_credit(env, partner) | get_receivable(invoice)).reconcile()


def native_reservation(env, partner, invoice):
    """The same entry and the same two reconciliations by Odoo alone, without any check, lock or record."""
    credit = get_oldest_credit(env, partner)
    item = {"account_id": credit.account_id.id, "partner_id": partner.id, "name": invoice.name}
    entry = env["account.move"].create(
        {
            "move_type": "entry",
            "journal_id": env.company._get_customer_credit_journal().id,
            "ref": invoice.name,
            "line_ids": [(0, 0, {**item, "debit": AMOUNT}), (0, 0, {**item, "credit": AMOUNT})],
        }
    )
    entry.action_post()
    taken, kept = entry.line_ids.sorted("balance", reverse=True)
    (taken | credit).reconcile()
    (kept | get_receivable(invoice)).reconcile()


def our_reservation(env, partner, invoice):
    """Locked, checked, reserved, settled, and recorded twice."""
    partner._credit_reserve(AMOUNT, env.company.currency_id, invoice)._credit_settle(invoice)


SPENDING = {
    "native, without reservation": reconcile_directly,
    "native floor": native_reservation,
    "ours": our_reservation,
}


def measure_spending(meter, way, partner_ids, invoice_ids):
    """:return: ``(Figures, what is open afterwards)``"""

    def spend(ids):
        for partner_id, invoice_id in ids:
            with environment(meter.database) as env:
                env = env(context=dict(env.context, skip_credit_allocation=True))
                SPENDING[way](env, env["res.partner"].browse(partner_id), env["account.move"].browse(invoice_id))

    pairs = list(zip(partner_ids, invoice_ids, strict=True))
    spend(pairs[:WARM_UP])
    figures, _done = meter.measure(lambda: spend(pairs[WARM_UP:]))
    with environment(meter.database) as env:
        if any(env["account.move"].browse(invoice_ids).mapped("amount_residual")):
            raise BenchmarkError(f"{way}: an invoice is not paid.")
        return figures, our_balances(env, partner_ids)


# ----------------------------------------------------------------------------------------------------------------------
# The history of one customer
# ----------------------------------------------------------------------------------------------------------------------


def make_histories(env, seed, sizes):
    """A customer for each size, and one to warm up with."""
    return [make_ledger(env, LedgerSpec(1, 10, size, ON_ACCOUNT), seed).partner_ids[0] for size in (20, *sizes)]


def measure_history(meter, warm_up, partner_id):
    """The first page, with running balances, as the button on the customer opens it.

    :return: ``(Figures, number of movements shown)``
    """

    def read(customer_id):
        with environment(meter.database) as env:
            Movement = env["customer.credit.movement"].with_context(customer_credit_partner_ids=[customer_id])
            domain = [("partner_id", "=", customer_id)]
            return len(Movement.search_read(domain, ["date", "kind", "name", "amount", "balance"], limit=HISTORY_PAGE))

    read(warm_up)
    return meter.measure(lambda: read(partner_id))


# ----------------------------------------------------------------------------------------------------------------------
# All of it
# ----------------------------------------------------------------------------------------------------------------------


def compare(bench, database, function, ways, repetitions, *arguments):
    """Measure ways in turns; all of them must find the same.

    :return: ``{way: list of Figures}``
    """
    measured, found = defaultdict(list), {}
    for number in range(repetitions):
        for way in ways:
            if way == "naive loop" and number:
                continue  # takes so long that its noise is a small part of it
            figures, found[way] = bench.in_copy(database, function, way, *arguments)
            measured[way].append(figures)
            print(f"  {way}: {1000 * figures.cpu:.0f} ms", flush=True)
    if any(state != found["ours"] for state in found.values()):
        raise BenchmarkError("The ways do not find the same credit.")
    return measured


def as_rows(part, size, measured, customers, floor):
    return [
        {
            "part": part,
            "way": way,
            "size": size,
            "repetitions": len(figures),
            **as_columns(median(figures), customers),
            "cpu_to_floor": f"{median(figures).cpu / floor.cpu:.3f}",
        }
        for way, figures in measured.items()
    ]


def run_balances(bench, customers, open_items, closed_items, repetitions):
    spec = LedgerSpec(customers, open_items, closed_items)
    database, ledger = bench.make_database("balances", make_ledger, spec, bench.seed)
    measured = compare(bench, database, measure_balances, BALANCES, repetitions, ledger.partner_ids)
    items = customers * (open_items + closed_items)
    return as_rows("balances", items, measured, customers, median(measured["native floor"]))


def run_spending(bench, customers, repetitions):
    database, spenders = bench.make_database("spending", make_spenders, bench.seed, customers + WARM_UP)
    measured = compare(bench, database, measure_spending, SPENDING, repetitions, *spenders)
    return as_rows("spending", customers, measured, customers, median(measured["native floor"]))


def run_histories(bench, sizes, repetitions):
    database, (warm_up, *partner_ids) = bench.make_database("histories", make_histories, bench.seed, sizes)
    rows, floor = [], None
    for size, partner_id in zip(sizes, partner_ids, strict=True):
        figures = [bench.in_copy(database, measure_history, warm_up, partner_id)[0] for _ in range(repetitions)]
        floor = floor or median(figures)
        print(f"  history of {size} closed items: {1000 * median(figures).cpu:.0f} ms", flush=True)
        rows += as_rows("history", size, {"ours": figures}, 1, floor)
    return rows


def run(bench):
    """:return: rows for ``customer_credit.csv``; ``size`` counts journal items, customers, or closed items. Floor of
    the histories: the shortest one"""
    balances, spenders, histories, repetitions = SIZES[bench.size]
    return [
        *run_balances(bench, *balances, repetitions),
        *run_spending(bench, spenders, repetitions),
        *run_histories(bench, histories, repetitions),
    ]
