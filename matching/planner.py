"""Which credit pays which debt, and why: the one place that decides.

The problem: wizard, button, posting, runs, shop and till must all come to the same answer, it must be explainable line
by line, and asking again must change nothing. Rejected: to match while writing (a preview then needs a rollback, and
two callers drift apart); to search for the best overall solution (nobody could say why one invoice was paid and not
the other). Decided: a plan made of pure data. Items are grouped by what native reconciliation cannot cross, and in
each group the rules run in the order of the options, each on what the ones before it left.

A rule may find something only after a later one has run: a part payment leaves just the amount of another credit. So
the chain is repeated until it decides nothing more. What was set aside because several amounts would fit is then looked
at anew, if anything was settled since: the other answers may be gone, and the ones that are offered must still hold at
the end. That is why a second plan, made of what the first one left, is empty. What texts say is excepted on purpose.
They are read once per plan, and what was ambiguous in it stays so, even when other credits settle all but one of the
documents that may have been meant. A later plan no longer knows the settled ones, reads the text anew, and may find
that it names a single document now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from .invariants import check_items, check_plan
from .leftovers import Accounts, find_accounts, list_credits_left, list_debts_left
from .open_item import OUTSIDE, AllocationPlan, Exchange, Group, KnownDocument, MatchingOptions, OpenItem
from .pool import Pool
from .rules import RULES, Rule

_Sides = tuple[list[OpenItem], list[OpenItem]]
_GetExchange = Callable[[list[OpenItem]], Exchange]
_DEFAULT_OPTIONS = MatchingOptions()


def plan_allocation(
    debts: Iterable[OpenItem],
    credits: Iterable[OpenItem],
    options: MatchingOptions = _DEFAULT_OPTIONS,
    *,
    rules: Mapping[str, Rule] = RULES,
    exchange: _GetExchange | None = None,
    known: Iterable[KnownDocument] = (),
) -> AllocationPlan:
    """Plan the allocation of ``credits`` to ``debts``: items of any number of groups, in any order.

    All amounts are positive and in minor units of the item's currency. The result depends on the items alone, not on
    their order: groups stand in the order of their keys. ``rules`` holds the functions of the codes that ``options``
    may name. ``exchange`` is called with the items of each group of several currencies, if the options allow to cross
    them; without it no pair is of two currencies. ``known``: documents that texts may name, see :class:`KnownDocument`;
    the plan says in ``unanswered`` who may name more of them. Raises ValueError for a code that ``rules`` does not
    hold, and PlanError if the items contradict themselves.
    """
    plans = [
        plan for _group, plan in plan_by_group(debts, credits, options, rules=rules, exchange=exchange, known=known)
    ]
    return AllocationPlan(
        tuple(match for plan in plans for match in plan.matches),
        tuple(leftover for plan in plans for leftover in plan.debts_left),
        tuple(leftover for plan in plans for leftover in plan.credits_left),
        tuple(write_off for plan in plans for write_off in plan.write_offs),
        tuple(item for plan in plans for item in plan.unanswered),
    )


def plan_by_group(
    debts: Iterable[OpenItem],
    credits: Iterable[OpenItem],
    options: MatchingOptions = _DEFAULT_OPTIONS,
    *,
    rules: Mapping[str, Rule] = RULES,
    exchange: _GetExchange | None = None,
    known: Iterable[KnownDocument] = (),
) -> Iterator[tuple[Group, AllocationPlan]]:
    """Plan as :func:`plan_allocation` does, but give each group its own plan, in the order of the groups' keys.

    What belongs together for ``account_mismatch`` must be given together: all accounts of a partner. The items are
    checked at once; each group is planned, and its plan checked, when it is asked for. A group of which all is outside
    of the selection has no plan.
    """
    debts, credits = list(debts), list(credits)
    check_items(debts, credits)
    chain = _select_rules(options, rules)
    groups = _group(debts, credits)
    accounts = find_accounts(groups)
    known_by_group: dict[Group, list[KnownDocument]] = {}
    for document in known:
        known_by_group.setdefault(document.group, []).append(document)

    def plan(group: Group) -> AllocationPlan:
        pool_known = sorted(known_by_group.get(group, ()), key=lambda document: document.document)
        return _plan_group(*groups[group], options, chain, accounts, exchange, pool_known)

    return ((group, plan(group)) for group in sorted(groups))


def _select_rules(options: MatchingOptions, rules: Mapping[str, Rule]) -> list[Rule]:
    unknown = [code for code in options.rules if code not in rules]
    if unknown:
        raise ValueError(f"There is no matching rule called {', '.join(unknown)}.")
    return [rules[code] for code in options.rules]


def _group(debts: Iterable[OpenItem], credits: Iterable[OpenItem]) -> dict[Group, _Sides]:
    groups: dict[Group, _Sides] = {}
    for side, items in enumerate((debts, credits)):
        for item in items:
            sides = groups.get(item.group)
            if sides is None:
                sides = groups[item.group] = ([], [])
            sides[side].append(item)
    return {group: sides for group, sides in groups.items() if _has_any_inside(sides)}


def _has_any_inside(sides: _Sides) -> bool:
    return any(item.blocked != OUTSIDE for side in sides for item in side)


def _plan_group(
    debts: list[OpenItem],
    credits: list[OpenItem],
    options: MatchingOptions,
    chain: list[Rule],
    accounts: Accounts,
    exchange: _GetExchange | None,
    known: list[KnownDocument],
) -> AllocationPlan:
    """Plan one group, and check the plan."""
    inside = [item for side in (debts, credits) for item in side if item.blocked != OUTSIDE]
    crossing = exchange if options.cross_currencies and len({item.currency for item in inside}) > 1 else None
    pool = Pool(debts, credits, options, crossing and crossing(inside), known)
    _run_rules(pool, chain)
    plan = AllocationPlan(
        tuple(pool.matches),
        tuple(list_debts_left(pool, accounts)),
        tuple(list_credits_left(pool, accounts)),
        tuple(pool.write_offs),
        tuple(pool.unanswered),
    )
    check_plan(debts, credits, plan, options)
    return plan


def _run_rules(pool: Pool, chain: list[Rule]) -> None:
    """Repeat the chain until it decides nothing more, then look at what was ambiguous anew, until that changes nothing.

    It ends: every decision takes an item out of the pool, and only such decisions bring ambiguous items back.
    """
    while True:
        while pool.has_both_sides() or pool.has_names_to_read():
            progress = pool.progress()
            for rule in chain:
                rule(pool)
            if pool.progress() == progress:
                break
        if not pool.lift_ambiguity():
            return
