"""What is true of every plan, whichever rules made it.

The planner checks its own plans with :func:`check_plan`, the executor whatever it is given, also what people typed or
chose, with :func:`check_matches`; the tests use both. The checks are no
``assert`` statements, so that ``python -O`` does not remove them: they stand between a wrong plan and the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .open_item import (
    CREDIT,
    DEBT,
    OLDEST_FIRST,
    OUTSIDE,
    AllocationPlan,
    Leftover,
    Match,
    MatchingOptions,
    OpenItem,
    Tolerance,
)

_DEFAULT_OPTIONS = MatchingOptions()


class PlanError(AssertionError):
    """A plan, or the items it was to be made for, contradict themselves. The message says where."""


def check_items(debts: Iterable[OpenItem], credits: Iterable[OpenItem]) -> None:
    """Promise that every item occurs once, on one side, with a positive residual; raise :class:`PlanError` if not."""
    seen: set[int] = set()
    for side in (debts, credits):
        for item in side:
            if item.id in seen:
                raise PlanError(f"Item {item.id} was given twice.")
            if item.residual <= 0:
                raise PlanError(f"The residual of item {item.id} is {item.residual}; it must be positive.")
            seen.add(item.id)


def check_plan(
    debts: Sequence[OpenItem],
    credits: Sequence[OpenItem],
    plan: AllocationPlan,
    options: MatchingOptions = _DEFAULT_OPTIONS,
) -> None:
    """Promise that ``plan`` can be executed on exactly these items, match by match; raise :class:`PlanError` if not.

    Every match joins a given debt and a given credit of one group, with a partner, neither of them blocked, and no pair
    occurs twice. Both amounts are positive and no more than what is open at that point. With a cap, the amount on its
    side is that of the cap; else one of the two items is settled in full. In one currency the amounts are equal. Two
    currencies meet only if ``options`` cross them; what the amounts are worth to each other the ledger alone can check.

    What is written off is all that the matches leave of an item that they touch, within the tolerance of ``options``;
    never of one that oldest-first touched. What is left open, and nothing else, is listed once among the leftovers with
    a reason; items outside of the selection are not. So no amount is lost or made: what was open is matched, written
    off or left.
    """
    check_items(debts, credits)
    debts_open = {debt.id: debt for debt in debts}
    credits_open = {credit.id: credit for credit in credits}
    residuals = {item.id: item.residual for side in (debts, credits) for item in side}
    seen: set[tuple[int, int]] = set()
    for match in plan.matches:
        _check_pair(match, debts_open, credits_open, options)
        _check_once(match, seen)
        _check_amounts(match, residuals)
    _check_write_offs(plan, residuals, options.tolerance)
    _check_leftovers("debt", plan.debts_left, debts, residuals)
    _check_leftovers("credit", plan.credits_left, credits, residuals)


def check_matches(plan: AllocationPlan) -> None:
    """Promise of the matches of a plan what must be true whoever made it; raise :class:`PlanError` if not.

    A person may settle what rules leave alone, and lists nothing of what is left. But each match joins a debt and a
    credit of one group with a partner, or of one entry, which is netted with itself; no pair occurs twice, no item
    stands on both sides or is taken for two different ones, and the amounts are as :func:`check_plan` has it.
    """
    items: dict[int, tuple[str, OpenItem]] = {}
    residuals: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    for match in plan.matches:
        debt, credit = match.debt, match.credit
        for side, item in ((DEBT, debt), (CREDIT, credit)):
            if items.setdefault(item.id, (side, item)) != (side, item):
                raise PlanError(f"Item {item.id} is taken for two different ones.")
            residuals.setdefault(item.id, item.residual)
        if debt.document != credit.document and (debt.group != credit.group or not debt.group.partner):
            raise PlanError(f"Debt {debt.id} and credit {credit.id} are of different groups, or of nobody.")
        _check_once(match, seen)
        _check_amounts(match, residuals)


def _check_once(match: Match, seen: set[tuple[int, int]]) -> None:
    pair = (match.debt.id, match.credit.id)
    if pair in seen:
        raise PlanError(f"Debt {match.debt.id} and credit {match.credit.id} are matched twice.")
    seen.add(pair)


def _check_pair(
    match: Match, debts: Mapping[int, OpenItem], credits: Mapping[int, OpenItem], options: MatchingOptions
) -> None:
    debt, credit = match.debt, match.credit
    if debts.get(debt.id) != debt:
        raise PlanError(f"The plan settles debt {debt.id}, which is not among the given debts.")
    if credits.get(credit.id) != credit:
        raise PlanError(f"The plan uses credit {credit.id}, which is not among the given credits.")
    if debt.group != credit.group:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} are of different groups.")
    if not debt.group.partner:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} have no partner.")
    if debt.currency != credit.currency and not options.cross_currencies:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} are of different currencies.")
    if debt.blocked or credit.blocked:
        raise PlanError(f"Debt {debt.id} or credit {credit.id} is blocked: {debt.blocked or credit.blocked}.")


def _check_amounts(match: Match, residuals: dict[int, int]) -> None:
    """Check the amounts against the running residuals, and lower them by these."""
    debt, credit, amount, credit_amount = match.debt.id, match.credit.id, match.amount, match.credit_amount
    debt_open, credit_open = residuals[debt], residuals[credit]
    if debt_open <= 0 or credit_open <= 0:
        raise PlanError(f"Nothing is open any more between debt {debt} and credit {credit}.")
    if not (0 < amount <= debt_open and 0 < credit_amount <= credit_open):
        raise PlanError(f"{_tell(match)}; open are {debt_open} and {credit_open}.")
    if amount != credit_amount and match.debt.currency == match.credit.currency:
        raise PlanError(f"{_tell(match)}, though they are of one currency.")
    if match.cap is not None:
        if {DEBT: amount, CREDIT: credit_amount}.get(match.cap.side) != match.cap.amount:
            raise PlanError(f"{_tell(match)}, not for the {match.cap.amount} of the cap.")
    elif amount != debt_open and credit_amount != credit_open:
        raise PlanError(f"{_tell(match)}, though {debt_open} and {credit_open} are open.")
    residuals[debt] = debt_open - amount
    residuals[credit] = credit_open - credit_amount


def _tell(match: Match) -> str:
    return f"Debt {match.debt.id} and credit {match.credit.id} are matched for {match.amount} and {match.credit_amount}"


def _check_write_offs(plan: AllocationPlan, residuals: dict[int, int], tolerance: Tolerance | None) -> None:
    """Check each write-off against what the matches leave, and lower that by it."""
    if not plan.write_offs:
        return
    touched = {item.id: item for match in plan.matches for item in (match.debt, match.credit)}
    by_age = {item.id for match in plan.matches if match.rule == OLDEST_FIRST for item in (match.debt, match.credit)}
    for item, amount, _rule, _evidence in plan.write_offs:
        if touched.get(item.id) != item:
            raise PlanError(f"Item {item.id} is written off, but no match of the plan touches it.")
        if item.id in by_age:
            raise PlanError(f"Item {item.id} is written off after it was matched oldest first.")
        if amount <= 0 or amount != residuals[item.id]:
            raise PlanError(f"Of item {item.id}, {amount} is written off; its matches leave {residuals[item.id]}.")
        if tolerance is None or amount > tolerance.largest_difference(item, item.residual):
            raise PlanError(f"Of item {item.id}, {amount} is written off; that is more than the tolerance.")
        residuals[item.id] = 0


def _check_leftovers(
    side: str, leftovers: Iterable[Leftover], items: Iterable[OpenItem], residuals: Mapping[int, int]
) -> None:
    listed: dict[int, Leftover] = {}
    for leftover in leftovers:
        if listed.setdefault(leftover.item.id, leftover) is not leftover:
            raise PlanError(f"The {side} {leftover.item.id} is listed twice among what is left.")
        if not leftover.reason:
            raise PlanError(f"The {side} {leftover.item.id} is left without a reason.")
        if leftover.item.blocked and leftover.reason != leftover.item.blocked:
            raise PlanError(f"The {side} {leftover.item.id} is blocked, but left for another reason.")
    left = {item.id: (item, residuals[item.id]) for item in items if residuals[item.id] and item.blocked != OUTSIDE}
    for item_id in left.keys() | listed.keys():
        planned = (listed[item_id].item, listed[item_id].amount) if item_id in listed else None
        if planned != left.get(item_id):
            amounts = (planned[1] if planned else 0, left[item_id][1] if item_id in left else 0)
            raise PlanError(f"Of {side} {item_id} the plan leaves {amounts[0]}; its matches leave {amounts[1]}.")
