"""The rule "explicit reference"."""

from __future__ import annotations

from collections.abc import Callable
from heapq import merge
from typing import Any, NamedTuple

from ..evidence import BY_BARE_NUMBER, BY_LINK, BY_ORDER, BY_REFERENCE
from ..named import NamedSide, Stack, Stacks, keep_what_is_named, stack_by_document
from ..open_item import AMBIGUOUS_REFERENCE, MAX_SUGGESTIONS, REFERENCE, Evidence, OpenItem, Suggestion
from ..pool import Pool, credit_order
from ..references import Mentions


class _Wish(NamedTuple):
    """An item and what it names: for each document, by currency. ``explain`` gives the evidence for each named item."""

    item: OpenItem
    named: list[dict[int, Stack]]
    explain: Callable[[OpenItem], Evidence]


class _Reading(NamedTuple):
    """What the texts and links of one side say: ``ambiguous`` are the wishes that can be read as two.

    ``meant``: what items name, in texts or links, by item. ``unanswered``: items with words, or links, that may mean
    what nobody here knows; ``named``: all documents that are named.
    """

    wishes: list[_Wish]
    ambiguous: list[_Wish]
    meant: list[tuple[OpenItem, Mentions]]
    unanswered: list[OpenItem]
    named: set[int]


def match_reference(pool: Pool) -> None:
    """Settle what names each other: links first, then credits' texts that name debts, then debts' texts.

    The amount need not agree. Less than the named documents' total goes in the order of the debts, the last one
    partially; of more, the remainder goes on to the next rules. A place in a text that can be read as two documents
    sets the one who wrote it aside as ``ambiguous_reference``: whoever named a document did not mean any other. What
    the text may mean is suggested, document by document. A debt's texts are read only if no credit names its document.

    What is named in the same currency is settled first, so that less has to be exchanged; then, if the pool has an
    exchange, what is named in others.

    A name that cannot be followed is not silence. Whoever names a document that may not be settled, as it is excluded,
    in another currency, outside of the selection or merely known, settles what else it names; of the rest it keeps what
    that document needs, and is left with a reason. More than that is free. Links say the same as names. What nobody
    here knows may be known to others: those who have such names are noted as ``unanswered``. A document that is outside
    names nothing.

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
    stacks = stack_by_document(debts)
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
    named = NamedSide(pool, pool.debts, pool.debts_outside)
    reading = _read(_find_naming(pool.available_credits()), named)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, pool.debt_order, _suggest_debts))
    _settle_wishes(pool, reading.wishes, _settle_named_debts)
    pool.unanswered.extend(filter(pool.is_available, reading.unanswered))
    keep_what_is_named(pool, reading.meant, named)
    return reading.named


def _settle_credits_named_by_debts(pool: Pool, named_by_credits: set[int]) -> None:
    """The mirror image, for debts that no credit has named: such as a refund that names a credit note."""
    named = NamedSide(pool, pool.credits, pool.credits_outside)
    debts = [debt for debt in _find_naming(pool.available_debts()) if debt.document not in named_by_credits]
    reading = _read(debts, named)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, credit_order, _suggest_credits))
    _settle_wishes(pool, reading.wishes, _settle_named_credits)
    pool.unanswered.extend(filter(pool.is_available, reading.unanswered))
    keep_what_is_named(pool, reading.meant, named)


def _find_naming(items: list[OpenItem]) -> list[OpenItem]:
    return [item for item in items if item.texts or item.links]


def _read(items: list[OpenItem], named: NamedSide) -> _Reading:
    """What the texts and links of ``items`` name. The links inside have been followed by now."""
    reading = _Reading([], [], [], [], set())
    if not (items and named):
        return reading
    index, all_stacks = named.index, named.stacks
    for item in items:
        mentions = index.find_mentions(item.texts)
        documents = mentions.by_document
        if documents:
            reading.named.update(documents)
            stacks = [all_stacks[document] for document in documents if document in all_stacks]
            if stacks:
                wish = _Wish(item, stacks, _explain_mentions(mentions))
                (reading.ambiguous if mentions.ambiguous else reading.wishes).append(wish)
        if mentions.unanswered or (item.links and not named.holds(item.links)):
            reading.unanswered.append(item)
            mentions = mentions._replace(by_document={**named.find_known(item.texts), **documents})
        if mentions.by_document or item.links:
            reading.meant.append((item, mentions))
    return reading


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


def _drop_used(pool: Pool, stacks: list[Stack]) -> None:
    """Take what is used up off the stacks, so that many who name one document do not all walk over what is settled."""
    for stack in stacks:
        while stack and not pool.is_available(stack[-1]):
            stack.pop()


def _explain_mentions(mentions: Mentions) -> Callable[[OpenItem], Evidence]:
    def explain(item: OpenItem) -> Evidence:
        text, identifier, bare, is_origin = mentions.by_document[item.document]
        code = BY_ORDER if is_origin else BY_BARE_NUMBER if bare else BY_REFERENCE
        return Evidence(code, (text, identifier))

    return explain
