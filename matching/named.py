"""What is meant for a document that it may not settle: how much of it is kept, and why.

A name that cannot be followed is not silence. Whoever names an invoice that is excluded, settled already, a draft or of
somebody else did not mean the oldest one. So it is kept for what it names, as much as that needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property
from itertools import chain

from .open_item import (
    NAMED_CANCELLED,
    NAMED_CURRENCY,
    NAMED_EXCLUDED,
    NAMED_ORDER,
    NAMED_OUTSIDE,
    NAMED_RESERVED,
    NAMED_SETTLED,
    NAMED_TOO_LARGE,
    NO_EXCHANGE_JOURNAL,
    RESERVED,
    TOO_LARGE,
    Group,
    KnownDocument,
    Named,
    OpenItem,
)
from .pool import Pool, group_by_document
from .references import Mention, Mentions, ReferenceIndex, squash

Stack = list[OpenItem]  # items of one document and currency, the next one to be settled on top, which is at the end
Stacks = dict[int, dict[int, Stack]]  # document -> currency -> its items

# else it is excluded
_NAMED_BLOCKED = {RESERVED: NAMED_RESERVED, TOO_LARGE: NAMED_TOO_LARGE, NO_EXCHANGE_JOURNAL: NAMED_CURRENCY}
# what says where a reversal came from, and not what it is for
_FREE_FOR_REVERSALS = {NAMED_SETTLED, NAMED_CANCELLED, NAMED_CURRENCY, NAMED_ORDER}


class NamedSide:
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
        return stack_by_document(list(filter(self._pool.is_available, self._inside)))

    @cached_property
    def index(self) -> ReferenceIndex:
        return ReferenceIndex(chain(self._inside, self._outside))

    @cached_property
    def items(self) -> dict[int, list[OpenItem]]:
        return group_by_document(self._inside)

    @cached_property
    def items_outside(self) -> dict[int, list[OpenItem]]:
        return group_by_document(self._outside)

    @cached_property
    def known(self) -> dict[int, KnownDocument]:
        return {document.document: document for document in self._pool.known}

    @cached_property
    def _own(self) -> ReferenceIndex:
        return ReferenceIndex(document for document in self._pool.known if not document.is_strangers)

    @cached_property
    def _strangers(self) -> ReferenceIndex:
        return ReferenceIndex(document for document in self._pool.known if document.is_strangers)

    def find_known(self, texts: tuple[str, ...]) -> dict[int, Mention]:
        """The known documents that texts name, in words that nothing here answers to. What is the payer's own is no
        name of somebody else's."""
        if not self._pool.known:
            return {}
        own = self._own.find_mentions(texts, (self.index,))
        others = self._strangers.find_mentions(texts, (self.index, self._own))
        return {**others.by_document, **own.by_document}

    def holds(self, documents: Iterable[int]) -> bool:
        """Whether all of these are documents of the group."""
        return all(document in self.items or document in self.items_outside for document in documents)


def find_groups_with_names(items: Iterable[OpenItem], known: Iterable[KnownDocument]) -> set[Group]:
    """The groups in which one of ``items`` names, or is linked with, a ``known`` document of its group: elsewhere a
    plan that knows them is the same."""
    by_group: dict[Group, list[KnownDocument]] = {}
    for document in known:
        by_group.setdefault(document.group, []).append(document)
    indexes = {group: ReferenceIndex(documents) for group, documents in by_group.items()}
    links = {group: {document.document for document in documents} for group, documents in by_group.items()}
    return {
        item.group
        for item in items
        if item.group in indexes
        and (not links[item.group].isdisjoint(item.links) or indexes[item.group].find_mentions(item.texts).by_document)
    }


def keep_what_is_named(pool: Pool, meant: Iterable[tuple[OpenItem, Mentions]], side: NamedSide) -> None:
    """Keep what is left of items for what they name, and may not settle.

    ``meant``: items with what their texts name; their links count as well. An item that has settled something of a
    document, now or before, is done with it; the same holds for an order, and for all that it is linked with.
    """
    meant = [(item, mentions) for item, mentions in meant if pool.is_available(item)]
    if not meant:
        return
    settled: dict[int, set[int]] = {}  # item -> documents
    for debt, credit, *_amounts in pool.matches:
        this, other = (credit, debt) if side.are_debts else (debt, credit)
        settled.setdefault(this.id, set()).add(other.document)
    for item, mentions in meant:
        now = settled.get(item.id, set())
        if not side.has_blocked and not item.links and now and mentions.by_document.keys() <= now:
            continue  # as most do: it has settled all that it names
        _keep(pool, item, mentions, side, now)


