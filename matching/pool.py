"""What the rules of one group work on: its items, what is left of each, and what has been decided so far."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date

from .combination import Verdict
from .invariants import PlanError
from .open_item import (
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_COMBINATION,
    CREDIT,
    DEBT,
    MAX_SUGGESTIONS,
    NO_PARTNER,
    OUTSIDE,
    Cap,
    Evidence,
    Exchange,
    KnownDocument,
    Match,
    MatchingOptions,
    Named,
    OpenItem,
    Suggestion,
    WriteOff,
)

DebtKey = tuple[date, date, int]
CreditKey = tuple[date, int]


def debt_order(options: MatchingOptions) -> Callable[[OpenItem], DebtKey]:
    """The sort key of debts: (due date, document date, id), or by document date alone if the options say so."""
    if options.order_by_invoice_date:
        return lambda debt: (debt.document_date, debt.document_date, debt.id)
    return lambda debt: (debt.due_date, debt.document_date, debt.id)


def credit_order(credit: OpenItem) -> CreditKey:
    """The sort key of credits: (accounting date, id)."""
    return credit.date, credit.id


def find_ineligibility(item: OpenItem) -> str | None:
    """The reason code that keeps every rule away from ``item`` from the start, or None if it may be matched."""
    return item.blocked or (None if item.group.partner else NO_PARTNER)


def _split_off_outside(items: Iterable[OpenItem]) -> tuple[list[OpenItem], list[OpenItem]]:
    inside: list[OpenItem] = []
    outside: list[OpenItem] = []
    for item in items:
        (outside if item.blocked == OUTSIDE else inside).append(item)
    return inside, outside


def group_by_document(items: Iterable[OpenItem]) -> dict[int, list[OpenItem]]:
    """The items by journal entry; entries, and the items of each, in the order of ``items``."""
    by_document: dict[int, list[OpenItem]] = {}
    for item in items:
        by_document.setdefault(item.document, []).append(item)
    return by_document


class Pool:
    """The items of one group with their running residuals.

    A rule reads what is still available, and records its decisions with :meth:`settle`, :meth:`set_aside`,
    :meth:`keep` and :meth:`write_off`; it needs to know nothing of the rules before it. An item is available while
    something of it is open and free, and it is not set aside; blocked items and items without partner are so from the
    start. ``debts`` and ``credits`` are the items of the group, in the order in which they are to be settled, without
    those outside of the selection: they are in ``debts_outside`` and ``credits_outside``, for the rule that reads
    names, as are the ``known`` documents.

    Some attributes are notes of rules to themselves, because the chain of rules may run several times.
    ``texts_were_read``: texts are read once. ``unanswered``: items with words that may be names of what nobody here
    knows. ``verdicts``: a search for a combination is made once; ``exhausted`` holds
    the ids of the items for which the last one could not be completed, which keeps no other rule away from them.
    """

    def __init__(
        self,
        debts: Iterable[OpenItem],
        credits: Iterable[OpenItem],
        options: MatchingOptions,
        exchange: Exchange | None = None,
        known: Sequence[KnownDocument] = (),
    ) -> None:
        """Take the items of one group, in any order. With ``exchange``, pairs may be of different currencies."""
        self.options = options
        self.debt_order = debt_order(options)
        debts, self.debts_outside = _split_off_outside(debts)
        credits, self.credits_outside = _split_off_outside(credits)
        self.debts = sorted(debts, key=self.debt_order)
        self.credits = sorted(credits, key=credit_order)
        self.matches: list[Match] = []
        self.write_offs: list[WriteOff] = []
        self.reasons_set_aside: dict[int, str] = {}
        self.suggestions: dict[int, tuple[Suggestion, ...]] = {}
        self.known = known
        self.named: dict[int, tuple[Named, ...]] = {}
        self.texts_were_read = False
        self.unanswered: list[OpenItem] = []
        self.verdicts: dict[Hashable, Verdict] = {}
        self.exhausted: set[int] = set()
        self._exchange = exchange
        self._settled_before_lifting = 0
        self._residuals: dict[int, int] = {}  # what is open and free
        self._kept: dict[int, int] = {}
        for side in (self.debts, self.credits):
            for item in side:
                self._residuals[item.id] = item.residual
                if item.blocked or not item.group.partner:
                    self.reasons_set_aside[item.id] = item.blocked or NO_PARTNER

    @property
    def crosses_currencies(self) -> bool:
        """Whether pairs of different currencies can be settled."""
        return self._exchange is not None

    def residual(self, item: OpenItem) -> int:
        """What a rule may still use of ``item`` after the decisions so far: zero or more, minor units of its currency.

        It is all that is open, but for what is kept.
        """
        return self._residuals[item.id]

    def kept(self, item: OpenItem) -> int:
        """How much of ``item`` is kept for what it names: zero or more, minor units of its currency."""
        return self._kept.get(item.id, 0)

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
        """Whether there are a debt and a credit that a rule may still use and that may be settled with each other."""
        credits = self.available_credits()
        if not credits:
            return False
        currencies = {debt.currency for debt in self.available_debts()}
        return bool(currencies) if self.crosses_currencies else any(credit.currency in currencies for credit in credits)

    def has_names_to_read(self) -> bool:
        """Whether something here may be meant for an item outside of the selection, and nobody has looked yet."""
        return bool(self.debts_outside or self.credits_outside) and not self.texts_were_read

    def sides_by_currency(self) -> Iterator[tuple[list[OpenItem], list[OpenItem]]]:
        """The available debts and credits of each currency that has both, in their orders."""
        debts, credits = self.available_debts(), self.available_credits()
        if not (debts and credits):
            return
        currencies = {debt.currency for debt in debts} & {credit.currency for credit in credits}
        for currency in sorted(currencies):
            yield (
                [debt for debt in debts if debt.currency == currency],
                [credit for credit in credits if credit.currency == currency],
            )

    def settle(self, debt: OpenItem, credit: OpenItem, rule: str, evidence: Evidence) -> None:
        """Match as much of the pair as is open on both sides, because ``rule`` found ``evidence``.

        Does nothing when either is not available any more, or the currencies differ and the pool has no exchange, or
        that finds the pair worth nothing; so a rule may name pairs freely.
        """
        if not (self.is_available(debt) and self.is_available(credit)):
            return
        if self._exchange is not None:
            amounts = self._ask_exchange(self._exchange, debt, credit)
            if amounts is None:
                return
            amount, credit_amount = amounts
        elif debt.currency == credit.currency:
            amount = credit_amount = min(self._residuals[debt.id], self._residuals[credit.id])
        else:
            return
        self._residuals[debt.id] -= amount
        self._residuals[credit.id] -= credit_amount
        cap = self._find_cap(debt, amount, credit, credit_amount) if self._kept else None
        self.matches.append(Match(debt, credit, amount, credit_amount, rule, evidence, cap))

    def _find_cap(self, debt: OpenItem, amount: int, credit: OpenItem, credit_amount: int) -> Cap | None:
        """The cap of a pair that would settle more if nothing of the two items were kept."""
        sides = ((DEBT, debt, amount), (CREDIT, credit, credit_amount))
        if any(not self._residuals[item.id] and not self.kept(item) for _side, item, _amount in sides):
            return None  # one of the two is settled in full
        return next(Cap(side, settled) for side, item, settled in sides if not self._residuals[item.id])

    def _ask_exchange(self, exchange: Exchange, debt: OpenItem, credit: OpenItem) -> tuple[int, int] | None:
        """What the pair settles. An answer that settles neither side in full would make the rules go on for ever."""
        caps = [
            Cap(side, self._residuals[item.id]) for side, item in ((DEBT, debt), (CREDIT, credit)) if self.kept(item)
        ]
        if len(caps) > 1 and debt.currency != credit.currency:
            return None  # nobody knows which of the two free parts is worth more
        amounts = exchange.settle(debt, credit, min(caps, key=lambda cap: cap.amount, default=None))
        if amounts is not None:
            left = (self._residuals[debt.id] - amounts[0], self._residuals[credit.id] - amounts[1])
            if min(*amounts) <= 0 or min(left) != 0:
                raise PlanError(f"Debt {debt.id} and credit {credit.id} cannot settle {amounts[0]} and {amounts[1]}.")
        return amounts

    def settle_in_order(
        self,
        debts: list[OpenItem],
        credits: list[OpenItem],
        rule: str,
        explain: Callable[[OpenItem], Evidence],
    ) -> None:
        """Settle ``debts`` with ``credits``, each list from its start, until one list is used up.

        A pair that cannot be settled, as there is nothing to exchange, is passed over. ``explain`` gives the evidence
        for each debt.
        """
        waiting = credits[::-1]  # the next one on top, which is at the end
        for debt in debts:
            passed_over = []
            while waiting and self.is_available(debt):
                credit = waiting.pop()
                self.settle(debt, credit, rule, explain(debt))
                if self.is_available(credit):
                    passed_over.append(credit)
            waiting.extend(reversed(passed_over))
            if not waiting:
                return

    def set_aside(self, item: OpenItem, reason: str, suggestions: Sequence[Suggestion] = ()) -> None:
        """Keep every later rule away from ``item``: whatever they found would be a guess. The first reason stays.

        ``suggestions``: the answers that the rule found; the first few are kept.
        """
        if item.id not in self.reasons_set_aside:
            self.reasons_set_aside[item.id] = reason
            self.suggestions[item.id] = tuple(suggestions[:MAX_SUGGESTIONS])

    def keep(self, item: OpenItem, amount: int, named: Sequence[Named]) -> None:
        """Keep up to ``amount`` (minor units) of what is still open of ``item`` for the documents that it names.

        ``named``: at least one. The rest of the item is free.
        """
        amount = min(amount, self._residuals[item.id])
        self._residuals[item.id] -= amount
        self._kept[item.id] = self.kept(item) + amount
        self.named[item.id] = (*self.named.get(item.id, ()), *named)

    def write_off(self, item: OpenItem, rule: str, evidence: Evidence) -> None:
        """Write off all that is still open of ``item``, which is available, because ``rule`` found ``evidence``."""
        self.write_offs.append(WriteOff(item, self._residuals[item.id], rule, evidence))
        self._residuals[item.id] = 0

    def progress(self) -> int:
        """A number that grows with every decision: how many matches, write-offs and items set aside there are."""
        return self._settled() + len(self.reasons_set_aside)

    def _settled(self) -> int:
        return len(self.matches) + len(self.write_offs)

    def lift_ambiguity(self) -> bool:
        """Make available again what was set aside because amounts gave several answers, if anything was settled since.

        What a text may mean does not depend on what else is open, so items with an ambiguous reference stay aside.
        Returns whether there is anything to look at anew.
        """
        ambiguous = [
            item_id
            for item_id, reason in self.reasons_set_aside.items()
            if reason in (AMBIGUOUS_AMOUNT, AMBIGUOUS_COMBINATION)
        ]
        if not ambiguous or self._settled() == self._settled_before_lifting:
            return False
        self._settled_before_lifting = self._settled()
        for item_id in ambiguous:
            del self.reasons_set_aside[item_id], self.suggestions[item_id]
        return True
