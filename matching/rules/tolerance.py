"""The rule "tolerance"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from ..evidence import BY_CLOSE_AMOUNT, BY_SMALL_REST
from ..open_item import OLDEST_FIRST, TOLERANCE, Evidence, OpenItem, Tolerance
from ..pool import Pool


def match_tolerance(pool: Pool) -> None:
    """Write off small differences, as far as the options have a tolerance.

    First what an earlier rule left of an item that it matched in this plan, if that is little of what was open of the
    item before the plan. Then a debt and a credit whose open amounts differ by little of the larger one are matched,
    and the difference is written off: only if neither is as close to any other, and nothing of either was settled
    before, now or earlier, for then it is a rest that somebody left open. An equal amount is no difference; it is left
    to the rule for it.

    What oldest-first has touched in this plan is never written off: that rule puts credits where they happen to fit,
    and what it leaves is no difference that anybody made. Where amounts are not unique the rules after this one decide.
    """
    tolerance = pool.options.tolerance
    if tolerance is None:
        return
    _write_off_rests(pool, tolerance)
    for debts, credits in pool.sides_by_currency():
        for debt, credit in _find_close_pairs(pool, tolerance, debts, credits):
            _settle_close_pair(pool, debt, credit)


def _write_off_rests(pool: Pool, tolerance: Tolerance) -> None:
    items = {item.id: item for match in pool.matches for item in (match.debt, match.credit)}
    for match in pool.matches:
        if match.rule == OLDEST_FIRST:
            items.pop(match.debt.id, None)
            items.pop(match.credit.id, None)
    for item in items.values():
        largest = tolerance.largest_difference(item, item.residual)
        if pool.is_available(item) and not pool.kept(item) and pool.residual(item) <= largest:
            pool.write_off(item, TOLERANCE, Evidence(BY_SMALL_REST))


def _find_close_pairs(
    pool: Pool, tolerance: Tolerance, debts: list[OpenItem], credits: list[OpenItem]
) -> list[tuple[OpenItem, OpenItem]]:
    """The pairs of one currency that are close to each other and to nothing else, in the order of the debts."""

    def is_whole(item: OpenItem) -> bool:
        return pool.residual(item) == item.residual and not item.partly_settled  # nor kept in part

    find_credit = _get_finder(pool, tolerance, credits)
    find_debt = _get_finder(pool, tolerance, debts)
    pairs = []
    for debt in debts:
        credit = find_credit(debt)
        if credit is not None and find_debt(credit) == debt and is_whole(debt) and is_whole(credit):
            pairs.append((debt, credit))
    return pairs


def _get_finder(pool: Pool, tolerance: Tolerance, items: list[OpenItem]) -> Callable[[OpenItem], OpenItem | None]:
    """A function that finds the only one of ``items`` close to a given item, or None if there is none or several."""
    items = sorted(items, key=pool.residual)
    residuals = list(map(pool.residual, items))

    def find(item: OpenItem) -> OpenItem | None:
        amount = pool.residual(item)
        first = bisect_left(residuals, amount - tolerance.largest_difference(item, amount))
        close = [
            other
            for other in items[first : first + 2]
            if pool.residual(other) - tolerance.largest_difference(other, pool.residual(other)) <= amount
        ]
        return close[0] if len(close) == 1 else None

    return find


def _settle_close_pair(pool: Pool, debt: OpenItem, credit: OpenItem) -> None:
    if pool.residual(debt) == pool.residual(credit):
        return
    rest = debt if pool.residual(debt) > pool.residual(credit) else credit
    pool.settle(debt, credit, TOLERANCE, Evidence(BY_CLOSE_AMOUNT))
    if pool.residual(rest) < rest.residual:
        pool.write_off(rest, TOLERANCE, Evidence(BY_CLOSE_AMOUNT))
