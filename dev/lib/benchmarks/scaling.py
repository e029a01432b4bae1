"""Whether the cost of an item stays the same when there are more of them: of many partners, and of one."""

from collections import defaultdict
from typing import NamedTuple

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import as_columns, environment, median

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import AllocationScope

USUAL_ITEMS = 20  # of a partner, where there are many partners
BATCH_ITEMS = 500
WARM_UP_PARTNERS = 5
# A single small partner would measure the clock: so many items of partners of this size, one call for each partner.
ITEMS_AT_LEAST = 1_000
# open items in all; open items of one partner; repetitions
SIZES = {
    "quick": ((500, 2_000), (10, 300), 1),
    "default": ((1_000, 5_000, 20_000), (10, 100, 1_000, 5_000), 3),
    "full": ((1_000, 10_000, 50_000, 200_000), (10, 100, 1_000, 10_000), 3),
}


class Case(NamedTuple):
    kind: str
    size: int
    partner_ids: range
    partners_per_call: int
    open_items: int


def make_cases(env, seed, totals, sizes):
    """Ledgers of all sizes in one database; tables are of the same size for all.

    :return: ``(ids of partners to warm up with, list of Case)``
    """
    warm_up = make_ledger(env, LedgerSpec(WARM_UP_PARTNERS, USUAL_ITEMS), seed)
    cases = []
    for total in totals:
        made = make_ledger(env, LedgerSpec(total // USUAL_ITEMS, USUAL_ITEMS), seed)
        cases.append(Case("many partners", total, made.partner_ids, BATCH_ITEMS // USUAL_ITEMS, total))
    for size in sizes:
        partners = max(1, ITEMS_AT_LEAST // size)
        made = make_ledger(env, LedgerSpec(partners, size), seed)
        cases.append(Case("one partner", size, made.partner_ids, 1, partners * size))
    return warm_up.partner_ids, cases


def allocate(database, partner_ids, partners_per_call):
    """Quietly, a transaction for each batch of partners, as a run does.

    :return: number of pairs
    """
    pairs = 0
    for start in range(0, len(partner_ids), partners_per_call):
        with environment(database) as env:
            ids = tuple(partner_ids[start : start + partners_per_call])
            scope = AllocationScope(tuple(env.companies.ids), partner_ids=ids)
            outcome = env["account.credit.allocation.executor"]._allocate(scope, "run", quiet=True)
            pairs += len(outcome.executed)
    return pairs


def measure_case(meter, warm_up, case):
    """:return: ``(Figures, number of pairs)``"""
    allocate(meter.database, warm_up, 1)
    return meter.measure(lambda: allocate(meter.database, case.partner_ids, case.partners_per_call))


def run(bench):
    """:return: rows for ``scaling.csv``, each size with its cost of an item, and its ratio to the smallest size, and to
    the cheapest: what each call costs by itself makes the items of a small partner dear"""
    totals, sizes, repetitions = SIZES[bench.size]
    database, (warm_up, cases) = bench.make_database("scaling", make_cases, bench.seed, totals, sizes)
    measured, pairs = defaultdict(list), {}
    for _ in range(repetitions):
        for case in cases:
            figures, pairs[case] = bench.in_copy(database, measure_case, warm_up, case)
            measured[case].append(figures)
            print(f"  {case.kind}, {case.size} items: {1000 * figures.cpu / case.open_items:.2f} ms each", flush=True)
    each = {case: median(measured[case]).cpu / case.open_items for case in cases}
    by_kind = {kind: [each[case] for case in cases if case.kind == kind] for kind in ("many partners", "one partner")}
    return [
        {
            "kind": case.kind,
            "size": case.size,
            "open_items": case.open_items,
            "pairs": pairs[case],
            "repetitions": repetitions,
            **as_columns(median(measured[case]), case.open_items),
            "each_to_smallest": f"{each[case] / by_kind[case.kind][0]:.3f}",
            "each_to_cheapest": f"{each[case] / min(by_kind[case.kind]):.3f}",
        }
        for case in cases
    ]
