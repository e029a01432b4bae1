"""The rule "exact amount"."""

from __future__ import annotations

from collections.abc import Iterable

from ..evidence import BY_EXACT_DOCUMENT, BY_EXACT_ITEM, BY_EXACT_OLDEST
from ..open_item import (
    AMBIGUOUS_AMOUNT,
    EXACT_AMOUNT,
    MAX_SUGGESTIONS,
    OLDEST_FIRST,
    Evidence,
    OpenItem,
    Suggestion,
)
from ..pool import Pool, group_by_document

Unit = list[OpenItem]  # items that are compared, and settled, as one amount


def match_exact_amount(pool: Pool) -> None:
    """Settle debts with credits of exactly the same open amount: whole documents first, then single items.

    As many equal credits as equal debts pair in their orders. Of unequal numbers the oldest pair if oldest-first is
    among the rules of the options; else the credits are set aside as ``ambiguous_amount``, and the equal debts are
    suggested, the oldest first.
    """
    for debts, credits in pool.sides_by_currency():
        debt_documents, credit_documents = (list(group_by_document(side).values()) for side in (debts, credits))
        _pair_equal_units(pool, debt_documents, credit_documents, BY_EXACT_DOCUMENT)
        if len(debt_documents) < len(debts) or len(credit_documents) < len(credits):
            _pair_equal_units(pool, _items(pool, debts), _items(pool, credits), BY_EXACT_ITEM)


def _pair_equal_units(pool: Pool, debts: list[Unit], credits: list[Unit], code: str) -> None:
    """Pair units of one currency that have the same amount; each unit and each list is in its order."""
    credits_by_amount = _by_amount(pool, credits)
    for amount, equal_debts in _by_amount(pool, debts).items():
        if amount not in credits_by_amount:
            continue
        equal_credits = credits_by_amount[amount]
        counts = {len(equal_debts), len(equal_credits)}
        if len(counts) == 1:
            _settle_pairs(pool, equal_debts, equal_credits, Evidence(code))
        elif OLDEST_FIRST in pool.options.rules:
            _settle_pairs(pool, equal_debts, equal_credits, Evidence(BY_EXACT_OLDEST, (str(max(counts)),)))
        else:
            for credit_unit in equal_credits:
                _set_aside(pool, credit_unit, equal_debts[:MAX_SUGGESTIONS], Evidence(code))


def _settle_pairs(pool: Pool, debts: list[Unit], credits: list[Unit], evidence: Evidence) -> None:
    """Settle the first of ``debts`` with the first of ``credits``, and so on until one list ends."""
    for debt_unit, credit_unit in zip(debts, credits, strict=False):
        pool.settle_in_order(debt_unit, credit_unit, EXACT_AMOUNT, lambda _debt: evidence)


def _set_aside(pool: Pool, credit_unit: Unit, debts: list[Unit], evidence: Evidence) -> None:
    suggestions = [Suggestion(tuple(unit), tuple(credit_unit), EXACT_AMOUNT, evidence) for unit in debts]
    for credit in credit_unit:
        pool.set_aside(credit, AMBIGUOUS_AMOUNT, suggestions)


def _items(pool: Pool, items: Iterable[OpenItem]) -> list[Unit]:
    return [[item] for item in items if pool.is_available(item)]


def _by_amount(pool: Pool, units: Iterable[Unit]) -> dict[int, list[Unit]]:
    """The units by what is open of them in total, minor units."""
    by_amount: dict[int, list[Unit]] = {}
    for unit in units:
        by_amount.setdefault(sum(map(pool.residual, unit)), []).append(unit)
    return by_amount
