"""Why something was left: the reason code of every item, or part of one, that no rule settled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .open_item import (
    ACCOUNT_MISMATCH,
    CURRENCY_MISMATCH,
    NO_COUNTERPART,
    OVERPAID,
    UNDERPAID,
    Leftover,
    OpenItem,
)
from .pool import Pool, find_ineligibility


class Accounts(NamedTuple):
    """For each (company, partner), the accounts on which eligible debts, or credits, were given."""

    with_debts: dict[tuple[int, int], set[int]]
    with_credits: dict[tuple[int, int], set[int]]


def find_accounts(debts: Iterable[OpenItem], credits: Iterable[OpenItem]) -> Accounts:
    """Note on which accounts partners have something open, for those whose counterpart is on another account."""
    accounts = Accounts({}, {})
    for items, by_partner in ((debts, accounts.with_debts), (credits, accounts.with_credits)):
        for item in items:
            if find_ineligibility(item) is None:
                by_partner.setdefault((item.group.company, item.group.partner), set()).add(item.group.account)
    return accounts


def list_debts_left(pool: Pool, accounts: Accounts) -> list[Leftover]:
    """What the rules left of the debts of ``pool``, in their order.

    A debt that was paid in part, now or before, is ``underpaid``. One that nothing was paid on has no credit to pay it:
    none at all (``no_counterpart``), or only on another account or in another currency.
    """
    currencies = _eligible_currencies(pool.credits)
    leftovers = []
    for debt in pool.debts:
        residual = pool.residual(debt)
        if residual:
            reason = pool.reasons_set_aside.get(debt.id)
            if reason is None and residual < debt.residual:
                reason = UNDERPAID
            reason = reason or _untouched(debt, currencies, accounts.with_credits, UNDERPAID)
            leftovers.append(Leftover(debt, residual, reason))
    return leftovers


def list_credits_left(pool: Pool, accounts: Accounts) -> list[Leftover]:
    """What the rules left of the credits of ``pool``, in their order.

    A credit is ``overpaid`` if it was used in part, now or before, or if all debts that it could have paid are settled
    now. Else it has no debt to pay, for the same reasons as a debt has no credit; or it was not of the kind the rules
    look for.
    """
    currencies = _eligible_currencies(pool.debts)
    paid_off = currencies - {debt.currency for debt in pool.debts if pool.residual(debt) and _is_eligible(debt)}
    leftovers = []
    for credit in pool.credits:
        residual = pool.residual(credit)
        if residual:
            reason = pool.reasons_set_aside.get(credit.id)
            if reason is None and (residual < credit.residual or credit.currency in paid_off):
                reason = OVERPAID
            reason = reason or _untouched(credit, currencies, accounts.with_debts, OVERPAID)
            leftovers.append(Leftover(credit, residual, reason))
    return leftovers


def _untouched(
    item: OpenItem, currencies: set[int], accounts: dict[tuple[int, int], set[int]], partly_settled: str
) -> str:
    """The reason for an item that no rule used now.

    ``currencies``: those of the counterparts in its group; ``accounts``: where counterparts of its partner are;
    ``partly_settled``: the reason for what is left of an item that was used before.
    """
    if item.currency not in currencies:
        if accounts.get((item.group.company, item.group.partner), set()) - {item.group.account}:
            return ACCOUNT_MISMATCH
        if currencies:
            return CURRENCY_MISMATCH
    return partly_settled if item.partly_settled else NO_COUNTERPART


def _is_eligible(item: OpenItem) -> bool:
    return find_ineligibility(item) is None


def _eligible_currencies(items: Iterable[OpenItem]) -> set[int]:
    return {item.currency for item in items if _is_eligible(item)}
