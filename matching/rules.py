"""The rules: one function each, in the dictionary RULES.

A rule takes the pool of one group, reads what is available there and records what it decides. It is deterministic:
the order of its input never shows in its result. It never guesses: where two answers differ in substance it settles
nothing and sets the item aside. All rules here work within one currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import merge

from .evidence import (
    BY_BARE_NUMBER,
    BY_EXACT_DOCUMENT,
    BY_EXACT_ITEM,
    BY_EXACT_OLDEST,
    BY_LINK,
    BY_OLDEST_DUE,
    BY_OLDEST_INVOICE,
    BY_REFERENCE,
)
from .first_fit import FirstFit
from .open_item import (
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_REFERENCE,
    EXACT_AMOUNT,
    OLDEST_FIRST,
    REFERENCE,
    Evidence,
    OpenItem,
)
from .pool import Pool, credit_order
from .references import Mentions, ReferenceIndex

Rule = Callable[[Pool], None]
Stack = list[OpenItem]  # items of one document and currency, the next one to be settled on top, which is at the end
Stacks = dict[tuple[int, int], Stack]  # (document, currency) -> its items
Unit = list[OpenItem]  # items that are compared, and settled, as one amount

# --- explicit reference ----------------------------------------------------------------------------------------------


def match_reference(pool: Pool) -> None:
    """Settle what names each other: links first, then credits' texts that name debts, then debts' texts.

    The amount need not agree. Less than the named documents' total goes in the order of the debts, the last one
    partially; of more, the remainder goes on to the next rules. A place in a text that can be read as two documents
    sets the one who wrote it aside as ``ambiguous_reference``: whoever named a document did not mean any other.
    A debt's texts are read only if no credit names its document.

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
            stacks_of_linking_debts.setdefault((document, debt.currency), []).append(debt)
    for credit in credits:
        linked = [stacks.get((document, credit.currency)) for document in credit.links]
        linked.append(stacks_of_linking_debts.get((credit.document, credit.currency)))
        _settle_named_debts(pool, credit, linked, lambda _debt: Evidence(BY_LINK))


def _settle_debts_named_by_credits(pool: Pool) -> set[int]:
    """Settle the debts that credits' texts name, and return all documents that were named."""
    named: set[int] = set()
    credits = [credit for credit in pool.available_credits() if credit.texts]
    debts = pool.available_debts() if credits else []
    if not debts:
        return named
    index, stacks = ReferenceIndex(debts), _stack_by_document(debts)
    for credit in credits:
        mentions = index.find_mentions(credit.texts)
        named.update(mentions.by_document)
        if mentions.ambiguous:
            pool.set_aside(credit, AMBIGUOUS_REFERENCE)
        elif mentions.by_document:
            named_stacks = [stacks.get((document, credit.currency)) for document in mentions.by_document]
            _settle_named_debts(pool, credit, named_stacks, _explain_mentions(mentions))
    return named


def _settle_credits_named_by_debts(pool: Pool, named: set[int]) -> None:
    """The mirror image, for debts whose document is not among ``named``: such as a refund that names a credit note."""
    debts = [debt for debt in pool.available_debts() if debt.texts and debt.document not in named]
    credits = pool.available_credits() if debts else []
    if not credits:
        return
    index, stacks = ReferenceIndex(credits), _stack_by_document(credits)
    for debt in debts:
        mentions = index.find_mentions(debt.texts)
        if mentions.ambiguous:
            pool.set_aside(debt, AMBIGUOUS_REFERENCE)
        elif mentions.by_document:
            named_stacks = [stacks.get((document, debt.currency)) for document in mentions.by_document]
            _settle_named_credits(pool, debt, named_stacks, _explain_mentions(mentions))


def _settle_named_debts(
    pool: Pool, credit: OpenItem, stacks: Iterable[Stack | None], explain: Callable[[OpenItem], Evidence]
) -> None:
    """Settle the debts in ``stacks`` with ``credit``, in the order of the debts over all stacks."""
    present = [stack for stack in stacks if stack]
    for debt in merge(*map(reversed, present), key=pool.debt_order):
        pool.settle(debt, credit, REFERENCE, explain(debt))
        if not pool.is_available(credit):
            break
    _drop_used(pool, present)


def _settle_named_credits(
    pool: Pool, debt: OpenItem, stacks: Iterable[Stack | None], explain: Callable[[OpenItem], Evidence]
) -> None:
    """Settle ``debt`` with the credits in ``stacks``, in the order of the credits over all stacks."""
    present = [stack for stack in stacks if stack]
    for credit in merge(*map(reversed, present), key=credit_order):
        pool.settle(debt, credit, REFERENCE, explain(credit))
        if not pool.is_available(debt):
            break
    _drop_used(pool, present)


