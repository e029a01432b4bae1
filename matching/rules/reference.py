"""The rule "explicit reference"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

from ..evidence import BY_BARE_NUMBER, BY_LINK, BY_REFERENCE
from ..open_item import (
    AMBIGUOUS_REFERENCE,
    MAX_SUGGESTIONS,
    NAMED_OUTSIDE,
    REFERENCE,
    Evidence,
    OpenItem,
    Suggestion,
)
from ..pool import Pool, credit_order
from ..references import Mentions, ReferenceIndex

Stack = list[OpenItem]  # items of one document and currency, the next one to be settled on top, which is at the end
Stacks = dict[int, dict[int, Stack]]  # document -> currency -> its items


class _Wish(NamedTuple):
    """An item and what it names: for each document, by currency. ``explain`` gives the evidence for each named item."""

    item: OpenItem
    named: list[dict[int, Stack]]
    explain: Callable[[OpenItem], Evidence]


class _Reading(NamedTuple):
    """What the texts of one side say: ``ambiguous`` are the wishes that can be read as two.

    ``naming_outside``: items that name something outside of the selection; ``named``: all documents that are named.
    """

    wishes: list[_Wish]
    ambiguous: list[_Wish]
    naming_outside: list[OpenItem]
    named: set[int]


def match_reference(pool: Pool) -> None:
    """Settle what names each other: links first, then credits' texts that name debts, then debts' texts.

    The amount need not agree. Less than the named documents' total goes in the order of the debts, the last one
    partially; of more, the remainder goes on to the next rules. A place in a text that can be read as two documents
    sets the one who wrote it aside as ``ambiguous_reference``: whoever named a document did not mean any other. What
    the text may mean is suggested, document by document. A debt's texts are read only if no credit names its document.

    What is named in the same currency is settled first, so that less has to be exchanged; then, if the pool has an
    exchange, what is named in others.

    What is outside of the selection is found in texts and links like anything else, so that a number means the same
    whatever is selected, but it is not settled. Whoever names such a document settles what it names inside; what is
    then left of it was meant for outside, and is set aside as ``named_outside``. Who is outside names nothing.

    Texts are read once per plan, while all that they may name is still there: among fewer documents the remainder of
    a credit that said "RE 12345" would seem to name KD-12345.
    """
    _settle_links(pool)
    if not pool.texts_were_read:
        pool.texts_were_read = True
        named = _settle_debts_named_by_credits(pool)
        _settle_credits_named_by_debts(pool, named)


def _settle_links(pool: Pool) -> None:
    debts, credits = pool.available_debts(), pool.available_credits()
    if not any(item.links for side in (debts, credits) for item in side):
        return
    stacks = _stack_by_document(debts)
    stacks_of_linking_debts: Stacks = {}
    for debt in reversed(debts):
        for document in debt.links:
            stacks_of_linking_debts.setdefault(document, {}).setdefault(debt.currency, []).append(debt)
    wishes = []
    for credit in credits:
        linked = [stacks[document] for document in credit.links if document in stacks]
        if credit.document in stacks_of_linking_debts:
            linked.append(stacks_of_linking_debts[credit.document])
        wishes.append(_Wish(credit, linked, lambda _debt: Evidence(BY_LINK)))
    _settle_wishes(pool, wishes, _settle_named_debts)


def _settle_debts_named_by_credits(pool: Pool) -> set[int]:
    """Settle the debts that credits' texts name, and return all documents that were named."""
    reading = _read(pool.available_credits(), pool.available_debts(), pool.debts_outside)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, pool.debt_order, _suggest_debts))
    _settle_wishes(pool, reading.wishes, _settle_named_debts)
    _set_aside(pool, reading.naming_outside)
    return reading.named


def _settle_credits_named_by_debts(pool: Pool, named: set[int]) -> None:
    """The mirror image, for debts whose document is not among ``named``: such as a refund that names a credit note."""
    debts = [debt for debt in pool.available_debts() if debt.document not in named]
    reading = _read(debts, pool.available_credits(), pool.credits_outside)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, credit_order, _suggest_credits))
    _settle_wishes(pool, reading.wishes, _settle_named_credits)
    _set_aside(pool, reading.naming_outside)


