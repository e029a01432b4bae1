"""One process of a campaign: forked from the campaign with the registry loaded, as Odoo's own server does it."""

import json
import logging
import os
import signal
import socket
import sys
import time
from random import Random

import psycopg2
from roles import PAUSES, ROLES, Desk

from odoo import sql_db
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.modules.registry import Registry
from odoo.tools import config

LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)
# what PostgreSQL says when one transaction gives way to another
CONFLICTS = {
    "could not serialize": "serialization failures",
    "deadlock detected": "deadlocks",
    "lock timeout": "lock timeouts",
    "could not obtain lock": "lock timeouts",
}


class ConflictCounter(logging.Handler):
    """Counts conflicts from the log, wherever they were dealt with."""

    def __init__(self, journal):
        super().__init__()
        self.journal = journal

    def emit(self, record):
        text = record.getMessage()
        for words, kind in CONFLICTS.items():
            if words in text:
                self.journal.write({"what": kind})


class Journal:
    """What a process did, line by line; each is on the disk before the next request begins."""

    def __init__(self, path, role):
        self.file = open(path, "a", buffering=1)  # noqa: SIM115 it lives as long as the process
        self.role = role

    def write(self, entry):
        self.file.write(json.dumps({"role": self.role, **entry}) + "\n")


def start(role, seed, setting):
    """Fork a worker.

    :param str role: key of :data:`ROLES`
    :param seed: of its choices
    :param Setting setting: where and for whom it works
    :return: its process id
    """
    sql_db.close_all()  # a connection must not be shared with a child
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(role, seed, setting)
        code = 0
    except BaseException:  # a child must never return into the campaign's code
        logging.getLogger(__name__).exception("The %s has died", role)
    finally:
        os._exit(code)


def work(role, seed, setting):
    """Make requests until SIGTERM. SIGUSR1 cuts the connections to the database."""
    registry = Registry(setting.database)
    config["db_app_name"] = f"{role}-{os.getpid()}"  # so that PostgreSQL can tell them apart
    registry._db = sql_db.db_connect(setting.database)
    registry._db_readonly = None
    journal = Journal(setting.folder / f"{role}-{os.getpid()}.jsonl", role)
    handler = ConflictCounter(journal)
    logging.getLogger("odoo.sql_db").addHandler(handler)
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: cut_connections())
    random = Random(seed)
    desk = Desk(registry, random, setting.uid, setting.company_id, setting.customers, setting.euro_id)
    while not stopping:
        started = time.monotonic()
        entry = try_request(role, desk)
        journal.write({**entry, "seconds": round(time.monotonic() - started, 3)})
        time.sleep(PAUSES.get(role, 0.02) if entry["what"] not in ("connection lost", "waited for a run") else 0.3)


def try_request(role, desk):
    """:return: what to write in the journal"""
    try:
        return ROLES[role](desk)._asdict()
    except (UserError, AccessError, MissingError) as error:
        return {"what": "refused", "message": str(error)}
    except psycopg2.errors.SerializationFailure as error:
        return {"what": "gave up", "message": str(error)}
    except LOST as error:
        gone = not isinstance(error, psycopg2.errors.QueryCanceled | psycopg2.errors.LockNotAvailable)
        return {"what": "connection lost" if gone else "gave up", "message": str(error)}
    except Exception as error:
        logging.getLogger(__name__).exception("A request of the %s failed", role)
        return {"what": "unexpected error", "message": repr(error)}


def cut_connections():
    """What a broken network does: the sockets are dead, and nobody has said goodbye."""
    for pool in filter(None, (sql_db._Pool, sql_db._Pool_readonly)):
        for connection in list(pool._connections):
            try:
                with socket.socket(fileno=os.dup(connection.fileno())) as dead:
                    dead.shutdown(socket.SHUT_RDWR)
            except (OSError, psycopg2.Error):
                continue
