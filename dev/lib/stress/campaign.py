"""Many processes at one database, some of them killed at random: nothing may be lost, doubled, or left half-done.

    python dev/lib/stress/campaign.py --seconds 60 --seed 1 -- -d DATABASE --addons-path=…

The database has Odoo's demo data and this addon; it is worn out afterwards. Prints what happened, and exits with 1 if
anything did not hold. The same seed makes the same ledger, the same choices of each process and the same kills; what
comes of it is up to the machine, as in life.
"""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import NamedTuple

import customers
import psycopg2
import worker
from faults import FAULTS
from verify import find_blind_spots, find_violations

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config

CREW = {"poster": 2, "payer": 1, "allocator": 2, "bulk": 1, "undoer": 1, "checker": 1}
POSTING = ("poster", "payer")
EVENTS = {"kill": 45, "terminate": 35, "cut": 15, "no exchange journal": 5}
# A user who posts may wait for a batch that holds the invoice, and gives way natively; longer than this is too long.
LONGEST_LOCK_WAIT = 10.0


class Setting(NamedTuple):
    database: str
    folder: Path
    uid: int
    company_id: int
    customers: list
    poisoned: dict  # {kind: partner ids}
    euro_id: int


class Campaign:
    """The processes at work, and what is done to them. Has a connection of its own, outside of Odoo's pool."""

    def __init__(self, setting, seed):
        self.setting, self.random, self.seed = setting, Random(seed), seed
        self.events, self.longest_wait, self.crew = Counter(), 0.0, {}
        self.connection = psycopg2.connect(dbname=setting.database, application_name="campaign")
        self.connection.autocommit = True
        self.journal_id = self.ask("SELECT currency_exchange_journal_id FROM res_company WHERE id = %s", self.company)[
            0
        ][0]
        self.deadlocks = self.count_deadlocks()

    @property
    def company(self):
        return self.setting.company_id

    def ask(self, query, *params):
        with self.connection.cursor() as cursor:
            cursor.execute(query, params)
            return cursor.fetchall() if cursor.description else []

    def count_deadlocks(self):
        return self.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]

    # --- the crew -----------------------------------------------------------------------------------------------------

    def hire(self, role):
        self.seed += 1
        self.crew[worker.start(role, self.seed, self.setting)] = role

    def replace_dead(self):
        """Whoever died is followed by another one in the same role."""
        for pid, role in list(self.crew.items()):
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self.crew[pid]
                self.hire(role)

    def dismiss(self, seconds=60):
        """Let everybody finish what they are at.

        :return: roles of those who had to be killed
        """
        for pid in self.crew:
            os.kill(pid, signal.SIGTERM)
        end, stuck = time.monotonic() + seconds, []
        while self.crew:
            for pid in [pid for pid in self.crew if os.waitpid(pid, os.WNOHANG)[0]]:
                del self.crew[pid]
            if time.monotonic() > end:
                for pid, role in self.crew.items():
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    stuck.append(role)
                self.crew.clear()
            time.sleep(0.1)
        return stuck

    # --- what happens to them -----------------------------------------------------------------------------------------

    def rage(self, seconds, pause):
        """Everybody works, and something breaks every ``pause`` seconds on average."""
        for role, number in CREW.items():
            for _ in range(number):
                self.hire(role)
        end = time.monotonic() + seconds
        next_event = time.monotonic() + 2
        while time.monotonic() < end:
            self.measure_waits()
            self.replace_dead()
            if time.monotonic() > next_event:
                [event] = self.random.choices(list(EVENTS), EVENTS.values())
                self.break_something(event)
                next_event = time.monotonic() + self.random.expovariate(1 / pause)
            time.sleep(0.05)
        self.restore_journal()

    def break_something(self, event):
        self.restore_journal()
        if event == "no exchange journal":
            self.ask("UPDATE res_company SET currency_exchange_journal_id = NULL WHERE id = %s", self.company)
        elif event == "terminate":
            backends = self.ask(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
                " AND state != 'idle' ORDER BY pid"
            )
            if not backends:
                return
            self.ask("SELECT pg_terminate_backend(%s)", self.random.choice(backends)[0])
        else:
            pid = self.random.choice([pid for pid, role in self.crew.items() if role != "checker"])
            os.kill(pid, signal.SIGKILL if event == "kill" else signal.SIGUSR1)
        self.events[event] += 1

    def restore_journal(self):
        self.ask(
            "UPDATE res_company SET currency_exchange_journal_id = %s"
            " WHERE id = %s AND currency_exchange_journal_id IS NULL",
            self.journal_id,
            self.company,
        )

    def measure_waits(self):
        """How long those who post have been waiting for a lock."""
        [[seconds]] = self.ask(
            "SELECT EXTRACT(epoch FROM MAX(clock_timestamp() - query_start)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND application_name ~ %s",
            f"^({'|'.join(POSTING)})-",
        )
        self.longest_wait = max(self.longest_wait, float(seconds or 0))

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def finish_runs(self, patience=90):
        """Let two workers finish every run that is under way, however often they die.

        :param patience: seconds without any progress after which this is given up
        :return: whether they are finished
        """
        for _ in range(2):
            self.hire("drainer")
        progress, end = None, 0
        while running := self.ask("SELECT 1 FROM account_credit_allocation_run WHERE state = 'running' LIMIT 1"):
            self.replace_dead()
            latest = self.ask(
                "SELECT state, SUM(tries), COUNT(*) FROM account_credit_allocation_run_partner GROUP BY 1"
            )
            if sorted(latest) != progress:
                progress, end = sorted(latest), time.monotonic() + patience
            if time.monotonic() > end:
                break
            time.sleep(0.2)
        self.dismiss()
        return not running

    def in_odoo(self, function, *, uid=SUPERUSER_ID):
        """Call ``function(env)`` in a transaction of its own."""
        registry = Registry(self.setting.database)
        registry.check_signaling()
        with registry.cursor() as cr:
            return function(api.Environment(cr, uid, {"allowed_company_ids": [self.company]}))

    def run_everything(self, partner_ids=()):
        """Start a run, and see it through.

        :param partner_ids: limit it to these
        :return: the run's id
        """

        def start(env):
            scope = {"partner_scope": "partners", "partner_ids": [(6, 0, list(partner_ids))]} if partner_ids else {}
            run = env["account.credit.allocation.run"].create({"quiet": True, **scope})
            run.action_start()
            return run.id

        run_id = self.in_odoo(start, uid=self.setting.uid)
        self.finish_runs()
        return run_id


