"""Little ledgers for the tests: open items in a line each, and what a plan says of them in a form to compare with."""

from datetime import date, timedelta

from hypothesis import strategies as st

from ..open_item import (
    EXACT_AMOUNT,
    EXACT_COMBINATION,
    EXCLUDED,
    NAMED_SETTLED,
    NET_TO_ZERO,
    OLDEST_FIRST,
    REFERENCE,
    TOLERANCE,
    AllocationPlan,
    Group,
    KnownDocument,
    MatchingOptions,
    OpenItem,
    Tolerance,
)
from .exchange import EUR, JPY, USD, VND

RECEIVABLE, OTHER_RECEIVABLE = 1400, 1410
CUSTOMER = Group(company=1, account=RECEIVABLE, partner=7)
NOBODY = CUSTOMER._replace(partner=0)
NEW_YEAR = date(2026, 1, 1)


def item(item_id, residual, day=0, **fields):
    """An open item of CUSTOMER in EUR, all its dates ``day`` days after New Year, a document of its own."""
    when = NEW_YEAR + timedelta(days=day)
    defaults = {
        "document": item_id,
        "group": CUSTOMER,
        "currency": EUR,
        "date": when,
        "due_date": when,
        "document_date": when,
    }
    return OpenItem(**{"id": item_id, "residual": residual, **defaults, **fields})


def pairs(plan: AllocationPlan):
    """The matches as (debt, credit, amount, rule), by ids."""
    return [(match.debt.id, match.credit.id, match.amount, match.rule) for match in plan.matches]


def evidence(plan: AllocationPlan):
    """The evidence of each match as (code, *values)."""
    return [(match.evidence.code, *match.evidence.values) for match in plan.matches]


def left(plan: AllocationPlan):
    """What is left, as {id: (amount, reason)}."""
    return {entry.item.id: (entry.amount, entry.reason) for entry in (*plan.debts_left, *plan.credits_left)}


def suggested(plan: AllocationPlan):
    """What is suggested for each leftover that has suggestions, as (debts, credits), by ids."""
    return {
        entry.item.id: [
            ([debt.id for debt in suggestion.debts], [credit.id for credit in suggestion.credits])
            for suggestion in entry.suggestions
        ]
        for entry in (*plan.debts_left, *plan.credits_left)
        if entry.suggestions
    }


def remaining(plan: AllocationPlan, keep=lambda leftover: True):
    """The two sides as they stand after the plan was executed, without the leftovers that ``keep`` refuses."""
    return tuple(
        [stand_after(leftover) for leftover in side if keep(leftover)] for side in (plan.debts_left, plan.credits_left)
    )


def known_after(ledger, plan: AllocationPlan):
    """The documents that the plan has settled, as they are known afterwards to whoever names them."""
    open_documents = {(entry.item.document, entry.item.group) for entry in (*plan.debts_left, *plan.credits_left)}
    items = {}
    for side in ledger:
        for open_item in side:
            items.setdefault((open_item.document, open_item.group), []).append(open_item)
    return [
        KnownDocument(
            document,
            group,
            settled[0].currency if len({open_item.currency for open_item in settled}) == 1 else 0,
            sum(open_item.residual for open_item in settled),
            NAMED_SETTLED,
            tuple(identifier for open_item in settled for identifier in open_item.identifiers),
            released=frozenset(
                other
                for match in plan.matches
                for this, other in ((match.debt, match.credit.id), (match.credit, match.debt.id))
                if this in settled
            ),
        )
        for (document, group), settled in items.items()
        if (document, group) not in open_documents
    ]


def stand_after(leftover):
    """The item as it is read after the plan was executed."""
    partly_settled = leftover.item.partly_settled or leftover.amount < leftover.item.residual
    return leftover.item._replace(residual=leftover.amount, partly_settled=partly_settled)


# --- for hypothesis: few amounts, dates, names and groups, so that items meet -----------------------------------------

NUMBERS = ("INV/2026/00041", "INV/2026/00042", "INV/2025/00042", "RE-12345")
MEMOS = (*NUMBERS, "00042", "inv 2026 00041, 00042", "re12345", "Thanks")


# many of them add up to others; 49 and 99 are just beside
AMOUNTS = (1, 10, 20, 30, 49, 50, 70, 99, 100)


@st.composite
def ledgers(draw, max_size=7):
    """A pair (debts, credits) with unique ids, in any order, over up to a few groups and currencies."""

    identifiers = {}  # a document is called alike, whichever of its items is asked

    def draw_item(item_id, document):
        if document not in identifiers:
            identifiers[document] = tuple(draw(st.lists(st.sampled_from(NUMBERS), max_size=1)))
        fields = {
            "document": document,
            "group": draw(st.sampled_from([CUSTOMER] * 6 + [CUSTOMER._replace(account=OTHER_RECEIVABLE), NOBODY])),
            "currency": draw(st.sampled_from([EUR] * 6 + [USD, USD, JPY, VND])),
            "partly_settled": draw(st.sampled_from([False] * 4 + [True])),
            "blocked": draw(st.sampled_from([None] * 9 + [EXCLUDED])),
            "identifiers": identifiers[document],
            "texts": tuple(draw(st.lists(st.sampled_from(MEMOS), max_size=1))),
            "links": frozenset(draw(st.sets(st.integers(1, 6), max_size=1))) if draw(st.booleans()) else frozenset(),
            "due_date": NEW_YEAR + timedelta(days=draw(st.integers(0, 3))),
        }
        return item(item_id, draw(st.sampled_from(AMOUNTS)), draw(st.integers(0, 3)), **fields)

    sizes = draw(st.integers(0, max_size)), draw(st.integers(0, max_size))
    ids = draw(st.permutations(range(1, sum(sizes) + 1)))
    # documents of debts and credits are drawn from different numbers most of the time, and some hold several items
    debts = [draw_item(item_id, draw(st.integers(1, 5))) for item_id in ids[: sizes[0]]]
    credits = [draw_item(item_id, draw(st.integers(5, 9))) for item_id in ids[sizes[0] :]]
    return debts, credits


CODES = (REFERENCE, EXACT_AMOUNT, EXACT_COMBINATION, NET_TO_ZERO, TOLERANCE, OLDEST_FIRST)
OPTIONS = st.builds(
    MatchingOptions,
    rules=st.one_of(st.just(CODES), st.just(CODES[:-1]), st.lists(st.sampled_from(CODES), unique=True).map(tuple)),
    order_by_invoice_date=st.booleans(),
    partial=st.booleans(),
    max_members=st.sampled_from([12, 12, 2]),
    max_candidates=st.sampled_from([40, 40, 3]),
    max_steps=st.sampled_from([200_000, 200_000, 15]),
    cross_currencies=st.booleans(),
    tolerance=st.sampled_from([None, Tolerance({EUR: 2, USD: 1}, 200), Tolerance({EUR: 30}, 5_000)]),
)
