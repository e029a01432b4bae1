"""How many SQL queries the allocation on post makes for each payment, when 1, 100 or 1000 are posted in one call.

Run through ``odoo shell`` on a database that has the addon; everything is rolled back. Prints CSV.
"""

# ruff: noqa: F821  (env comes from the shell)
import csv
import sys
import time

from odoo.addons.account_credit_allocation.models.open_item_reader import AllocationScope

COUNTS = (1, 100, 1000)
PARTNERS = 100


def make_documents(count):
    """An invoice and a draft payment of the same amount for each of ``count``, spread over up to 100 customers."""
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
    return env["account.payment"].create(
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


def measure(work):
    env.flush_all()
    queries, start = env.cr.sql_log_count, time.process_time()
    work()
    env.flush_all()
    return env.cr.sql_log_count - queries, time.process_time() - start


def main():
    writer = csv.writer(sys.stdout)
    writer.writerow(
        ["payments", "posting: queries each", "allocating: queries each", "allocating: CPU of Python to posting's"]
    )
    for count in COUNTS:
        payments = make_documents(count)
        posting, posting_cpu = measure(payments.action_post)
        env.invalidate_all()
        scope = AllocationScope(
            company_ids=tuple(env.company.ids), partner_ids=tuple(payments.partner_id.commercial_partner_id.ids)
        )
        allocating, allocating_cpu = measure(
            lambda scope=scope: env["account.credit.allocation.executor"]._allocate(scope, "on_post")
        )
        if not all(line.reconciled for line in payments.move_id.line_ids if line.account_type == "asset_receivable"):
            sys.exit("Not every payment was allocated: the figures mean nothing.")
        writer.writerow(
            [count, f"{posting / count:.1f}", f"{allocating / count:.1f}", f"{allocating_cpu / posting_cpu:.2f}"]
        )
        sys.stdout.flush()
        env.cr.rollback()


main()
