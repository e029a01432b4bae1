"""One run with one worker and with two: processes that take batches as Odoo's scheduler does.

Here it is the wall time that counts, so these figures need a machine that has nothing else to do, and a core for each
worker and its PostgreSQL process.
"""

import multiprocessing
import statistics
import time
from collections import defaultdict

from ledger import make_ledger
from ledger_documents import LedgerSpec
from measure import BenchmarkError, environment

import odoo.sql_db

OPEN_ITEMS = 20  # of each partner
# partners, repetitions
SIZES = {"quick": (100, 1), "default": (500, 2), "full": (2_000, 3)}
WORKERS = (1, 2)
PAUSE = 0.05  # seconds


def start_run(database):
    """:return: id of a quiet run over all customers, whose batches wait for workers"""
    with environment(database) as env:
        run = env["account.credit.allocation.run"].create({"in_background": True, "quiet": True})
        run.action_start()
        return run.id


def count_pairs(database, run_id):
    with environment(database) as env:
        run = env["account.credit.allocation.run"].browse(run_id)
        if run.state != "done" or run.failed_count:
            raise BenchmarkError(f"The run is {run.state}, with {run.failed_count} failed partners.")
        return run.allocated_count


def work(database, run_id, barrier):
    """What a worker of Odoo's scheduler does, until nothing is pending."""
    odoo.sql_db.close_all()
    with environment(database) as env:
        runs, queue = env["account.credit.allocation.run"], env["account.credit.allocation.run.queue"]
        queue._find_due_batch()  # the registry's first steps
        barrier.wait()
        while runs.browse(run_id).state == "running":
            if found := queue._find_due_batch():
                run, batch = found
                run._process_batch(batch)
            else:  # put off, or in the other worker's hands
                time.sleep(PAUSE)
            env.cr.rollback()  # a new snapshot
            env.invalidate_all()


def scheduler_workers(meter, workers):
    """:return: ``(wall seconds, pairs)`` of a run by processes that take batches as Odoo's scheduler does"""
    run_id = start_run(meter.database)
    odoo.sql_db.close_all()
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(workers + 1)
    processes = [context.Process(target=work, args=(meter.database, run_id, barrier)) for _ in range(workers)]
    for process in processes:
        process.start()
    barrier.wait()
    start = time.perf_counter()
    for process in processes:
        process.join()
    return time.perf_counter() - start, count_pairs(meter.database, run_id)


def measure_ways(bench, name, way):
    """Measure one run with each number of workers.

    :param way: ``way(meter, workers)`` returns wall seconds and the number of pairs
    :return: rows for a CSV file
    """
    partners, repetitions = SIZES[bench.size]
    database, ledger = bench.make_database("workers", make_ledger, LedgerSpec(partners, OPEN_ITEMS), bench.seed)
    seconds, pairs = defaultdict(list), {}
    for _ in range(repetitions):
        for workers in WORKERS:
            wall, pairs[workers] = bench.in_copy(database, way, workers)
            seconds[workers].append(wall)
            print(f"  {name}, {workers} workers: {wall:.1f} s", flush=True)
    bench.drop_database(database)
    medians = {workers: statistics.median(walls) for workers, walls in seconds.items()}
    return [
        {
            "way": name,
            "workers": workers,
            "open_items": ledger.open_debts + ledger.open_credits,
            "pairs": pairs[workers],
            "repetitions": repetitions,
            "wall_s": f"{wall:.2f}",
            "pairs_per_second": f"{pairs[workers] / wall:.1f}",
            "speed_to_one_worker": f"{medians[1] / wall:.3f}",
        }
        for workers, wall in medians.items()
    ]


def run(bench):
    """:return: rows for ``workers.csv``"""
    return measure_ways(bench, "scheduler", scheduler_workers)
