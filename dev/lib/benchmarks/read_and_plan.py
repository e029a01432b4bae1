"""Reading all open items of a company and deciding about them, without executing anything: time and memory."""

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import Figures, as_columns, environment, median

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import AllocationScope

OPEN_ITEMS = 20  # of each partner
# partners, repetitions
SIZES = {"quick": (1_000, 1), "default": (50_000, 1), "full": (50_000, 3)}
WARM_UP = 100


def read(env, scope):
    debts, credits = env["account.open.item.reader"]._read_open_items(scope)
    return len(debts) + len(credits)


def plan(env, scope):
    return sum(len(plan.matches) for _group, plan in env["account.credit.allocation.planner"]._plan(scope))


def measure_work(meter, work, partner_ids):
    """:return: ``(Figures, number of items read or of pairs planned, megabytes before)``"""

    def do(ids):
        with environment(meter.database) as env:
            return work(env, AllocationScope(tuple(env.companies.ids), partner_ids=ids))

    do(tuple(partner_ids[:WARM_UP]))
    before, _done = meter.measure(lambda: None)
    figures, found = meter.measure(lambda: do(None))  # everybody's
    return figures, found, before.peak_mb


def run(bench):
    """:return: rows for ``read_and_plan.csv``"""
    partners, repetitions = SIZES[bench.size]
    database, ledger = bench.make_database("read", make_ledger, LedgerSpec(partners, OPEN_ITEMS), bench.seed)
    items = ledger.open_debts + ledger.open_credits
    rows = []
    for name, work in {"read": read, "read and plan": plan}.items():
        measured: list[Figures] = []
        for _ in range(repetitions):
            figures, found, before_mb = bench.in_copy(database, measure_work, work, ledger.partner_ids)
            measured.append(figures)
            print(f"  {name}: {figures.wall:.1f} s, {figures.peak_mb:.0f} MB for {items} items", flush=True)
        rows.append(
            {
                "work": name,
                "partners": partners,
                "open_items": items,
                "items_or_pairs_found": found,
                "repetitions": repetitions,
                "mb_before": round(before_mb),
                **as_columns(median(measured), items),
            }
        )
    bench.drop_database(database)
    return rows
