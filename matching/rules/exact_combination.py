"""The rule "exact combination"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from ..combination import AMBIGUOUS, EXHAUSTED, UNIQUE, Verdict, find_combinations
from ..evidence import BY_SUM_OF_CREDITS, BY_SUM_OF_DEBTS
from ..open_item import AMBIGUOUS_COMBINATION, CREDIT, DEBT, EXACT_COMBINATION, Evidence, OpenItem, Suggestion
from ..pool import CreditKey, DebtKey, Pool, credit_order

# as many times the steps of one search may be taken for all items of a group together, each time the rule runs
_FULL_SEARCHES = 20


def match_exact_combination(pool: Pool) -> None:
    """Settle a credit that is exactly the sum of several debts, then a debt that is the sum of several credits.

    The parts are single items with all that is open of them: an instalment as well as an invoice. Which side an item
    stands on is all that counts, so a credit note is a part of what settles a debt, and a refund a part of what a
    credit settles; nothing is ever subtracted. Wholes are taken in their order, each on what the ones before it left.
    Of equal parts the oldest are taken.

    With a second answer that differs in substance the whole is set aside as ``ambiguous_combination``, and the answers
    are suggested. Its parts stay available to others.

    With too many candidates, or too many steps, nobody knows whether an answer is the only one: this rule then settles
    nothing, even if it has found one. Other than an ambiguous item, the whole stays available to the rules after it,
    because nothing speaks against what they find: else no credit of a customer with sixty open invoices would ever be
    allocated oldest first. What is left untouched at the end is listed as ``search_exhausted``. All searches of a group
    together are bounded as well: after twenty times the steps of one, the rest counts as too many.
    """
    pool.exhausted.clear()
    steps = pool.options.max_steps * _FULL_SEARCHES
    for debts, credits in pool.sides_by_currency():
        steps = _settle_wholes(pool, CREDIT, credits, _Parts(pool, debts), steps)
        credits = [credit for credit in credits if pool.is_available(credit)]
        steps = _settle_wholes(pool, DEBT, debts, _Parts(pool, credits), steps)


class _Parts:
    """The items of one currency that may be parts of a sum, all available, by what is open of them."""

    def __init__(self, pool: Pool, items: list[OpenItem]) -> None:
        """``items`` in their order."""
        self._pool = pool
        self._by_amount: dict[int, list[OpenItem]] = {}
        for item in items:
            self._by_amount.setdefault(pool.residual(item), []).append(item)
        self._amounts = sorted(self._by_amount)

    def find_candidates(self, target: int) -> list[OpenItem]:
        """The items that may be parts of ``target``, the largest first and equal ones in their order.

        One more than the options allow is enough to see that there are too many.
        """
        candidates: list[OpenItem] = []
        for position in range(bisect_left(self._amounts, target) - 1, -1, -1):
            amount = self._amounts[position]
            candidates += self._by_amount[amount][: min(self._pool.options.max_members, target // amount)]
            if len(candidates) > self._pool.options.max_candidates:
                break
        return candidates

    def remove(self, items: Iterable[OpenItem]) -> None:
        """Forget ``items``, which are about to be settled."""
        for item in items:
            amount = self._pool.residual(item)
            self._by_amount[amount].remove(item)
            if not self._by_amount[amount]:
                del self._by_amount[amount], self._amounts[bisect_left(self._amounts, amount)]


def _settle_wholes(pool: Pool, side: str, wholes: list[OpenItem], parts: _Parts, steps: int) -> int:
    """Settle each of ``wholes``, which stand on ``side``, with the only parts that make it.

    Takes and returns how many steps are left for the searches of this group.
    """
    for whole in wholes:
        if not pool.is_available(whole):
            continue
        candidates = parts.find_candidates(pool.residual(whole))
        if len(candidates) < 2:
            continue
        verdict = _search(pool, whole, candidates, pool.options.max_steps if steps > 0 else 0)
        steps -= verdict.steps
        answers = [
            _get_answer(pool, side, whole, [candidates[position] for position in combination])
            for combination in verdict.combinations
        ]
        if verdict.kind == UNIQUE:
            parts.remove(answers[0].debts if side == CREDIT else answers[0].credits)
            _settle_answer(pool, answers[0])
        elif verdict.kind == AMBIGUOUS:
            answers.sort(key=lambda answer: _rank(pool, answer))
            pool.set_aside(whole, AMBIGUOUS_COMBINATION, answers)
        elif verdict.kind == EXHAUSTED:
            pool.exhausted.add(whole.id)
    return steps


def _search(pool: Pool, whole: OpenItem, candidates: list[OpenItem], max_steps: int) -> Verdict:
    """What ``candidates`` make of ``whole``.

    The same search is made only once, but its steps count each time: the rules are repeated, and whether the steps
    suffice must depend on what is open now, not on what was open before.
    """
    target, amounts = pool.residual(whole), tuple(map(pool.residual, candidates))
    key = (target, amounts, max_steps)
    if key not in pool.verdicts:
        pool.verdicts[key] = find_combinations(
            amounts,
            target,
            max_members=pool.options.max_members,
            max_candidates=pool.options.max_candidates,
            max_steps=max_steps,
        )
    return pool.verdicts[key]


def _get_answer(pool: Pool, side: str, whole: OpenItem, parts: list[OpenItem]) -> Suggestion:
    count = str(len(parts))
    if side == CREDIT:
        debts = tuple(sorted(parts, key=pool.debt_order))
        return Suggestion(debts, (whole,), EXACT_COMBINATION, Evidence(BY_SUM_OF_DEBTS, (count,)))
    credits = tuple(sorted(parts, key=credit_order))
    return Suggestion((whole,), credits, EXACT_COMBINATION, Evidence(BY_SUM_OF_CREDITS, (count,)))


def _rank(pool: Pool, answer: Suggestion) -> tuple[int, list[DebtKey], list[CreditKey]]:
    """By which answers are sorted: of few members first, then of the oldest."""
    debts, credits = answer.debts, answer.credits
    return len(debts) + len(credits), list(map(pool.debt_order, debts)), list(map(credit_order, credits))


def _settle_answer(pool: Pool, answer: Suggestion) -> None:
    pool.settle_in_order([*answer.debts], [*answer.credits], answer.rule, lambda _debt: answer.evidence)
