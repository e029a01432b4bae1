"""What is true of every plan, whichever rules made it.

The planner checks its own plans with this, the executor what it is given, and the tests use it too. The checks are no
``assert`` statements, so that ``python -O`` does not remove them: they stand between a wrong plan and the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .open_item import AllocationPlan, Leftover, Match, OpenItem


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


def check_plan(debts: Sequence[OpenItem], credits: Sequence[OpenItem], plan: AllocationPlan) -> None:
    """Promise that ``plan`` can be executed on exactly these items, match by match; raise :class:`PlanError` if not.

    Every match joins a given debt and a given credit of one group, with a partner, in one currency, neither of them
    blocked, for exactly the lesser of what is open of the two at that point: positive, so that no pair occurs twice
    and nothing is allocated beyond its residual. What the matches leave open, and nothing else, is listed once
    among the leftovers with a reason, so that no amount is lost or made.
    """
    check_items(debts, credits)
    debts_open = {debt.id: debt for debt in debts}
    credits_open = {credit.id: credit for credit in credits}
    residuals = {item.id: item.residual for side in (debts, credits) for item in side}
    for match in plan.matches:
        _check_pair(match, debts_open, credits_open)
        _check_amount(match, residuals)
    _check_leftovers("debt", plan.debts_left, debts, residuals)
    _check_leftovers("credit", plan.credits_left, credits, residuals)


def _check_pair(match: Match, debts: Mapping[int, OpenItem], credits: Mapping[int, OpenItem]) -> None:
    debt, credit = match.debt, match.credit
    if debts.get(debt.id) != debt:
        raise PlanError(f"The plan settles debt {debt.id}, which is not among the given debts.")
    if credits.get(credit.id) != credit:
        raise PlanError(f"The plan uses credit {credit.id}, which is not among the given credits.")
    if debt.group != credit.group:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} are of different groups.")
    if not debt.group.partner:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} have no partner.")
    if debt.currency != credit.currency:
        raise PlanError(f"Debt {debt.id} and credit {credit.id} are of different currencies.")
    if debt.blocked or credit.blocked:
        raise PlanError(f"Debt {debt.id} or credit {credit.id} is blocked: {debt.blocked or credit.blocked}.")


def _check_amount(match: Match, residuals: dict[int, int]) -> None:
    """Check the amount against the running residuals, and lower them by it."""
    debt, credit = match.debt.id, match.credit.id
    open_amount = min(residuals[debt], residuals[credit])
    if open_amount <= 0:
        raise PlanError(f"Nothing is open any more between debt {debt} and credit {credit}.")
    if match.amount != open_amount:
        raise PlanError(
            f"Debt {debt} and credit {credit} are matched for {match.amount}; open between them is {open_amount}."
        )
    residuals[debt] -= match.amount
    residuals[credit] -= match.amount


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
    left = {item.id: (item, residuals[item.id]) for item in items if residuals[item.id]}
    for item_id in left.keys() | listed.keys():
        planned = (listed[item_id].item, listed[item_id].amount) if item_id in listed else None
        if planned != left.get(item_id):
            amounts = (planned[1] if planned else 0, left[item_id][1] if item_id in left else 0)
            raise PlanError(f"Of {side} {item_id} the plan leaves {amounts[0]}; its matches leave {amounts[1]}.")
