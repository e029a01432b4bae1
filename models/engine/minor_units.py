"""The one place where amounts become whole numbers of a currency's smallest unit, and amounts again."""

from odoo.tools import SQL

# Odoo's amounts are floats. From 2 ** 49 smallest units on, to round one adds to it (see odoo.tools.float_round), and
# nothing can be settled to the cent. Half of that is safe: 2.8 trillions of a currency with cents.
TOO_LARGE_UNITS = 2**48


def to_minor_units(currency, amount):
    """:param currency: ``res.currency`` record; :param float amount: in that currency; :return: int"""
    return round(amount * 10**currency.decimal_places)


def from_minor_units(currency, units):
    """:param currency: ``res.currency`` record; :param int units: of its smallest unit; :return: float"""
    return units / 10**currency.decimal_places


def get_too_large_sql(alias):
    """Whether a journal item is too large to be counted exactly, in its currency or in that of its company. What was
    settled of it does not matter, as what is left is computed from the whole.

    :param Aliases alias: the names of the tables that are joined to the journal items
    """
    return SQL(
        """(GREATEST(ABS(account_move_line.amount_currency), ABS(account_move_line.amount_residual_currency))
                >= %(units)s / 10 ^ %(currency)s.decimal_places
            OR GREATEST(ABS(account_move_line.balance), ABS(account_move_line.amount_residual))
                >= %(units)s / 10 ^ %(company_currency)s.decimal_places)""",
        units=TOO_LARGE_UNITS,
        currency=alias.currency,
        company_currency=alias.company_currency,
    )


def get_residual_columns(alias):
    """The columns ``residual``, in minor units, and ``large_residual`` for what is too large: one of them is NULL.

    :param Aliases alias: see :func:`get_too_large_sql`
    """
    residual = SQL("ABS(account_move_line.amount_residual_currency)")
    too_large = get_too_large_sql(alias)
    return [
        SQL(
            "CASE WHEN NOT %s THEN ROUND(%s * 10 ^ %s.decimal_places)::bigint END AS residual",
            too_large,
            residual,
            alias.currency,
        ),
        SQL(
            "CASE WHEN %s THEN ROUND(%s * 10::numeric ^ %s.decimal_places) END AS large_residual",
            too_large,
            residual,
            alias.currency,
        ),
    ]
