"""Why something was left: the reason code of every item, or part of one, that no rule settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .open_item import (
    ACCOUNT_MISMATCH,
    CURRENCY_MISMATCH,
    NO_COUNTERPART,
    OVERPAID,
    SEARCH_EXHAUSTED,
    UNDERPAID,
    Group,
    Leftover,
    OpenItem,
    Suggestion,
)
from .pool import Pool, find_ineligibility


class Accounts(NamedTuple):
    """For each (company, partner), the accounts on which eligible debts, or credits, were given."""

    with_debts: dict[tuple[int, int], set[int]]
    with_credits: dict[tuple[int, int], set[int]]


def find_accounts(groups: Mapping[Group, tuple[list[OpenItem], list[OpenItem]]]) -> Accounts:
    """Note on which accounts partners have something open, for those whose counterpart is on another account.

    ``groups``: the debts and the credits of each group.
    """
    accounts = Accounts({}, {})
    for group, sides in groups.items():
        for items, by_partner in zip(sides, accounts, strict=True):
            if any(find_ineligibility(item) is None for item in items):
                by_partner.setdefault((group.company, group.partner), set()).add(group.account)
    return accounts


def list_debts_left(pool: Pool, accounts: Accounts) -> list[Leftover]:
    """What the rules left of the debts of ``pool``, in their order.

    A debt that was paid in part, now or before, is ``underpaid``. One that nothing was paid on has no credit to pay it:
    none at all (``no_counterpart``), or only on another account or in another currency. Or there are credits, and too
    many of them to say whether some make exactly this debt (``search_exhausted``).
    """
    reachable = _Reachable(pool, pool.credits)
    leftovers = []
    for debt in pool.debts:
        named = pool.named.get(debt.id, ())
        residual = pool.residual(debt) + (pool.kept(debt) if named else 0)
        if residual:
            reason = pool.reasons_set_aside.get(debt.id) or (named[0].reason if named else None)
            if reason is None and residual < debt.residual:
                reason = UNDERPAID
            reason = reason or _untouched(pool, debt, reachable, accounts.with_credits, UNDERPAID)
            leftovers.append(Leftover(debt, residual, reason, _list_suggestions(pool, debt), named=named))
    return leftovers


def list_credits_left(pool: Pool, accounts: Accounts) -> list[Leftover]:
    """What the rules left of the credits of ``pool``, in their order.

    A credit is ``overpaid`` if it was used in part, now or before, or if all debts that it could have paid are settled
    now. Else it has no debt to pay, for the same reasons as a debt has no credit; or it was not of the kind the rules
    look for.
    """
    reachable = _Reachable(pool, pool.debts)
    leftovers = []
    for credit in pool.credits:
        named = pool.named.get(credit.id, ())
        residual = pool.residual(credit) + (pool.kept(credit) if named else 0)
        if residual:
            reason = pool.reasons_set_aside.get(credit.id) or (named[0].reason if named else None)
            if reason is None and (residual < credit.residual or reachable.are_settled(credit)):
                reason = OVERPAID
            reason = reason or _untouched(pool, credit, reachable, accounts.with_debts, OVERPAID)
            leftovers.append(Leftover(credit, residual, reason, _list_suggestions(pool, credit), named=named))
    return leftovers


class _Reachable:
    """In which currencies an item of one side finds counterparts on the other, eligible ones and open ones."""

    def __init__(self, pool: Pool, counterparts: Iterable[OpenItem]) -> None:
        eligible = [item for item in counterparts if find_ineligibility(item) is None]
        self.currencies = {item.currency for item in eligible}
        self._open = {item.currency for item in eligible if pool.residual(item) or pool.kept(item)}
        self._any_currency = pool.crosses_currencies

    def has_any(self, item: OpenItem) -> bool:
        """Whether there are, or were, eligible counterparts for ``item``."""
        return bool(self.currencies) if self._any_currency else item.currency in self.currencies

    def has_open(self, item: OpenItem) -> bool:
        """Whether something is still open of them."""
        return bool(self._open) if self._any_currency else item.currency in self._open

    def are_settled(self, item: OpenItem) -> bool:
        """Whether there were some and nothing is open of them any more."""
        return self.has_any(item) and not self.has_open(item)


def _untouched(
    pool: Pool,
    item: OpenItem,
    reachable: _Reachable,
    accounts: dict[tuple[int, int], set[int]],
    partly_settled: str,
) -> str:
    """The reason for an item that no rule used now.

    ``reachable``: the counterparts in its group; ``accounts``: where counterparts of its partner are;
    ``partly_settled``: the reason for what is left of an item that was used before.
    """
    if not reachable.has_any(item):
        if accounts.get((item.group.company, item.group.partner), set()) - {item.group.account}:
            return ACCOUNT_MISMATCH
        if reachable.currencies:
            return CURRENCY_MISMATCH
    if item.id in pool.exhausted and reachable.has_open(item):
        return SEARCH_EXHAUSTED
    return partly_settled if item.partly_settled else NO_COUNTERPART


def _list_suggestions(pool: Pool, item: OpenItem) -> tuple[Suggestion, ...]:
    """What was suggested for ``item``, without what has been settled since."""
    suggestions = []
    for suggestion in pool.suggestions.get(item.id, ()):
        debts = tuple(debt for debt in suggestion.debts if pool.residual(debt))
        credits = tuple(credit for credit in suggestion.credits if pool.residual(credit))
        if debts and credits:
            suggestions.append(suggestion._replace(debts=debts, credits=credits))
    return tuple(suggestions)
