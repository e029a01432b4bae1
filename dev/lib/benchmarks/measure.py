"""How everything is measured: processor time of Python and of PostgreSQL, in processes and databases of their own.

Wall time on a machine with other work says little. What is compared is processor time, and only of measurements that
were made alternately in the same run; a figure is the median of its repetitions.

A database is made once and copied for each measurement. A child process takes the registry over from its parent, ready
to work, and ends afterwards, so that no measurement finds what another one left in memory.
"""

import csv
import gc
import multiprocessing
import os
import statistics
import subprocess
import time
import traceback
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg2

import odoo.sql_db
from odoo import api
from odoo.modules.registry import Registry

MEGABYTE = 1024 * 1024


class Figures(NamedTuple):
    """What some work took: seconds of processor time of each process, seconds that passed, SQL queries, and the most
    memory that the Python process held meanwhile, in megabytes."""

    python: float
    postgres: float
    wall: float
    queries: int
    peak_mb: float

    @property
    def cpu(self):
        return self.python + self.postgres


class BenchmarkError(Exception):
    """A measurement did not do what it was meant to; its figures would mean nothing."""


def median(figures):
    """The median of each figure on its own."""
    return Figures(*map(statistics.median, zip(*figures, strict=True)))


# ----------------------------------------------------------------------------------------------------------------------
# One measurement
# ----------------------------------------------------------------------------------------------------------------------


class Meter:
    """Measures work on one database, all of its connections included.

    A process of PostgreSQL that ends meanwhile is not counted: Odoo keeps its connections for longer than that.
    """

    def __init__(self, database):
        self.database = database
        self.watcher = psycopg2.connect(dbname="postgres")
        self.watcher.autocommit = True

    def measure(self, work):
        """:return: ``(Figures, what work() returned)``"""
        gc.collect()
        reset_peak_memory()
        postgres, queries = self._read_postgres(), odoo.sql_db.sql_counter
        python, wall = time.process_time(), time.perf_counter()
        done = work()
        python, wall = time.process_time() - python, time.perf_counter() - wall
        spent = {pid: seconds - postgres.get(pid, 0.0) for pid, seconds in self._read_postgres().items()}
        return (
            Figures(python, sum(spent.values()), wall, odoo.sql_db.sql_counter - queries, read_peak_memory()),
            done,
        )

    def _read_postgres(self):
        """``{process id: seconds of processor time}`` of the database's connections."""
        with self.watcher.cursor() as cr:
            cr.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
                [self.database],
            )
            return {pid: read_processor_time(pid) for (pid,) in cr.fetchall()}


def read_processor_time(pid):
    """Seconds; /proc/<pid>/stat alone would tell them in hundredths."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def reset_peak_memory():
    Path("/proc/self/clear_refs").write_text("5")


def read_peak_memory():
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / MEGABYTE


# ----------------------------------------------------------------------------------------------------------------------
# Databases and processes
# ----------------------------------------------------------------------------------------------------------------------


class Bench:
    """Databases and child processes for measurements.

    All work is done in a database of one name, ``work_<base>``, which is replaced by a copy of what is wanted.

    :param str base: a database with the addon, which is not touched
    :param int seed: of everything that is drawn by chance
    :param str size: ``quick``, ``default`` or ``full``
    """

    def __init__(self, base, seed, size):
        self.base, self.seed, self.size = base, seed, size
        self.work = f"work_{base}"
        self.made = []
        self._copy(base, self.work)
        Registry(self.work)
        odoo.sql_db.close_all()

    def close(self):
        for database in (self.work, *self.made):
            run_command("dropdb", "--if-exists", "--force", database)

    def make_database(self, name, fill, *arguments, source=None):
        """Copy the base, let ``fill(env, *arguments)`` fill the copy in a child process, and keep it.

        :return: ``(name of the database, what fill returned)``
        """
        database = f"{name}_{self.base}"
        self._copy(source or self.base, self.work)
        made = in_child(_fill, self.work, fill, arguments)
        run_command("dropdb", "--if-exists", "--force", database)
        run_sql("postgres", f'ALTER DATABASE "{self.work}" RENAME TO "{database}"')
        self.made.append(database)
        run_sql(database, "VACUUM ANALYZE")
        return database, made

    def drop_database(self, database):
        run_command("dropdb", "--if-exists", "--force", database)

    def in_copy(self, database, function, *arguments):
        """Call ``function(meter, *arguments)`` in a child process, on a fresh copy of a database.

        :return: what it returned
        """
        self._copy(database, self.work)
        return in_child(_with_meter, self.work, function, arguments)

    def _copy(self, source, target):
        run_command("dropdb", "--if-exists", "--force", target)
        run_command("createdb", "--strategy=file_copy", "-T", source, target)
        # a parallel worker is a process of its own, which would not be counted
        run_sql("postgres", f'ALTER DATABASE "{target}" SET max_parallel_workers_per_gather = 0')


@contextmanager
def environment(database):
    """An environment of the administrator, who works with access rights as any user does; committed at the end."""
    with Registry(database).cursor() as cr:
        user = api.Environment(cr, api.SUPERUSER_ID, {}).ref("base.user_admin")
        yield api.Environment(cr, user.id, {"lang": "en_US", "allowed_company_ids": user.company_id.ids})


def in_child(function, *arguments):
    """Call a function in a child process.

    :return: what it returned
    :raise BenchmarkError: it failed
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, function, arguments))
    child.start()
    sender.close()
    try:
        succeeded, answer = receiver.recv()
    except EOFError:
        succeeded, answer = False, "The measuring process was killed."
    child.join()
    if not succeeded:
        raise BenchmarkError(answer)
    return answer


def _answer(sender, function, arguments):
    try:
        answer = (True, function(*arguments))
    except BaseException:
        answer = (False, traceback.format_exc())
    sender.send(answer)


def _fill(database, fill, arguments):
    with environment(database) as env:
        return fill(env, *arguments)


def _with_meter(database, function, arguments):
    return function(Meter(database), *arguments)


def run_command(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(done.stderr)


def run_sql(database, command):
    with closing(psycopg2.connect(dbname=database)) as connection:
        connection.autocommit = True
        connection.cursor().execute(command)


# ----------------------------------------------------------------------------------------------------------------------
# Results
# ----------------------------------------------------------------------------------------------------------------------


def write_csv(path, rows):
    """Write dictionaries with the same keys."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def as_columns(figures, items):
    """Figures for a CSV file, and the processor time for each of so many items."""
    return {
        "cpu_s": f"{figures.cpu:.3f}",
        "python_cpu_s": f"{figures.python:.3f}",
        "postgres_cpu_s": f"{figures.postgres:.3f}",
        "wall_s": f"{figures.wall:.3f}",
        "queries": round(figures.queries),
        "peak_mb": round(figures.peak_mb),
        "cpu_ms_each": f"{1000 * figures.cpu / items:.3f}",
        "queries_each": f"{figures.queries / items:.2f}",
    }