def make_setting(database, folder, partners, seed):
    """Prepare the company, its customers and those of them who are poisoned; committed."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        company = env.ref("base.main_company")
        company.credit_allocation_cross_currency = True
        admin = env.ref("base.user_admin")
        admin.company_ids |= company
        env["ir.cron"].search([]).active = False  # the allocators are the scheduler
        euro = env.ref("base.EUR") if company.currency_id.name != "EUR" else env.ref("base.USD")
        euro.active = True
        euro.rate_ids.unlink()
        for day, rate in (("2025-01-01", 0.9), ("2025-05-01", 0.8), ("2025-09-01", 1.1)):
            env["res.currency.rate"].create(
                {"currency_id": euro.id, "name": day, "rate": rate, "company_id": company.id}
            )
        env = env(context={"allowed_company_ids": company.ids})
        healthy = customers.make_customers(env, partners, 6, seed)
        poisoned = {kind: customers.make_customers(env, 1, 4, seed + 1) for kind in ("raise", "die")}
        for kind, partner_ids in poisoned.items():
            customers.poison(cr, partner_ids, kind)
        return Setting(database, folder, admin.id, company.id, healthy, poisoned, euro.id)


def shrink_batches():
    """Many small batches, tried again soon: more happens in a minute."""
    from odoo.addons.account_credit_allocation.models.run import account_credit_allocation_run_partner as work_list

    work_list.ITEMS_PER_BATCH = 40
    work_list.DELAYS = (1, 1, 2, 2)


class Verdict:
    """Everything that must hold, and whether it does."""

    def __init__(self):
        self.passed, self.failed = [], []

    def add(self, name, holds, details=""):
        (self.passed if holds else self.failed).append(f"{name}{f': {details}' if details and not holds else ''}")

    def add_violations(self, violations):
        for name, rows in violations.items():
            self.add(name, not rows, rows)


def read_journals(folder):
    return [
        json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines() if line
    ]


def judge(campaign, verdict):
    """Finish what was begun, then see what holds."""
    setting = campaign.setting
    posted = [move_id for entry in read_journals(setting.folder) for move_id in entry.get("posted") or ()]
    verdict.add("runs that were interrupted come to their end", campaign.finish_runs())
    run_id = campaign.run_everything()
    states = dict(
        campaign.ask("SELECT partner_id, state FROM account_credit_allocation_run_partner WHERE run_id = %s", run_id)
    )
    poisoned = [partner_id for ids in setting.poisoned.values() for partner_id in ids]
    healthy = {partner_id: state for partner_id, state in states.items() if partner_id not in poisoned}
    verdict.add("healthy partners are done", set(healthy.values()) <= {"done"}, healthy)
    verdict.add(
        "poisoned partners are named", {states.get(partner_id) for partner_id in poisoned} == {"failed"}, states
    )
    verdict.add_violations(campaign.in_odoo(lambda env: find_violations(env, campaign.company, posted)))
    campaign.in_odoo(lambda env: customers.cure(env.cr))
    campaign.in_odoo(lambda env: env["account.credit.allocation.run"].browse(run_id).action_retry(), uid=setting.uid)
    verdict.add(
        "a retry does the rest",
        campaign.finish_runs()
        and not campaign.ask(
            "SELECT 1 FROM account_credit_allocation_run_partner WHERE run_id = %s AND state != 'done'", run_id
        ),
    )
    again = campaign.run_everything()
    verdict.add(
        "nothing is left to do",
        not campaign.ask("SELECT 1 FROM account_credit_allocation WHERE run_id = %s AND state = 'done'", again),
    )


def report(campaign, verdict, seconds):
    entries = read_journals(campaign.setting.folder)
    what = Counter()
    for entry in entries:
        what[entry["what"]] += entry.get("count", 1)
    waits = sorted(entry["seconds"] for entry in entries if entry["role"] in POSTING and "seconds" in entry)
    figures = {
        "seconds": round(seconds),
        "processes killed": campaign.events["kill"],
        "backends terminated": campaign.events["terminate"],
        "connections cut": campaign.events["cut"],
        "exchange journal removed": campaign.events["no exchange journal"],
        "documents posted": what["posted"] + what["paid"],
        "runs": campaign.ask("SELECT COUNT(*) FROM account_credit_allocation_run")[0][0],
        "allocations": campaign.ask("SELECT COUNT(*) FROM account_credit_allocation_line WHERE state != 'planned'")[0][
            0
        ],
        "taken back": what["undone"] + what["removed by hand"],
        "serialization failures": what["serialization failures"],
        "requests tried again": sum(entry.get("attempts", 1) > 1 for entry in entries),
        "requests given up": what["gave up"],
        "requests refused": what["refused"],
        "lock timeouts": what["lock timeouts"],
        "deadlocks": campaign.count_deadlocks() - campaign.deadlocks,
        "partners put off": campaign.ask(
            "SELECT COALESCE(SUM(tries - 1), 0) FROM account_credit_allocation_run_partner WHERE tries > 1"
        )[0][0],
        "checks meanwhile": what["checked"] + what["violation"],
        "longest lock wait of those who post": f"{campaign.longest_wait:.1f} s",
        "their requests, half / 99 % / longest": " / ".join(
            f"{waits[min(int(len(waits) * share), len(waits) - 1)]:.1f} s" for share in (0.5, 0.99, 1.0)
        )
        if waits
        else "",
        "violations": len(verdict.failed),
    }
    for name, value in figures.items():
        print(f"{name:42}{value}")
    for entry in entries:
        if entry["what"] == "unexpected error":
            print("unexpected:", entry["role"], entry["message"][:300])
    for text in verdict.failed:
        print("VIOLATION", text)
    return figures, what


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partners", type=int, default=30)
    parser.add_argument("--pause", type=float, default=1.5, help="seconds until the next thing breaks, on average")
    parser.add_argument("--crowd", type=int, default=1000, help="partners of whom one is poisoned; 0 for none")
    parser.add_argument("--tally", help="add a line for dev/lib/report.py to this file")
    parser.add_argument("odoo_options", nargs="+", metavar="-- ODOO OPTIONS")
    options = parser.parse_args()
    config.parse_config(options.odoo_options, setup_logging=True)
    logging.getLogger("odoo.sql_db").setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="stress-"))
    started = time.monotonic()
    shrink_batches()
    setting = make_setting(config["db_name"][0], folder, options.partners, options.seed)
    sql_db.close_all()
    verdict = Verdict()
    campaign = Campaign(setting, options.seed * 1_000_000)
    blind = campaign.in_odoo(lambda env: find_blind_spots(env, campaign.company))
    verdict.add("the verifier sees damage", not blind, blind)
    campaign.rage(options.seconds, options.pause)
    verdict.add("everybody stops when told to", not (stuck := campaign.dismiss()), stuck)
    judge(campaign, verdict)
    for name, fault in FAULTS.items() if options.crowd else ():
        fault(campaign, verdict, name, options.crowd)
    verdict.add_violations(campaign.in_odoo(lambda env: find_violations(env, campaign.company)))
    entries = read_journals(folder)
    verdict.add("sound at every moment", not any(entry["what"] == "violation" for entry in entries))
    unexpected = {entry["message"] for entry in entries if entry["what"] == "unexpected error"}
    verdict.add("no request fails in an unexpected way", not unexpected, unexpected)
    verdict.add("nobody waits long", campaign.longest_wait < LONGEST_LOCK_WAIT, campaign.longest_wait)
    report(campaign, verdict, time.monotonic() - started)
    print(f"{len(verdict.passed)} held, {len(verdict.failed)} did not")
    if options.tally:
        with open(options.tally, "a") as out:
            out.write(f"stress {len(verdict.passed)} {len(verdict.failed)} 0\n")
    shutil.rmtree(folder)
    sys.exit(bool(verdict.failed))


if __name__ == "__main__":
    main()