def _keep(pool: Pool, item: OpenItem, mentions: Mentions, side: NamedSide, settled: set[int]) -> None:
    documents = {*mentions.by_document, *item.links} - {item.document}
    settled = settled | {
        document for document in documents if document in side.known and item.id in side.known[document].released
    }
    done = {_get_owner(item, mentions, document) for document in settled & documents}
    refused, needs = [], []
    for document in sorted(documents):
        refusal = _find_refusal(pool, item, document, side, document in settled)
        if refusal is None:
            continue
        reason, need = refusal
        if reason == NAMED_SETTLED and _get_owner(item, mentions, document) in done:
            continue
        if reason == NAMED_CANCELLED and document not in mentions.by_document:
            continue  # it was made for it, and then for what came in its place
        mention = mentions.by_document.get(document)
        refused.append(Named(document, reason, *(mention[:2] if mention else ())))
        needs.append(need)
    if refused:
        pool.keep(item, pool.residual(item) if None in needs else sum(filter(None, needs)), refused)
        if item.partly_settled and any(name.reason == NAMED_SETTLED for name in refused):
            pool.unanswered.append(item)  # whether by itself, before, only the ledger knows


def _get_owner(item: OpenItem, mentions: Mentions, document: int) -> Hashable:
    """What is named by the name, or the link, of a document: several belong to one order."""
    if document in item.links:
        return "links"
    mention = mentions.by_document[document]
    return squash(mention.identifier) if mention.is_origin else document


def _find_refusal(
    pool: Pool, item: OpenItem, document: int, side: NamedSide, has_settled: bool
) -> tuple[str, int | None] | None:
    """Why ``item``, which names ``document``, may not settle it, and how much the document needs.

    The amount is in minor units of the item's currency, and None where that is unknown. Returns None where there is
    nothing to keep: the item has settled the document as far as it could, or nobody knows the document.
    """
    refusal: tuple[str, int | None] | None = None
    if document in side.items_outside:
        refusal = NAMED_OUTSIDE, _count_need(item, side.items_outside[document])
    elif document in side.items:
        refusal = _find_refusal_inside(pool, item, side.items[document], has_settled)
    elif document in side.known and not has_settled:
        known = side.known[document]
        refusal = known.reason, known.amount if known.currency == item.currency else None
    if refusal and item.is_reversal and refusal[0] in _FREE_FOR_REVERSALS:
        return None
    if refusal and refusal[0] == NAMED_SETTLED and not side.are_debts:
        return None  # a debt that names a credit which is used up is still owed
    return refusal


def _find_refusal_inside(
    pool: Pool, item: OpenItem, others: list[OpenItem], has_settled: bool
) -> tuple[str, int | None] | None:
    """The same, of a document with ``others`` open before this plan."""
    blocked = [other for other in others if other.blocked]
    if blocked:
        return _NAMED_BLOCKED.get(blocked[0].blocked or "", NAMED_EXCLUDED), _count_need(item, blocked)
    if has_settled:
        return None
    if not pool.crosses_currencies and all(other.currency != item.currency for other in others):
        return NAMED_CURRENCY, None
    if any(pool.residual(other) or pool.kept(other) for other in others):
        return None  # it is worth nothing in the currency of what it names, or that is kept itself
    return NAMED_SETTLED, _count_need(item, others)  # by another one, in this plan


def _count_need(item: OpenItem, others: list[OpenItem]) -> int | None:
    """What is open of ``others``, None if that is not all in the currency of ``item``."""
    return sum(other.residual for other in others) if all(other.currency == item.currency for other in others) else None


def stack_by_document(items: list[OpenItem]) -> Stacks:
    stacks: Stacks = {}
    for item in reversed(items):
        stacks.setdefault(item.document, {}).setdefault(item.currency, []).append(item)
    return stacks
