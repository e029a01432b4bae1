"""How many SQL queries the allocation on post makes for each payment, when 1, 100 or 1000 are posted in one call."""

from measure import BenchmarkError, as_columns, environment

COUNTS = {"quick": (1, 20), "default": (1, 100), "full": (1, 100, 1000)}
PARTNERS = 100


def make_documents(env, count):
    """An invoice and a draft payment of the same amount for each of ``count``, spread over up to 100 customers.

    :return: ids of the payments
    """
    partners = env["res.partner"].create([{"name": f"Customer {index}"} for index in range(min(count, PARTNERS))])
    invoices = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": partners[index % len(partners)].id,
                "invoice_date": "2024-03-01",
                "invoice_line_ids": [(0, 0, {"name": "Work", "price_unit": 10 + index, "tax_ids": [(5,)]})],
            }
            for index in range(count)
        ]
    )
    invoices.action_post()
    payments = env["account.payment"].create(
        [
            {
                "partner_id": partners[index % len(partners)].id,
                "payment_type": "inbound",
                "amount": 10 + index,
                "date": "2024-03-15",
            }
            for index in range(count)
        ]
    )
    return payments.ids


def measure_posting(meter, counts):
    """:return: ``{number of payments: (Figures of the posting, Figures of the allocation)}``"""

    def make(count):
        with environment(meter.database) as env:
            return make_documents(env, count)

    def post(ids):
        with environment(meter.database) as env:
            env["account.payment"].browse(ids).with_context(skip_credit_allocation=True).action_post()

    def allocate(ids):
        with environment(meter.database) as env:
            env["account.credit.allocation.trigger"]._allocate_opened(
                env["account.payment"].browse(ids).move_id.line_ids
            )

    warm_up = make(2)
    post(warm_up)
    allocate(warm_up)
    measured = {}
    for count in counts:
        ids = make(count)
        posting, _done = meter.measure(lambda ids=ids: post(ids))
        allocating, _done = meter.measure(lambda ids=ids: allocate(ids))
        with environment(meter.database) as env:
            items = env["account.payment"].browse(ids).move_id.line_ids
            if not all(line.reconciled for line in items if line.account_type == "asset_receivable"):
                raise BenchmarkError("Not every payment was allocated: the figures mean nothing.")
        measured[count] = posting, allocating
    return measured


def run(bench):
    """:return: rows for ``on_post_queries.csv``"""
    measured = bench.in_copy(bench.base, measure_posting, COUNTS[bench.size])
    return [
        {
            "payments": count,
            "work": work,
            **as_columns(figures, count),
            "cpu_to_posting": f"{figures.cpu / posting.cpu:.3f}",
        }
        for count, (posting, allocating) in measured.items()
        for work, figures in (("posting", posting), ("allocating", allocating))
    ]
