from contextlib import contextmanager

from odoo import SUPERUSER_ID, api

from ..engine.expected_conflicts import expect_conflicts

# How long a worker waits for what another transaction holds, before it gives way.
LOCK_TIMEOUT = "2s"


@contextmanager
def own_transaction(records):
    """Work in the background: a transaction of its own, committed at the end, as superuser, that never waits for long.

    :param records: of any model
    :return: a context manager with the same records in that transaction, and of the context language and time zone
    :raise psycopg2.errors.SerializationFailure: or another of ``PG_CONCURRENCY_EXCEPTIONS_TO_RETRY``, which are not
        logged as errors: the caller handles them
    """
    with expect_conflicts(records.env.registry.cursor()) as cr:
        cr.execute("SET LOCAL lock_timeout = %s", (LOCK_TIMEOUT,))
        context = {key: value for key, value in records.env.context.items() if key in ("lang", "tz")}
        yield records.with_env(api.Environment(cr, SUPERUSER_ID, context))
