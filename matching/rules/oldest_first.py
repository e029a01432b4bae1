"""The rule "oldest first"."""

from __future__ import annotations

from ..evidence import BY_OLDEST_DUE, BY_OLDEST_INVOICE
from ..first_fit import FirstFit
from ..open_item import OLDEST_FIRST, Evidence, OpenItem
from ..pool import Pool


def match_oldest_first(pool: Pool) -> None:
    """Settle the oldest debts with the oldest credits.

    Debts go by (due date, document date, id), or by (document date, id) if the options say so; credits by (date, id).
    With ``partial`` off no credit is ever split: one is used only where all that is left of it fits into a debt. For
    a debt that is smaller it is passed over, and tried on the next ones. A debt may still be paid in part, by credits
    that are smaller than it.

    Each currency is settled by itself first, so that less has to be exchanged. Then, if the pool has an exchange, the
    oldest debts of all currencies with the oldest credits; not with ``partial`` off, because whether a credit fits
    whole into a debt of another currency is known only once it is settled.
    """
    for debts, credits in pool.sides_by_currency():
        if pool.options.partial:
            pool.settle_in_order(debts, credits, OLDEST_FIRST, lambda debt: _explain_oldest(pool, debt))
        else:
            _settle_unsplit(pool, debts, credits)
    if pool.crosses_currencies and pool.options.partial:
        debts, credits = pool.available_debts(), pool.available_credits()
        pool.settle_in_order(debts, credits, OLDEST_FIRST, lambda debt: _explain_oldest(pool, debt))


def _settle_unsplit(pool: Pool, debts: list[OpenItem], credits: list[OpenItem]) -> None:
    """Put each credit whole on the first debt that has room for it."""
    room = FirstFit([pool.residual(debt) for debt in debts])
    for credit in credits:
        position = room.find(pool.residual(credit))
        if position is not None:
            debt = debts[position]
            pool.settle(debt, credit, OLDEST_FIRST, _explain_oldest(pool, debt))
            room.update(position, pool.residual(debt))


def _explain_oldest(pool: Pool, debt: OpenItem) -> Evidence:
    if pool.options.order_by_invoice_date:
        return Evidence(BY_OLDEST_INVOICE, (debt.document_date.isoformat(),))
    return Evidence(BY_OLDEST_DUE, (debt.due_date.isoformat(),))
