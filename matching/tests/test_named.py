"""A name that cannot be followed is not silence: what is meant for a document is kept, and spent nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import planner
from matching.open_item import (
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_COMBINATION,
    AMBIGUOUS_REFERENCE,
    CREDIT,
    DEBT,
    EXACT_AMOUNT,
    EXCLUDED,
    NAMED_CANCELLED,
    NAMED_CURRENCY,
    NAMED_DRAFT,
    NAMED_EXCLUDED,
    NAMED_ORDER,
    NAMED_OUTSIDE,
    NAMED_RESERVED,
    NAMED_SETTLED,
    NAMED_TOO_LARGE,
    NET_TO_ZERO,
    NO_COUNTERPART,
    NO_EXCHANGE_JOURNAL,
    OLDEST_FIRST,
    OUTSIDE,
    REFERENCE,
    RESERVED,
    TOLERANCE,
    TOO_LARGE,
    UNDERPAID,
    Cap,
    KnownDocument,
    MatchingOptions,
    Tolerance,
)
from matching.planner import plan_allocation
from matching.tests.exchange import RateTable
from matching.tests.ledger import CUSTOMER, EUR, NUMBERS, OPTIONS, USD, evidence, item, ledgers, left, pairs

A, B, ORDER = ("INV/2026/00041",), ("INV/2026/00042",), ("S00044",)


def known(document, amount, reason=NAMED_SETTLED, identifiers=A, **fields):
    return KnownDocument(document, CUSTOMER, fields.pop("currency", EUR), amount, reason, identifiers, **fields)


def named(plan):
    """What each leftover is kept for, as {id: [(document, reason, text, identifier)]}."""
    return {
        entry.item.id: [tuple(name) for name in entry.named]
        for entry in (*plan.debts_left, *plan.credits_left)
        if entry.named
    }


@pytest.mark.parametrize(
    ("blocked", "reason"),
    [
        (EXCLUDED, NAMED_EXCLUDED),
        (RESERVED, NAMED_RESERVED),
        (TOO_LARGE, NAMED_TOO_LARGE),
        (NO_EXCHANGE_JOURNAL, NAMED_CURRENCY),
        ("a_reason_of_another_addon", NAMED_EXCLUDED),
    ],
)
@pytest.mark.parametrize("how", [{"texts": A}, {"links": frozenset({1})}])
def test_what_names_a_blocked_document_is_kept_for_it(blocked, reason, how):
    debts = [item(1, 1000, 5, identifiers=A, blocked=blocked), item(2, 5000)]
    plan = plan_allocation(debts, [item(9, 980, **how)])
    assert pairs(plan) == []
    assert left(plan) == {1: (1000, blocked), 2: (5000, NO_COUNTERPART), 9: (980, reason)}
    assert named(plan) == {9: [(1, reason, *((A[0], A[0]) if "texts" in how else ("", "")))]}


def test_more_than_the_named_document_needs_is_free_and_the_match_is_capped():
    debts = [item(1, 1000, identifiers=A, blocked=EXCLUDED), item(2, 5000)]
    plan = plan_allocation(debts, [item(9, 1500, texts=A)])
    assert pairs(plan) == [(2, 9, 500, OLDEST_FIRST)]
    assert plan.matches[0].cap == Cap(CREDIT, 500)
    assert left(plan) == {1: (1000, EXCLUDED), 2: (4500, UNDERPAID), 9: (1000, NAMED_EXCLUDED)}


def test_no_cap_is_needed_where_the_debt_is_settled_in_full():
    debts = [item(1, 1000, identifiers=A, blocked=EXCLUDED), item(2, 200), item(3, 300, 1)]
    plan = plan_allocation(debts, [item(9, 1600, texts=A)], MatchingOptions(rules=(REFERENCE, OLDEST_FIRST)))
    assert [match.cap for match in plan.matches] == [None, None]
    assert left(plan)[9] == (1100, NAMED_EXCLUDED)


def test_a_free_part_equal_to_an_invoice_pays_it():
    plan = plan_allocation([item(2, 500)], [item(9, 1500, texts=A)], known=[known(1, 1000)])
    assert pairs(plan) == [(2, 9, 500, EXACT_AMOUNT)]
    assert plan.matches[0].cap is None
    assert left(plan) == {9: (1000, NAMED_SETTLED)}


@pytest.mark.parametrize("reason", [NAMED_SETTLED, NAMED_DRAFT, NAMED_ORDER])
def test_what_names_a_known_document_is_kept_for_it(reason):
    plan = plan_allocation([item(2, 100)], [item(9, 100, texts=A)], known=[known(1, 100, reason)])
    assert left(plan) == {2: (100, NO_COUNTERPART), 9: (100, reason)}
    assert named(plan) == {9: [(1, reason, A[0], A[0])]}


def test_what_a_credit_has_settled_itself_keeps_nothing_of_its_rest():
    documents = [known(1, 100, released=frozenset({9}))]
    plan = plan_allocation([item(2, 50)], [item(9, 50, texts=A, partly_settled=True)], known=documents)
    assert pairs(plan) == [(2, 9, 50, EXACT_AMOUNT)]


def test_what_a_credit_has_settled_before_is_asked_where_another_settles_the_rest_now():
    debts = [item(1, 170, identifiers=A), item(2, 70)]
    credits = [item(8, 170, texts=A), item(9, 70, 1, texts=A, partly_settled=True)]
    plan = plan_allocation(debts, credits)
    assert [entry.id for entry in plan.unanswered] == [9]
    plan = plan_allocation(debts, credits, known=[known(1, 170, released=frozenset({9}))])
    assert pairs(plan) == [(1, 8, 170, REFERENCE), (2, 9, 70, EXACT_AMOUNT)]


def test_an_own_document_that_is_settled_comes_before_somebody_elses_of_the_same_number():
    documents = [known(1, 100, released=frozenset({9})), known(5, 100, whole=True, is_strangers=True)]
    plan = plan_allocation([item(2, 50)], [item(9, 50, texts=A, partly_settled=True)], known=documents)
    assert pairs(plan) == [(2, 9, 50, EXACT_AMOUNT)]


def test_a_reversed_credit_note_is_owed_again():
    debt = item(1, 100, links=frozenset({8}), is_reversal=True)
    assert pairs(plan_allocation([debt], [item(9, 100)], known=[known(8, 100)])) == [(1, 9, 100, EXACT_AMOUNT)]


def test_who_has_settled_one_invoice_of_an_order_is_free_of_the_others():
    debts = [item(1, 50, origins=ORDER), item(2, 50, 1, origins=ORDER), item(3, 30)]
    plan = plan_allocation(debts, [item(8, 50, texts=ORDER), item(9, 80, 1, texts=ORDER)])
    assert pairs(plan) == [(1, 8, 50, REFERENCE), (2, 9, 50, REFERENCE), (3, 9, 30, EXACT_AMOUNT)]


def test_who_has_settled_one_of_the_documents_it_was_made_for_is_free_of_the_others():
    debts = [item(1, 50, identifiers=A), item(2, 50, 1), item(3, 50)]
    plan = plan_allocation(debts, [item(7, 50, links=frozenset({1})), item(9, 100, 1, links=frozenset({1, 2}))])
    assert pairs(plan) == [(1, 7, 50, REFERENCE), (2, 9, 50, REFERENCE), (3, 9, 50, EXACT_AMOUNT)]


def test_what_was_made_for_a_cancelled_document_is_free_but_not_what_names_it():
    documents = [known(1, 100, NAMED_CANCELLED)]
    plan = plan_allocation([item(2, 100)], [item(9, 100, links=frozenset({1}))], known=documents)
    assert pairs(plan) == [(2, 9, 100, EXACT_AMOUNT)]
    assert left(plan_allocation([item(2, 100)], [item(9, 100, texts=A)], known=documents))[9][1] == NAMED_CANCELLED


def test_more_than_a_document_outside_needs_is_free():
    debts = [item(1, 100, identifiers=A, blocked=OUTSIDE), item(2, 1400)]
    plan = plan_allocation(debts, [item(9, 1500, texts=A)])
    assert pairs(plan) == [(2, 9, 1400, EXACT_AMOUNT)]
    assert left(plan) == {9: (100, NAMED_OUTSIDE)}


def test_a_credit_note_of_a_paid_invoice_is_free():
    credit = item(9, 20, texts=A, links=frozenset({1}), is_reversal=True)
    assert pairs(plan_allocation([item(2, 20)], [credit], known=[known(1, 100)])) == [(2, 9, 20, EXACT_AMOUNT)]
    assert left(plan_allocation([item(2, 20)], [credit], known=[known(1, 100, NAMED_DRAFT)]))[9][1] == NAMED_DRAFT


def test_of_two_payments_that_name_one_invoice_the_second_is_left_and_pays_no_other():
    debts = [item(1, 100, 9, identifiers=A), item(2, 100)]
    plan = plan_allocation(debts, [item(8, 100, texts=A), item(9, 100, 1, texts=A)])
    assert pairs(plan) == [(1, 8, 100, REFERENCE)]
    assert left(plan) == {2: (100, NO_COUNTERPART), 9: (100, NAMED_SETTLED)}


def test_what_an_invoice_that_two_name_leaves_of_the_second_is_free():
    debts = [item(1, 100, 9, identifiers=A), item(2, 100)]
    plan = plan_allocation(debts, [item(8, 60, texts=A), item(9, 60, 1, texts=A)])
    assert pairs(plan) == [(1, 8, 60, REFERENCE), (1, 9, 40, REFERENCE), (2, 9, 20, OLDEST_FIRST)]


def test_a_credit_that_names_what_is_open_and_what_is_not_settles_the_one_and_is_kept_for_the_other():
    debts = [item(1, 60, identifiers=A), item(3, 500, -9)]
    plan = plan_allocation(debts, [item(9, 140, texts=(f"{A[0]}, {B[0]}",))], known=[known(2, 70, identifiers=B)])
    assert pairs(plan) == [(1, 9, 60, REFERENCE), (3, 9, 10, OLDEST_FIRST)]
    assert left(plan)[9] == (70, NAMED_SETTLED)


def test_words_that_name_an_open_document_name_no_known_one():
    debts = [item(1, 100, identifiers=("INV/2026/00042",)), item(2, 50)]
    documents = [known(5, 100, identifiers=("INV/2025/00042",))]
    plan = plan_allocation(debts, [item(9, 150, texts=("00042 thanks",))], known=documents)
    assert pairs(plan) == [(1, 9, 100, REFERENCE), (2, 9, 50, EXACT_AMOUNT)]


def test_the_last_number_of_somebody_elses_document_names_nothing():
    documents = [known(5, 100, whole=True, is_strangers=True)]
    assert pairs(plan_allocation([item(2, 50)], [item(9, 50, texts=("00041",))], known=documents))
    assert not pairs(plan_allocation([item(2, 50)], [item(9, 50, texts=A)], known=documents))


def test_a_number_of_two_documents_stays_ambiguous_if_one_of_them_is_excluded():
    debts = [item(1, 100, identifiers=A), item(2, 100, identifiers=("BILL/2026/00041",), blocked=EXCLUDED)]
    assert left(plan_allocation(debts, [item(9, 100, texts=("00041",))]))[9] == (100, AMBIGUOUS_REFERENCE)


def test_a_named_document_in_another_currency_is_settled_where_they_cross():
    debts = [item(1, 100, currency=USD, identifiers=A), item(2, 70)]
    credits = [item(9, 70, texts=A)]
    assert left(plan_allocation(debts, credits))[9] == (70, NAMED_CURRENCY)
    plan = plan_allocation(debts, credits, MatchingOptions(cross_currencies=True), exchange=RateTable)
    assert [(match.debt.id, match.rule) for match in plan.matches][0] == (1, REFERENCE)


def test_a_known_document_in_another_currency_keeps_all():
    plan = plan_allocation([item(2, 50)], [item(9, 900, texts=A)], known=[known(1, 100, currency=USD)])
    assert left(plan)[9] == (900, NAMED_SETTLED)


def test_a_debt_that_names_a_credit_which_is_not_free_is_left_for_it():
    debt = item(1, 100, texts=("RINV/2026/00007",))
    credits = [item(8, 100, identifiers=("RINV/2026/00007",), blocked=EXCLUDED), item(9, 100)]
    assert left(plan_allocation([debt], credits))[1] == (100, NAMED_EXCLUDED)
    documents = [known(8, 100, NAMED_DRAFT, ("RINV/2026/00007",))]
    assert left(plan_allocation([debt], [item(9, 100)], known=documents))[1] == (100, NAMED_DRAFT)


def test_a_debt_that_names_a_credit_which_is_used_up_is_still_owed():
    debt = item(1, 100, texts=("RINV/2026/00007",))
    documents = [known(8, 100, identifiers=("RINV/2026/00007",))]
    assert pairs(plan_allocation([debt], [item(9, 100)], known=documents)) == [(1, 9, 100, EXACT_AMOUNT)]


# --- orders ----------------------------------------------------------------------------------------------------------


def test_who_names_an_order_pays_the_invoices_that_were_made_from_it_the_first_due_first():
    debts = [item(1, 60), item(2, 60, 8, origins=ORDER), item(3, 60, 4, origins=ORDER)]
    plan = plan_allocation(debts, [item(9, 100, texts=("s00044",))])
    assert pairs(plan) == [(3, 9, 60, REFERENCE), (2, 9, 40, REFERENCE)]
    assert evidence(plan)[0] == ("order", "s00044", "S00044")


def test_an_order_that_awaits_more_invoices_keeps_what_they_will_need():
    debts = [item(1, 200), item(2, 60, 8, origins=ORDER)]
    documents = [known(-44, 30, NAMED_ORDER, ORDER), known(3, 500, origins=ORDER, identifiers=B)]
    plan = plan_allocation(debts, [item(9, 100, texts=ORDER)], known=documents)
    assert pairs(plan) == [(2, 9, 60, REFERENCE), (1, 9, 10, OLDEST_FIRST)]
    assert left(plan)[9] == (30, NAMED_ORDER)


def test_an_order_whose_invoice_is_paid_keeps_the_second_payment():
    documents = [known(3, 100, origins=ORDER, identifiers=B)]
    assert left(plan_allocation([item(1, 100)], [item(9, 100, texts=ORDER)], known=documents))[9][1] == NAMED_SETTLED


def test_a_document_that_is_called_like_an_order_makes_the_name_ambiguous():
    debts = [item(1, 60, identifiers=ORDER), item(2, 60, origins=ORDER)]
    assert left(plan_allocation(debts, [item(9, 60, texts=ORDER)]))[9] == (60, AMBIGUOUS_REFERENCE)


# --- what is kept counts for no rule ---------------------------------------------------------------------------------


def test_items_do_not_net_to_zero_while_some_is_kept():
    options = MatchingOptions(rules=(REFERENCE, NET_TO_ZERO))
    debts, credits = [item(2, 30), item(3, 20)], [item(8, 20), item(9, 130, texts=A)]
    assert pairs(plan_allocation(debts, credits, options, known=[known(1, 100)])) == []


def test_what_is_kept_is_no_small_rest():
    options = MatchingOptions(rules=(REFERENCE, TOLERANCE), tolerance=Tolerance({EUR: 5}, 10_000))
    plan = plan_allocation(
        [item(1, 100, identifiers=A)], [item(9, 103, texts=(A[0], B[0]))], options, known=[known(2, 2, identifiers=B)]
    )
    assert plan.write_offs == ()
    assert left(plan) == {9: (3, NAMED_SETTLED)}


@pytest.mark.parametrize(("debt_kept", "credit_kept", "cap"), [(90, 50, Cap(DEBT, 10)), (50, 90, Cap(CREDIT, 10))])
def test_where_both_sides_are_kept_in_part_the_smaller_free_part_is_settled(debt_kept, credit_kept, cap):
    debt, credit = item(1, 100, texts=A), item(9, 100, texts=B)
    documents = [known(7, debt_kept, NAMED_DRAFT), known(8, credit_kept, NAMED_DRAFT, B)]
    options = MatchingOptions(rules=(REFERENCE, OLDEST_FIRST))
    for crossing in (options, options._replace(cross_currencies=True)):
        plan = plan_allocation([debt], [credit], crossing, known=documents, exchange=RateTable)
        assert [(match.amount, match.cap) for match in plan.matches] == [(10, cap)]


# --- what nobody here knows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_unanswered"),
    [
        ("Thanks", False),
        (A[0], False),
        (B[0], True),
        (f"{A[0]} and {B[0]}", True),
        (f"thanks for {A[0]}", False),
        ("S00099", True),
    ],
)
def test_a_credit_with_words_that_nothing_open_answers_to_is_noted(text, is_unanswered):
    plan = plan_allocation([item(1, 50, identifiers=A), item(2, 20)], [item(9, 100, texts=(text,))])
    assert [entry.id for entry in plan.unanswered] == ([9] if is_unanswered else [])


def test_a_credit_that_its_names_use_up_is_not_noted():
    plan = plan_allocation([item(1, 50, identifiers=A)], [item(9, 50, texts=(f"{A[0]} of 12 May 2026",))])
    assert plan.unanswered == ()


def test_a_link_to_what_is_not_here_is_noted():
    plan = plan_allocation([item(1, 50)], [item(9, 80, links=frozenset({7}))])
    assert [entry.id for entry in plan.unanswered] == [9]
    plan = plan_allocation([item(1, 50)], [item(9, 80, links=frozenset({7}))], known=[known(7, 50)])
    assert left(plan) == {1: (20, UNDERPAID), 9: (50, NAMED_SETTLED)}


def test_who_names_an_order_is_noted_since_it_may_await_more():
    plan = plan_allocation([item(1, 50, origins=ORDER)], [item(9, 80, texts=ORDER)])
    assert [entry.id for entry in plan.unanswered] == [9]


DOCUMENTS = st.lists(
    st.builds(
        KnownDocument,
        document=st.integers(-5, 9),
        group=st.just(CUSTOMER),
        currency=st.sampled_from([EUR, EUR, USD]),
        amount=st.integers(1, 120),
        reason=st.sampled_from([NAMED_SETTLED, NAMED_DRAFT, NAMED_ORDER]),
        identifiers=st.sampled_from(NUMBERS).map(lambda number: (number,)),
        whole=st.booleans(),
        released=st.frozensets(st.integers(1, 14), max_size=2),
    ),
    unique_by=lambda document: document.document,
    max_size=4,
)


@given(ledgers(), DOCUMENTS, OPTIONS, st.randoms(use_true_random=False))
def test_what_is_known_is_never_settled_and_its_order_does_not_matter(ledger, documents, options, shuffler):
    plan = planner.plan_allocation(*ledger, options, exchange=RateTable, known=documents)
    shuffler.shuffle(documents)
    assert planner.plan_allocation(*ledger, options, exchange=RateTable, known=documents) == plan


@given(ledgers(), DOCUMENTS, OPTIONS)
def test_what_is_named_gets_all_that_it_needs_before_any_other_rule(ledger, documents, options):
    here = {entry.document for side in ledger for entry in side}
    documents = {document.document: document for document in documents if document.document not in here}
    plan = planner.plan_allocation(*ledger, options, exchange=RateTable, known=documents.values())
    for leftover in (*plan.debts_left, *plan.credits_left):
        needs = [documents[name.document] for name in leftover.named if name.document in documents]
        if not needs:
            continue
        settled_by_name = sum(
            match.amount if leftover.item == match.debt else match.credit_amount
            for match in plan.matches
            if match.rule == REFERENCE and leftover.item in (match.debt, match.credit)
        )
        rest = leftover.item.residual - settled_by_name
        same_currency = all(document.currency == leftover.item.currency for document in needs)
        needed = sum(document.amount for document in needs) if same_currency else rest
        assert leftover.amount >= min(rest, needed)
        reasons = {AMBIGUOUS_REFERENCE, AMBIGUOUS_AMOUNT, AMBIGUOUS_COMBINATION}
        assert leftover.reason in reasons | {name.reason for name in leftover.named}