def _read(items: list[OpenItem], inside: list[OpenItem], outside: list[OpenItem]) -> _Reading:
    """What the texts of ``items`` name among the items of the other side, ``inside`` and ``outside`` of the selection.

    Their links outside count as well; those inside have been settled by now.
    """
    documents_outside = {item.document for item in outside}
    reading = _Reading([], [], [item for item in items if not documents_outside.isdisjoint(item.links)], set())
    items = [item for item in items if item.texts]
    if not items or not (inside or outside):
        return reading
    index, stacks = ReferenceIndex(chain(inside, outside)), _stack_by_document(inside)
    for item in items:
        mentions = index.find_mentions(item.texts)
        if not mentions.by_document:
            continue
        reading.named.update(mentions.by_document)
        named = [stacks[document] for document in mentions.by_document if document in stacks]
        if named:
            (reading.ambiguous if mentions.ambiguous else reading.wishes).append(
                _Wish(item, named, _explain_mentions(mentions))
            )
        if not documents_outside.isdisjoint(mentions.by_document):
            reading.naming_outside.append(item)
    return reading


def _set_aside(pool: Pool, naming_outside: Iterable[OpenItem]) -> None:
    for item in naming_outside:
        if pool.is_available(item):
            pool.set_aside(item, NAMED_OUTSIDE)


def _settle_wishes(
    pool: Pool,
    wishes: list[_Wish],
    settle: Callable[[Pool, OpenItem, list[Stack], Callable[[OpenItem], Evidence]], None],
) -> None:
    """Settle every item with what it names in its own currency, then with what it names in others."""
    for across in (False, True) if pool.crosses_currencies else (False,):
        for item, named, explain in wishes:
            stacks = [
                stack
                for by_currency in named
                for currency, stack in by_currency.items()
                if stack and (currency != item.currency) == across
            ]
            if stacks:
                settle(pool, item, stacks, explain)


def _suggest(
    pool: Pool,
    wish: _Wish,
    order: Callable[[OpenItem], Any],
    suggest: Callable[[OpenItem, tuple[OpenItem, ...], Evidence], Suggestion],
) -> list[Suggestion]:
    """One suggestion for each document that an item may name, as far as the two can be settled with each other."""
    documents = []
    for by_currency in wish.named:
        stacks = [
            reversed(stack)
            for currency, stack in by_currency.items()
            if currency == wish.item.currency or pool.crosses_currencies
        ]
        items = tuple(filter(pool.is_available, merge(*stacks, key=order)))
        if items:
            documents.append(items)
    documents.sort(key=lambda items: order(items[0]))
    return [suggest(wish.item, items, wish.explain(items[0])) for items in documents[:MAX_SUGGESTIONS]]


def _suggest_debts(credit: OpenItem, debts: tuple[OpenItem, ...], evidence: Evidence) -> Suggestion:
    return Suggestion(debts, (credit,), REFERENCE, evidence)


def _suggest_credits(debt: OpenItem, credits: tuple[OpenItem, ...], evidence: Evidence) -> Suggestion:
    return Suggestion((debt,), credits, REFERENCE, evidence)


def _settle_named_debts(
    pool: Pool, credit: OpenItem, stacks: list[Stack], explain: Callable[[OpenItem], Evidence]
) -> None:
    """Settle the debts in ``stacks`` with ``credit``, in the order of the debts over all stacks."""
    for debt in merge(*map(reversed, stacks), key=pool.debt_order):
        pool.settle(debt, credit, REFERENCE, explain(debt))
        if not pool.is_available(credit):
            break
    _drop_used(pool, stacks)


def _settle_named_credits(
    pool: Pool, debt: OpenItem, stacks: list[Stack], explain: Callable[[OpenItem], Evidence]
) -> None:
    """Settle ``debt`` with the credits in ``stacks``, in the order of the credits over all stacks."""
    for credit in merge(*map(reversed, stacks), key=credit_order):
        pool.settle(debt, credit, REFERENCE, explain(credit))
        if not pool.is_available(debt):
            break
    _drop_used(pool, stacks)


def _stack_by_document(items: list[OpenItem]) -> Stacks:
    stacks: Stacks = {}
    for item in reversed(items):
        stacks.setdefault(item.document, {}).setdefault(item.currency, []).append(item)
    return stacks


def _drop_used(pool: Pool, stacks: list[Stack]) -> None:
    """Take what is used up off the stacks, so that many who name one document do not all walk over what is settled."""
    for stack in stacks:
        while stack and not pool.is_available(stack[-1]):
            stack.pop()


def _explain_mentions(mentions: Mentions) -> Callable[[OpenItem], Evidence]:
    def explain(item: OpenItem) -> Evidence:
        text, identifier, bare = mentions.by_document[item.document]
        return Evidence(BY_BARE_NUMBER if bare else BY_REFERENCE, (text, identifier))

    return explain
