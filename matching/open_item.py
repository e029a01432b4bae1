"""The words the matching core speaks: open items, matches, leftovers, plans.

Amounts are integers in the smallest unit of the item's own currency (cents for EUR, yen for JPY, fils for KWD) and
always positive; which side an item stands on says what the sign would say. Nothing here, or anywhere in this package,
imports ``odoo``: what decides is plain Python, so a preview and an execution cannot disagree.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

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
CURRENCY_MISMATCH = "currency_mismatch"
ACCOUNT_MISMATCH = "account_mismatch"
NO_PARTNER = "no_partner"
NO_EXCHANGE_JOURNAL = "no_exchange_journal"
LOCKED_BY_ANOTHER_USER = "locked_by_another_user"
FAILED = "failed"

# --- rules -----------------------------------------------------------------------------------------------------------

REFERENCE = "reference"
EXACT_AMOUNT = "exact_amount"
OLDEST_FIRST = "oldest_first"


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


class Evidence(NamedTuple):
    """Why two items were matched: a code that the shell turns into a translated sentence, and what to fill in."""

    code: str
    values: tuple[str, ...] = ()


class Match(NamedTuple):
    """``amount`` (minor units of the pair's currency) of the credit settles the debt."""

    debt: OpenItem
    credit: OpenItem
    amount: int
    rule: str
    evidence: Evidence


class Leftover(NamedTuple):
    """What no rule settled of an item, and why; ``amount`` in minor units of its currency."""

    item: OpenItem
    amount: int
    reason: str


class AllocationPlan(NamedTuple):
    """Matches in the order in which they must be executed, and what is left of either side afterwards."""

    matches: tuple[Match, ...]
    debts_left: tuple[Leftover, ...]
    credits_left: tuple[Leftover, ...]


class MatchingOptions(NamedTuple):
    """``rules``: codes in the order in which they run. ``order_by_invoice_date``: oldest by invoice, not due, date.
    ``partial``: whether oldest-first may split a credit; if not, a credit is used only where it fits whole.
    """

    rules: tuple[str, ...] = (REFERENCE, EXACT_AMOUNT, OLDEST_FIRST)
    order_by_invoice_date: bool = False
    partial: bool = True
