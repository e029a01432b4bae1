"""Bulk allocation of one ledger, by Odoo's own means and by this addon, the same pairs everywhere."""

from collections import defaultdict
from typing import NamedTuple

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import BenchmarkError, as_columns, environment, median
from raw_sql import write_by_sql

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import AllocationScope

WARM_UP = 3  # partners
# customers, open items and settled items of each, repetitions
SIZES = {"quick": (25, 20, 20, 1), "default": (100, 20, 20, 3), "full": (500, 20, 20, 3)}


class PlannedPair(NamedTuple):
    """Ids of a debt and a credit item; what is settled, in cents."""

    debt: int
    credit: int
    amount: int


def plan_pairs(env, partner_ids):
    """The pairs that this addon would make, in its order."""
    planner = env["account.credit.allocation.planner"]
    scope = AllocationScope(tuple(env.companies.ids), partner_ids=tuple(partner_ids))
    return [
        PlannedPair(match.debt.id, match.credit.id, match.amount)
        for _group, plan in planner._plan(scope)
        for match in plan.matches
    ]


# ----------------------------------------------------------------------------------------------------------------------
# The ways
# ----------------------------------------------------------------------------------------------------------------------


def naive_loop(env, partner_ids, pairs):
    """What one writes first: for each invoice search the credits of its customer, and reconcile pair by pair."""
    Line = env["account.move.line"]
    debt = Line
    for pair in pairs:
        if debt.id != pair.debt:
            debt = Line.browse(pair.debt)
            outstanding = Line.search(
                [
                    ("account_id", "=", debt.account_id.id),
                    ("partner_id", "=", debt.partner_id.id),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("balance", "<", 0),
                ]
            )
        (debt + outstanding.browse(pair.credit)).reconcile()


def by_partner(env, partner_ids, pairs):
    """Odoo's own: all open items of a customer in one ``reconcile()``; Odoo chooses the pairs."""
    Line = env["account.move.line"]
    items = Line.search(
        [
            ("account_type", "=", "asset_receivable"),
            ("partner_id", "in", list(partner_ids)),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
        ]
    )
    for lines in items.grouped("partner_id").values():
        lines.reconcile()


def native_floor(env, partner_ids, pairs):
    """One native call over exactly our pairs, nothing else."""
    Line = env["account.move.line"]
    Line._reconcile_plan([Line.browse((pair.debt, pair.credit)) for pair in pairs])


def native_floor_quiet(env, partner_ids, pairs):
    """The same, with the context keys that skip what reconciliation does not need and the tracking messages."""
    env = env(context=dict(env.context, skip_invoice_sync=True, mail_notrack=True))
    native_floor(env, partner_ids, pairs)
    env.flush_all()


def raw_sql(env, partner_ids, pairs):
    """The same final state, written by SQL alone: no more than a floor to compare with."""
    write_by_sql(env, pairs)


def ours(env, partner_ids, pairs, *, quiet=False):
    """Read, plan, lock, check, reconcile, check, record."""
    env["account.credit.allocation.executor"]._allocate(
        AllocationScope(tuple(env.companies.ids), partner_ids=tuple(partner_ids)), "bulk", quiet=quiet
    )


def ours_quiet(env, partner_ids, pairs):
    ours(env, partner_ids, pairs, quiet=True)


WAYS = {
    "naive loop": naive_loop,
    "native, by partner": by_partner,
    "native floor": native_floor,
    "native floor, quiet": native_floor_quiet,
    "raw SQL": raw_sql,
    "ours": ours,
    "ours, quiet": ours_quiet,
}
FLOOR = "native floor"
OWN_PAIRS = {"native, by partner"}


# ----------------------------------------------------------------------------------------------------------------------
# Measuring
# ----------------------------------------------------------------------------------------------------------------------


