"""What the rules of one group work on: its items, what is left of each, and what has been decided so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from .open_item import NO_PARTNER, Evidence, Match, MatchingOptions, OpenItem

DebtKey = tuple[date, date, int]


def debt_order(options: MatchingOptions) -> Callable[[OpenItem], DebtKey]:
    """The sort key of debts: (due date, document date, id), or by document date alone if the options say so."""
    if options.order_by_invoice_date:
        return lambda debt: (debt.document_date, debt.document_date, debt.id)
    return lambda debt: (debt.due_date, debt.document_date, debt.id)


def credit_order(credit: OpenItem) -> tuple[date, int]:
    """The sort key of credits: (accounting date, id)."""
    return credit.date, credit.id


def find_ineligibility(item: OpenItem) -> str | None:
    """The reason code that keeps every rule away from ``item`` from the start, or None if it may be matched."""
    return item.blocked or (None if item.group.partner else NO_PARTNER)


class Pool:
    """The items of one group with their running residuals.

    A rule reads what is still available, and records its decisions with :meth:`settle` and :meth:`set_aside`; it
    needs to know nothing of the rules before it. An item is available while something of it is open and it is not set
    aside; blocked items and items without partner are so from the start. ``debts`` and ``credits`` are all items of
    the group, in the order in which they are to be settled. ``texts_were_read`` is a note of the rule on references to
    itself: the chain of rules may run several times, but texts are read once.
    """

    def __init__(self, debts: Iterable[OpenItem], credits: Iterable[OpenItem], options: MatchingOptions) -> None:
        """Take the items of one group, in any order."""
        self.options = options
        self.debt_order = debt_order(options)
        self.debts = sorted(debts, key=self.debt_order)
        self.credits = sorted(credits, key=credit_order)
        self.matches: list[Match] = []
        self.reasons_set_aside: dict[int, str] = {}
        self.texts_were_read = False
        self._residuals: dict[int, int] = {}
        for item in (*self.debts, *self.credits):
            self._residuals[item.id] = item.residual
            reason = find_ineligibility(item)
            if reason is not None:
                self.reasons_set_aside[item.id] = reason

    def residual(self, item: OpenItem) -> int:
        """What is still open of ``item`` after the matches so far: zero or more, minor units of its currency."""
        return self._residuals[item.id]

    def is_available(self, item: OpenItem) -> bool:
        """Whether a rule may still use ``item``."""
        return self._residuals[item.id] > 0 and item.id not in self.reasons_set_aside

    def available_debts(self) -> list[OpenItem]:
        """The debts that a rule may still use, in the order in which they are to be settled."""
        return self._available(self.debts)

    def available_credits(self) -> list[OpenItem]:
        """The credits that a rule may still use, in the order in which they are to be used."""
        return self._available(self.credits)

    def _available(self, items: list[OpenItem]) -> list[OpenItem]:
        residuals, set_aside = self._residuals, self.reasons_set_aside
        return [item for item in items if residuals[item.id] and item.id not in set_aside]

    def has_both_sides(self) -> bool:
        """Whether some currency has both a debt and a credit that a rule may still use."""
        currencies = {debt.currency for debt in self.available_debts()}
        return any(credit.currency in currencies and self.is_available(credit) for credit in self.credits)

    def sides_by_currency(self) -> Iterator[tuple[list[OpenItem], list[OpenItem]]]:
        """The available debts and credits of each currency that has both, in their orders."""
        sides: dict[int, tuple[list[OpenItem], list[OpenItem]]] = {}
        for side, items in enumerate((self.available_debts(), self.available_credits())):
            for item in items:
                sides.setdefault(item.currency, ([], []))[side].append(item)
        for currency in sorted(sides):
            if all(sides[currency]):
                yield sides[currency]

    def settle(self, debt: OpenItem, credit: OpenItem, rule: str, evidence: Evidence) -> None:
        """Match as much of the pair as is open on both sides, because ``rule`` found ``evidence``.

        Does nothing when either is not available any more or the currencies differ, so a rule may name pairs freely.
        """
        if debt.currency != credit.currency or not (self.is_available(debt) and self.is_available(credit)):
            return
        amount = min(self._residuals[debt.id], self._residuals[credit.id])
        self._residuals[debt.id] -= amount
        self._residuals[credit.id] -= amount
        self.matches.append(Match(debt, credit, amount, amount, rule, evidence))

    def settle_in_order(
        self,
        debts: list[OpenItem],
        credits: list[OpenItem],
        rule: str,
        explain: Callable[[OpenItem], Evidence],
    ) -> None:
        """Settle ``debts`` with ``credits``, all available and of one currency, each list from its start, until one
        list is used up. ``explain`` gives the evidence for each debt.
        """
        debt_position = credit_position = 0
        while debt_position < len(debts) and credit_position < len(credits):
            debt, credit = debts[debt_position], credits[credit_position]
            self.settle(debt, credit, rule, explain(debt))
            debt_position += not self.is_available(debt)
            credit_position += not self.is_available(credit)

    def set_aside(self, item: OpenItem, reason: str) -> None:
        """Keep every later rule away from ``item``: whatever they found would be a guess. The first reason stays."""
        self.reasons_set_aside.setdefault(item.id, reason)

    def progress(self) -> int:
        """A number that grows with every decision: how many matches were made and items set aside so far."""
        return len(self.matches) + len(self.reasons_set_aside)
