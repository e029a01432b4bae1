"""Posting payments when there is nothing to allocate, with and without allocation on post, whatever the history.

Allocation on post runs after the commit, in a transaction of its own: so these are real commits. The customers have
settled invoices and payments, and open payments, but nothing that a payment could settle.
"""

from collections import defaultdict
from itertools import product
from typing import NamedTuple

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import BenchmarkError, as_columns, environment, median

ON_ACCOUNT = {"on_account": 1}
# closed items, open items, payments posted at once, postings of each kind
SIZES = {
    "quick": ((0, 1_000), (0, 100), (1, 50), {1: 6, 50: 1}),
    "default": ((0, 100_000), (0, 10_000), (1, 1_000), {1: 20, 1_000: 1}),
    "full": ((0, 1_000, 100_000), (0, 100, 10_000), (1, 1_000), {1: 40, 1_000: 3}),
}
WITHOUT, WITH = "without allocation", "with allocation"


class Customer(NamedTuple):
    partner_id: int
    closed_items: int
    open_items: int


def make_customers(env, seed, closed_counts, open_counts):
    """A customer for each history, and one to warm up with."""
    if not env.company.credit_allocation_receivable:
        raise BenchmarkError("Allocation on post is off for customers.")
    customers = [Customer(make_ledger(env, LedgerSpec(1, 20, 20), seed).partner_ids[0], 20, 20)]
    for closed_items, open_items in product(closed_counts, open_counts):
        spec = LedgerSpec(1, open_items, closed_items, shares=ON_ACCOUNT)
        customers.append(Customer(make_ledger(env, spec, seed).partner_ids[0], closed_items, open_items))
    return customers


def create_payments(database, customer, count):
    """Drafts.

    :return: their ids
    """
    vals = {
        "partner_id": customer.partner_id,
        "payment_type": "inbound",
        "partner_type": "customer",
        "amount": 123.45,
        "date": "2024-12-15",
    }
    with environment(database) as env:
        return env["account.payment"].create([dict(vals) for _ in range(count)]).ids


def post(database, payment_ids, way):
    with environment(database) as env:
        payments = env["account.payment"].browse(payment_ids)
        payments.with_context(skip_credit_allocation=way == WITHOUT).action_post()


def measure_customer(meter, warm_up, customer, count, repetitions):
    """:return: ``{way: list of Figures}``"""
    measured = defaultdict(list)
    for number in range(repetitions + 1):
        for way in (WITHOUT, WITH):
            if not number:  # the first posting of a process is never like the others
                post(meter.database, create_payments(meter.database, warm_up, 1), way)
                post(meter.database, create_payments(meter.database, customer, 1), way)
                continue
            payment_ids = create_payments(meter.database, customer, count)
            figures, _done = meter.measure(lambda ids=payment_ids, way=way: post(meter.database, ids, way))
            measured[way].append(figures)
    with environment(meter.database) as env:
        if env["account.credit.allocation.line"].search_count([("partner_id", "=", customer.partner_id)]):
            raise BenchmarkError("Something was allocated, though there was nothing to allocate.")
    return dict(measured)


def run(bench):
    """:return: rows for ``on_post.csv``"""
    closed_counts, open_counts, counts, repetitions = SIZES[bench.size]
    database, (warm_up, *customers) = bench.make_database(
        "on_post", make_customers, bench.seed, closed_counts, open_counts
    )
    rows = []
    for count, customer in product(counts, customers):
        measured = bench.in_copy(database, measure_customer, warm_up, customer, count, repetitions[count])
        medians = {way: median(figures) for way, figures in measured.items()}
        ratio = medians[WITH].cpu / medians[WITHOUT].cpu
        print(
            f"  {count} payments, {customer.closed_items} closed, {customer.open_items} open: {ratio:.2f} times",
            flush=True,
        )
        rows += [
            {
                "payments": count,
                "closed_items": customer.closed_items,
                "open_items": customer.open_items,
                "way": way,
                "repetitions": repetitions[count],
                **as_columns(figures, count),
                "cpu_to_without": f"{figures.cpu / medians[WITHOUT].cpu:.3f}",
            }
            for way, figures in medians.items()
        ]
    return rows