def measure_way(meter, way, partner_ids):
    """:return: ``(Figures, number of pairs written, state afterwards)``"""
    allocate_by = WAYS[way]

    def allocate(ids, pairs):
        with environment(meter.database) as env:
            allocate_by(env, ids, pairs)

    def get_pairs(ids):
        with environment(meter.database) as env:
            return plan_pairs(env, ids)

    warm_up = partner_ids[:WARM_UP]
    allocate(warm_up, get_pairs(warm_up))
    measured = partner_ids[WARM_UP:]
    pairs = get_pairs(measured)
    with environment(meter.database) as env:
        before = count_partials(env.cr)
    figures, _done = meter.measure(lambda: allocate(measured, pairs))
    with environment(meter.database) as env:
        return figures, count_partials(env.cr) - before, read_state(env.cr, measured)


def count_partials(cr):
    cr.execute("SELECT COUNT(*) FROM account_partial_reconcile")
    return cr.fetchone()[0]


class State(NamedTuple):
    """What is open of each partner, and a digest of all that reconciliation changes, independent of ids."""

    residuals: dict
    digest: str


def read_state(cr, partner_ids):
    ids = list(partner_ids)
    cr.execute(
        """SELECT partner_id, SUM(amount_residual) FROM account_move_line
            WHERE partner_id = ANY(%s) GROUP BY partner_id""",
        [ids],
    )
    residuals = dict(cr.fetchall())
    cr.execute(
        """WITH component AS (
               SELECT matching_number, MIN(id) AS first_id FROM account_move_line
                WHERE partner_id = ANY(%(ids)s) GROUP BY matching_number
           )
           SELECT MD5(STRING_AGG(CONCAT_WS(',', line.id, ROUND(line.amount_residual, 2), line.reconciled,
                                           component.first_id,
                                           LEFT(line.matching_number, 1) = 'P', line.full_reconcile_id IS NOT NULL,
                                           move.payment_state, ROUND(move.amount_residual, 2),
                                           ROUND(move.amount_residual_signed, 2),
                                           payment.state, payment.is_reconciled), ';' ORDER BY line.id))
             FROM account_move_line line
             JOIN account_move move ON move.id = line.move_id
        LEFT JOIN account_payment payment ON payment.id = line.payment_id
        LEFT JOIN component ON component.matching_number = line.matching_number
            WHERE line.partner_id = ANY(%(ids)s)""",
        {"ids": ids},
    )
    return State(residuals, cr.fetchone()[0])


def check_same(states):
    """All ways must leave the same open of each partner; those with the same pairs the same of each item."""
    floor = states[FLOOR]
    for way, state in states.items():
        if state.residuals != floor.residuals:
            raise BenchmarkError(f"{way}: another amount is left open than after {FLOOR}.")
        if way not in OWN_PAIRS and state.digest != floor.digest:
            raise BenchmarkError(f"{way}: the books differ from those after {FLOOR}.")


def run(bench):
    """:return: rows for ``bulk.csv``, each way with its ratio to the native floor"""
    partners, open_items, closed_items, repetitions = SIZES[bench.size]
    spec = LedgerSpec(partners + WARM_UP, open_items, closed_items)
    database, ledger = bench.make_database("bulk", make_ledger, spec, bench.seed)
    measured, states, pairs = defaultdict(list), {}, {}
    for number in range(repetitions):
        for way in WAYS:
            if way == "naive loop" and number:
                continue  # twenty times as long as the others: its noise is a smaller part of it
            figures, pairs[way], states[way] = bench.in_copy(database, measure_way, way, ledger.partner_ids)
            measured[way].append(figures)
            print(f"  {way}: {figures.cpu:.2f} s for {pairs[way]} pairs", flush=True)
    check_same(states)
    floor = median(measured[FLOOR])
    return [
        {
            "way": way,
            "open_items": partners * open_items,
            "pairs": pairs[way],
            "repetitions": len(figures),
            **as_columns(median(figures), pairs[way]),
            "cpu_to_native_floor": f"{median(figures).cpu / floor.cpu:.3f}",
        }
        for way, figures in measured.items()
    ]