def _stack_by_document(items: list[OpenItem]) -> Stacks:
    stacks: Stacks = {}
    for item in reversed(items):
        stacks.setdefault((item.document, item.currency), []).append(item)
    return stacks


def _drop_used(pool: Pool, stacks: Iterable[Stack]) -> None:
    """Take what is used up off the stacks, so that many who name one document do not all walk over what is settled."""
    for stack in stacks:
        while stack and not pool.is_available(stack[-1]):
            stack.pop()


def _explain_mentions(mentions: Mentions) -> Callable[[OpenItem], Evidence]:
    def explain(item: OpenItem) -> Evidence:
        text, identifier, bare = mentions.by_document[item.document]
        return Evidence(BY_BARE_NUMBER if bare else BY_REFERENCE, (text, identifier))

    return explain


# --- exact amount ----------------------------------------------------------------------------------------------------


def match_exact_amount(pool: Pool) -> None:
    """Settle debts with credits of exactly the same open amount: whole documents first, then single items.

    As many equal credits as equal debts pair in their orders. Of unequal numbers the oldest pair if oldest-first is
    among the rules of the options; else the credits are set aside as ``ambiguous_amount``.
    """
    for debts, credits in pool.sides_by_currency():
        debt_documents, credit_documents = _documents(debts), _documents(credits)
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
            for credit in (item for unit in equal_credits for item in unit):
                pool.set_aside(credit, AMBIGUOUS_AMOUNT)


def _settle_pairs(pool: Pool, debts: list[Unit], credits: list[Unit], evidence: Evidence) -> None:
    """Settle the first of ``debts`` with the first of ``credits``, and so on until one list ends."""
    for debt_unit, credit_unit in zip(debts, credits, strict=False):
        pool.settle_in_order(debt_unit, credit_unit, EXACT_AMOUNT, lambda _debt: evidence)


def _documents(items: Iterable[OpenItem]) -> list[Unit]:
    """The items by journal entry; entries, and the items of each, in the order of ``items``."""
    by_document: dict[int, Unit] = {}
    for item in items:
        by_document.setdefault(item.document, []).append(item)
    return list(by_document.values())


def _items(pool: Pool, items: Iterable[OpenItem]) -> list[Unit]:
    return [[item] for item in items if pool.is_available(item)]


def _by_amount(pool: Pool, units: Iterable[Unit]) -> dict[int, list[Unit]]:
    """The units by what is open of them in total, minor units."""
    by_amount: dict[int, list[Unit]] = {}
    for unit in units:
        by_amount.setdefault(sum(map(pool.residual, unit)), []).append(unit)
    return by_amount


# --- oldest first ----------------------------------------------------------------------------------------------------


def match_oldest_first(pool: Pool) -> None:
    """Settle the oldest debts with the oldest credits.

    Debts go by (due date, document date, id), or by (document date, id) if the options say so; credits by (date, id).
    With ``partial`` off no credit is ever split: one is used only where all that is left of it fits into a debt. For
    a debt that is smaller it is passed over, and tried on the next ones. A debt may still be paid in part, by credits
    that are smaller than it.
    """
    for debts, credits in pool.sides_by_currency():
        if pool.options.partial:
            pool.settle_in_order(debts, credits, OLDEST_FIRST, lambda debt: _explain_oldest(pool, debt))
        else:
            _settle_unsplit(pool, debts, credits)


def _settle_unsplit(pool: Pool, debts: list[OpenItem], credits: list[OpenItem]) -> None:
    """Put each credit whole on the first debt that has room for it."""
    room = FirstFit([pool.residual(debt) for debt in debts])
    for credit in credits:
        position = room.find(pool.residual(credit))
        if position is not None:
            debt = debts[position]
            pool.settle(debt, credit, OLDEST_FIRST, _explain_oldest(pool, debt))
            room.update(position, pool.residual(debt))


def _explain_oldest(pool: Pool, debt: OpenItem) -> Evidence:
    if pool.options.order_by_invoice_date:
        return Evidence(BY_OLDEST_INVOICE, (debt.document_date.isoformat(),))
    return Evidence(BY_OLDEST_DUE, (debt.due_date.isoformat(),))


RULES: dict[str, Rule] = {
    REFERENCE: match_reference,
    EXACT_AMOUNT: match_exact_amount,
    OLDEST_FIRST: match_oldest_first,
}
