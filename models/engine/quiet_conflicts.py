"""A conflict between two transactions that the code expects and handles is no error in anybody's log.

PostgreSQL ends one of two transactions that want the same row: with a serialization failure, a deadlock, or a lock
that it did not get in time. Whoever works in the background tries again, and all is well. But ``odoo.sql_db`` has
logged ``bad query`` at ERROR by then. ``cr.execute(query, log_exceptions=False)`` helps with a query of one's own only,
and hides every other error of it; most of these queries are the ORM's, when it flushes.

So the code that catches such a conflict says so beforehand::

    try:
        with quiet_conflicts(), registry.cursor() as cr:
            ...
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        ...  # try again, or leave it to somebody else

Inside, and in this thread alone, what ``odoo.sql_db`` logs about these three kinds of failure goes down to DEBUG. All
else that can be wrong with a query is logged as ever.
"""

import logging
from contextlib import contextmanager
from contextvars import ContextVar

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_are_conflicts_handled = ContextVar("are_conflicts_handled", default=False)
_sql_logger = logging.getLogger("odoo.sql_db")


@contextmanager
def quiet_conflicts():
    """For a block whose caller catches ``PG_CONCURRENCY_EXCEPTIONS_TO_RETRY``: they are raised, and not logged as
    errors."""
    token = _are_conflicts_handled.set(True)
    try:
        yield
    finally:
        _are_conflicts_handled.reset(token)


def _lower_level_of_handled_conflict(record):
    """A filter of the logger: the exception is among the arguments of the message."""
    if not _are_conflicts_handled.get():
        return True
    if not any(isinstance(argument, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY) for argument in record.args or ()):
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return _sql_logger.isEnabledFor(logging.DEBUG)


_sql_logger.addFilter(_lower_level_of_handled_conflict)
