"""The rule "explicit reference"."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple

from ..evidence import BY_BARE_NUMBER, BY_LINK, BY_ORDER, BY_REFERENCE
from ..open_item import (
    AMBIGUOUS_REFERENCE,
    MAX_SUGGESTIONS,
    NAMED_CURRENCY,
    NAMED_EXCLUDED,
    NAMED_OUTSIDE,
    NAMED_RESERVED,
    NAMED_SETTLED,
    NO_EXCHANGE_JOURNAL,
    REFERENCE,
    RESERVED,
    Evidence,
    KnownDocument,
    Named,
    OpenItem,
    Suggestion,
)
from ..pool import Pool, credit_order
from ..references import Mentions, ReferenceIndex

Stack = list[OpenItem]  # items of one document and currency, the next one to be settled on top, which is at the end
Stacks = dict[int, dict[int, Stack]]  # document -> currency -> its items

_NAMED_BLOCKED = {RESERVED: NAMED_RESERVED, NO_EXCHANGE_JOURNAL: NAMED_CURRENCY}  # else it is excluded


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
    named = _Named(pool, pool.debts, pool.debts_outside)
    reading = _read(_find_naming(pool.available_credits()), named)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, pool.debt_order, _suggest_debts))
    _settle_wishes(pool, reading.wishes, _settle_named_debts)
    _keep_what_is_named(pool, reading, named)
    return reading.named


def _settle_credits_named_by_debts(pool: Pool, named_by_credits: set[int]) -> None:
    """The mirror image, for debts that no credit has named: such as a refund that names a credit note."""
    named = _Named(pool, pool.credits, pool.credits_outside)
    debts = [debt for debt in _find_naming(pool.available_debts()) if debt.document not in named_by_credits]
    reading = _read(debts, named)
    for wish in reading.ambiguous:
        pool.set_aside(wish.item, AMBIGUOUS_REFERENCE, _suggest(pool, wish, credit_order, _suggest_credits))
    _settle_wishes(pool, reading.wishes, _settle_named_credits)
    _keep_what_is_named(pool, reading, named)


def _find_naming(items: list[OpenItem]) -> list[OpenItem]:
    return [item for item in items if item.texts or item.links]


class _Named:
    """What the items of the other side may name: items inside and outside of the selection, and known documents.

    Most of it is made when it is first needed: most names are followed, and that is all.
    """

    def __init__(self, pool: Pool, inside: list[OpenItem], outside: list[OpenItem]) -> None:
        self._pool, self._inside, self._outside = pool, inside, outside
        self.are_debts = inside is pool.debts
        self.has_blocked = bool(outside) or any(item.blocked for item in inside)

    def __bool__(self) -> bool:
        return bool(self._inside or self._outside)

    @cached_property
    def stacks(self) -> Stacks:
        """What may be settled now."""
        return _stack_by_document(list(filter(self._pool.is_available, self._inside)))

    @cached_property
    def index(self) -> ReferenceIndex:
        return ReferenceIndex(chain(self._inside, self._outside))

    @cached_property
    def items(self) -> dict[int, list[OpenItem]]:
        by_document: dict[int, list[OpenItem]] = {}
        for item in self._inside:
            by_document.setdefault(item.document, []).append(item)
        return by_document

    @cached_property
    def outside(self) -> set[int]:
        return {item.document for item in self._outside}

    @cached_property
    def known(self) -> dict[int, KnownDocument]:
        return {document.document: document for document in self._pool.known}

    @cached_property
    def known_index(self) -> ReferenceIndex:
        return ReferenceIndex(self._pool.known)

    def holds(self, documents: Iterable[int]) -> bool:
        """Whether all of these are documents of the group."""
        return all(document in self.items or document in self.outside for document in documents)


def _read(items: list[OpenItem], named: _Named) -> _Reading:
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
            if named.known:
                of_known = named.known_index.find_mentions(item.texts, index)
                mentions = mentions._replace(by_document={**of_known.by_document, **documents})
        if mentions.by_document or item.links:
            reading.meant.append((item, mentions))
    return reading


def _keep_what_is_named(pool: Pool, reading: _Reading, named: _Named) -> None:
    """Keep what is left of items for what they name, and did not settle."""
    pool.unanswered.extend(filter(pool.is_available, reading.unanswered))
    meant = [(item, mentions) for item, mentions in reading.meant if pool.is_available(item)]
    if not meant:
        return
    met: dict[int, set[int]] = {}  # item -> documents of which it has settled something
    for debt, credit, *_amounts in pool.matches:
        this, other = (credit, debt) if named.are_debts else (debt, credit)
        met.setdefault(this.id, set()).add(other.document)
    for item, mentions in meant:
        settled = met.get(item.id, ())
        if not named.has_blocked and not item.links and settled and mentions.by_document.keys() <= settled:
            continue  # as most do: it has met all that it names
        refused, needs = [], []
        for document in sorted({*mentions.by_document, *item.links}):
            refusal = _find_refusal(pool, item, document, named, document in settled)
            if refusal is not None:
                mention = mentions.by_document.get(document)
                text, identifier = (mention.text, mention.identifier) if mention else ("", "")
                refused.append(Named(document, refusal[0], text, identifier))
                needs.append(refusal[1])
        if refused:
            pool.keep(item, pool.residual(item) if None in needs else sum(filter(None, needs)), refused)


def _find_refusal(
    pool: Pool, item: OpenItem, document: int, named: _Named, has_settled: bool
) -> tuple[str, int | None] | None:
    """Why ``item``, which names ``document``, may not settle it, and how much the document needs.

    The amount is in minor units of the item's currency, and None where that is unknown. Returns None where there is
    nothing to keep: the item has settled the document as far as it could, or nobody knows the document.
    """
    if document in named.outside:
        return NAMED_OUTSIDE, None
    if document in named.items:
        others = named.items[document]
        in_currency = [other for other in others if other.currency == item.currency]
        need = sum(other.residual for other in in_currency) if len(in_currency) == len(others) else None
        blocked = next((other.blocked for other in others if other.blocked), None)
        if blocked:
            need = sum(other.residual for other in others if other.blocked) if need is not None else None
            return _NAMED_BLOCKED.get(blocked, NAMED_EXCLUDED), need
        if has_settled:
            return None
        if not in_currency and not pool.crosses_currencies:
            return NAMED_CURRENCY, None
        if item.is_refund or any(pool.residual(other) for other in others):
            return None  # it follows a paid invoice; or it is worth nothing in the currency of what it names
        return NAMED_SETTLED, need  # by another one, in this plan
    known = named.known.get(document)
    if known is None or document == item.document or item.id in known.released:
        return None
    if item.is_refund and known.reason == NAMED_SETTLED:
        return None
    return known.reason, known.amount if known.currency == item.currency else None


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
        text, identifier, bare, is_origin = mentions.by_document[item.document]
        code = BY_ORDER if is_origin else BY_BARE_NUMBER if bare else BY_REFERENCE
        return Evidence(code, (text, identifier))

    return explain
