"""The rule "net to zero"."""

from __future__ import annotations

from ..evidence import BY_NET_TO_ZERO
from ..open_item import NET_TO_ZERO, Evidence, OpenItem
from ..pool import Pool, find_ineligibility


def match_net_to_zero(pool: Pool) -> None:
    """Settle all debts of a currency with all credits, oldest with oldest, if they have the same total.

    All means all that are eligible. Blocked items are not, so they do not count; but where an earlier rule set an open
    item aside as ambiguous, or kept some of it for what it names, there are not all to be settled, and nothing is: that
    item waits for a person, and without it an equal total would be a coincidence. Put before the rule on combinations,
    this one settles such items first.
    """
    set_aside = _find_currencies_with_items_set_aside(pool)
    for debts, credits in pool.sides_by_currency():
        if debts[0].currency in set_aside or sum(map(pool.residual, debts)) != sum(map(pool.residual, credits)):
            continue
        evidence = Evidence(BY_NET_TO_ZERO, (str(len(debts)), str(len(credits))))
        _settle_all(pool, debts, credits, evidence)


def _settle_all(pool: Pool, debts: list[OpenItem], credits: list[OpenItem], evidence: Evidence) -> None:
    pool.settle_in_order(debts, credits, NET_TO_ZERO, lambda _debt: evidence)


def _find_currencies_with_items_set_aside(pool: Pool) -> set[int]:
    """The currencies in which something eligible is open, but not available."""

    def is_set_aside(item: OpenItem) -> bool:
        is_waiting = bool(pool.residual(item)) and not pool.is_available(item) and find_ineligibility(item) is None
        return is_waiting or bool(pool.kept(item))

    return {item.currency for side in (pool.debts, pool.credits) for item in side if is_set_aside(item)}
