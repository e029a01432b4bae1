"""One run with one worker and with two of OCA's job runner, in a server with so many HTTP workers.

Needs the addon for ``queue_job`` in the database; Odoo's scheduler then leaves the batches alone.
"""

import os
import sys

from measure import environment
from workers import count_pairs, measure_ways, start_run

from odoo.addons.account_credit_allocation_queue_job.tests.job_server import JobServer

PATIENCE = 1800  # seconds for a run


def queue_workers(meter, workers):
    """:return: ``(wall seconds, pairs)`` of a run, from the first job's start to the last one's end"""
    sys.argv[0] = os.environ["ODOO_BIN"]  # what the server is started with
    run_id = start_run(meter.database)

    def is_done():
        with environment(meter.database) as env:
            return env["account.credit.allocation.run"].browse(run_id).state == "done"

    with JobServer(meter.database, workers=workers, capacity=workers) as server:
        server.wait_until(is_done, PATIENCE, "The run")
    with environment(meter.database) as env:
        env.cr.execute("SELECT EXTRACT(EPOCH FROM MAX(date_done) - MIN(date_started)) FROM queue_job")
        [seconds] = env.cr.fetchone()
    return float(seconds), count_pairs(meter.database, run_id)


def run(bench):
    """:return: rows for ``queue_workers.csv``"""
    return measure_ways(bench, "queue_job", queue_workers)
