"""Conflicts with other transactions that are expected, and no error in anybody's log.

Odoo writes each failing query into the log as an error. Where two transactions meet, one of them fails by design, and
tries again or gives way: :func:`expect_conflicts` is for transactions of our own, :func:`conflicts_expected` for a few
queries in somebody else's, whose caller tries again, and :func:`try_lock` for the most frequent of them.
"""

import logging
from contextlib import contextmanager
from functools import partial

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


def expect_conflicts(cr):
    """From here on, a query of this cursor that fails because of another transaction writes no error into the log. It
    raises as ever; every other failure is logged as Odoo logs it.

    :param cr: a cursor that has just been opened
    :return: the cursor
    """
    cr.execute = partial(_execute, cr, cr.execute)
    return cr


@contextmanager
def conflicts_expected(cr):
    """The same for the queries in a ``with`` block: for locks, in a transaction that belongs to somebody else."""
    before = vars(cr).get("execute")
    expect_conflicts(cr)
    try:
        yield
    finally:
        if before:
            cr.execute = before
        else:
            del cr.execute


def try_lock(records):
    """Lock records that others may go on to refer to, passing over those that somebody else holds.

    :return: those that are locked
    :raise psycopg2.errors.SerializationFailure: one was changed since this transaction began; Odoo tries again
    """
    with conflicts_expected(records.env.cr):
        return records.try_lock_for_update(allow_referencing=True)


def _execute(cr, execute, query, params=None, log_exceptions=True):
    try:
        return execute(query, params, log_exceptions=False)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
        _logger.debug("Another transaction was faster: %s", type(error).__name__)
        raise
    except Exception as error:
        if log_exceptions:
            sent = getattr(getattr(cr, "_obj", None), "query", None) or query  # with its parameters, as Odoo has it
            logging.getLogger("odoo.sql_db").error("bad query: %s\nERROR: %s", sent, error)
        raise
