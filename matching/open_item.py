"""The words the matching core speaks: open items, matches, leftovers, plans.

Amounts are integers in the smallest unit of the item's own currency (cents for EUR, yen for JPY, fils for KWD) and
always positive; which side an item stands on says what the sign would say. Nothing here, or anywhere in this package,
imports ``odoo``: what decides is plain Python, so a preview and an execution cannot disagree.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import NamedTuple, Protocol

# --- reasons why an item, or a part of it, was left ------------------------------------------------------------------

OVERPAID = "overpaid"
UNDERPAID = "underpaid"
NO_COUNTERPART = "no_counterpart"
AMBIGUOUS_REFERENCE = "ambiguous_reference"
AMBIGUOUS_AMOUNT = "ambiguous_amount"
AMBIGUOUS_COMBINATION = "ambiguous_combination"
SEARCH_EXHAUSTED = "search_exhausted"
EXCLUDED = "excluded"
RESERVED = "reserved"
VOID = "void"
TOO_LARGE = "too_large"  # to be counted exactly
CURRENCY_MISMATCH = "currency_mismatch"
ACCOUNT_MISMATCH = "account_mismatch"
NO_PARTNER = "no_partner"
NO_EXCHANGE_JOURNAL = "no_exchange_journal"
LOCKED_BY_ANOTHER_USER = "locked_by_another_user"
CHANGED = "changed"  # between a preview and its execution
FAILED = "failed"

# It names a document that it may not settle, and was meant for that one: no rule spends it elsewhere.
NAMED_OUTSIDE = "named_outside"  # outside of the selection
NAMED_EXCLUDED = "named_excluded"
NAMED_RESERVED = "named_reserved"
NAMED_TOO_LARGE = "named_too_large"
NAMED_CURRENCY = "named_currency"  # in another currency, while currencies do not cross
NAMED_ACCOUNT = "named_account"  # on another account
NAMED_SETTLED = "named_settled"
NAMED_DRAFT = "named_draft"
NAMED_CANCELLED = "named_cancelled"
NAMED_PARTNER = "named_partner"  # of somebody else
NAMED_ORDER = "named_order"  # an order that awaits its invoice

# No reason, as it is never listed: an item outside of the selection. It blocks the item, but what names it keeps its
# meaning: see the rule "explicit reference".
OUTSIDE = "outside"

# --- rules -----------------------------------------------------------------------------------------------------------

REFERENCE = "reference"
EXACT_AMOUNT = "exact_amount"
EXACT_COMBINATION = "exact_combination"
NET_TO_ZERO = "net_to_zero"
TOLERANCE = "tolerance"
OLDEST_FIRST = "oldest_first"
MANUAL = "manual"  # no rule: somebody typed the amount, or chose among what a rule would not decide

MAX_SUGGESTIONS = 5  # answers that are offered where a rule would not decide between them

# --- the two sides of a pair -----------------------------------------------------------------------------------------

DEBT = "debt"
CREDIT = "credit"


class Group(NamedTuple):
    """Items that may be reconciled with each other: native reconciliation crosses none of these three.

    ``partner`` is the commercial partner, or 0 for an item that has none; such items are never matched.
    """

    company: int  # the root company: branches share their root's books
    account: int
    partner: int


class OpenItem(NamedTuple):
    """One posted journal item on a receivable or payable account with something left to settle.

    ``residual`` is what is left, positive, in minor units of ``currency``.
    """

    id: int
    document: int  # the journal entry
    group: Group
    currency: int
    residual: int
    date: datetime.date  # accounting date
    due_date: datetime.date
    document_date: datetime.date  # invoice date, else the accounting date
    identifiers: tuple[str, ...] = ()  # what others may call this document: number, payment reference, vendor reference
    texts: tuple[str, ...] = ()  # what this item says about others: memo, label, reference
    links: frozenset[int] = frozenset()  # documents this item was made for: a payment's invoices, a reversed invoice
    blocked: str | None = None  # the reason code that keeps every rule away from it
    partly_settled: bool = False  # something of it was settled before
    marks: frozenset[str] = frozenset()  # what other addons know of it, for the rules that they bring
    origins: tuple[str, ...] = ()  # the orders it was made from: who names one of them names all that was made from it
    is_reversal: bool = False  # a credit note, say: what it names is where it came from, which may be paid


class KnownDocument(NamedTuple):
    """A document that a text may name although nothing of it can be settled here: it is settled already, a draft, of
    somebody else … Whoever names it was meant for it.

    ``document`` is the journal entry, negative for what is none, such as an order. ``group`` is that of the items that
    may name it. ``amount`` (minor units of ``currency``) is what it needs: more than that is free. ``released`` are the
    items that have settled it, or a part of it: what is left of them is free.
    """

    document: int
    group: Group
    currency: int
    amount: int
    reason: str  # NAMED_…
    identifiers: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    whole: bool = False  # the last number of an identifier does not name it
    is_strangers: bool = False  # somebody else's
    released: frozenset[int] = frozenset()


class Evidence(NamedTuple):
    """Why two items were matched: a code that the shell turns into a translated sentence, and what to fill in."""

    code: str
    values: tuple[str, ...] = ()


class Cap(NamedTuple):
    """Exactly ``amount`` (positive, minor units) of the item on ``side`` is settled, though more of it may be open."""

    side: str  # DEBT or CREDIT
    amount: int


class Match(NamedTuple):
    """What the pair settles: ``amount`` of the debt and ``credit_amount`` of the credit, each in minor units of its own
    currency; in one currency they are equal. Without a ``cap`` at least one of the two is settled in full.
    """

    debt: OpenItem
    credit: OpenItem
    amount: int
    credit_amount: int
    rule: str
    evidence: Evidence
    cap: Cap | None = None


class WriteOff(NamedTuple):
    """``amount`` (minor units) is all that the matches leave of ``item``: so little that it is written off."""

    item: OpenItem
    amount: int
    rule: str
    evidence: Evidence


class Suggestion(NamedTuple):
    """One of the answers between which a rule would not decide: these debts are settled by these credits."""

    debts: tuple[OpenItem, ...]
    credits: tuple[OpenItem, ...]
    rule: str
    evidence: Evidence


class Named(NamedTuple):
    """A document that an item was meant for, and the reason why it cannot settle it.

    ``text``: the words that name it, empty for a link; ``identifier``: what they stand for on the document.
    """

    document: int
    reason: str
    text: str = ""
    identifier: str = ""


class Leftover(NamedTuple):
    """What no rule settled of an item, and why; ``amount`` in minor units of its currency.

    ``suggestions``: where the reason is that there are several answers, these, as far as they were looked for.
    ``message``: for people, what the reason alone does not tell; a rule gives none. ``named``: what it is kept for.
    """

    item: OpenItem
    amount: int
    reason: str
    suggestions: tuple[Suggestion, ...] = ()
    message: str = ""
    named: tuple[Named, ...] = ()


class AllocationPlan(NamedTuple):
    """Matches in the order in which they must be executed, what is written off afterwards, and what is then left.

    ``unanswered``: items that may name documents which the planner was not told of.
    """

    matches: tuple[Match, ...]
    debts_left: tuple[Leftover, ...]
    credits_left: tuple[Leftover, ...]
    write_offs: tuple[WriteOff, ...] = ()
    unanswered: tuple[OpenItem, ...] = ()


class Exchange(Protocol):
    """What pairs settle across currencies: known to the ledger alone, which has the rates and rounds them.

    It is asked, and told, about every pair of a group in the order of the plan, those of one currency included.
    """

    def settle(self, debt: OpenItem, credit: OpenItem, cap: Cap | None = None) -> tuple[int, int] | None:
        """Settle as much of the pair as is open on both sides, or as ``cap`` says.

        Returns what that settles of the debt and of the credit, positive, in minor units of the currency of each. One
        of the two is then settled in full, or ``cap`` reached. Returns None, having done nothing, where nothing can
        be settled: the amount is worth less than one unit of the other currency.
        """


class Tolerance(NamedTuple):
    """The largest difference to write off: within both ``amounts[currency]`` (minor units; none for a currency that is
    not there) and ``basis_points`` (hundredths of a percent) of the document that it is a difference of."""

    amounts: Mapping[int, int]
    basis_points: int

    def largest_difference(self, item: OpenItem, residual: int) -> int:
        """The most that may be written off of ``item`` if ``residual`` of it was open: zero or more, minor units."""
        share = residual * min(self.basis_points, 10_000) // 10_000
        return min(self.amounts.get(item.currency, 0), share)


class MatchingOptions(NamedTuple):
    """``rules``: codes in the order in which they run. ``order_by_invoice_date``: oldest by invoice, not due, date.
    ``partial``: whether oldest-first may split a credit; if not, a credit is used only where it fits whole.
    ``max_members``, ``max_candidates``, ``max_steps``: the bounds of a search for an exact combination.
    ``cross_currencies``: whether references and oldest-first may join different currencies, where the planner is given
    an :class:`Exchange`. ``tolerance``: what the rule of that name may write off.
    """

    rules: tuple[str, ...] = (REFERENCE, EXACT_AMOUNT, EXACT_COMBINATION, NET_TO_ZERO, OLDEST_FIRST)
    order_by_invoice_date: bool = False
    partial: bool = True
    max_members: int = 12
    max_candidates: int = 40
    max_steps: int = 200_000
    cross_currencies: bool = False
    tolerance: Tolerance | None = None
