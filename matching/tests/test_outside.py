"""Items outside of a selection: known to the reference rule, used by none, listed nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import planner
from matching.invariants import PlanError, check_plan
from matching.open_item import (
    AMBIGUOUS_REFERENCE,
    EXACT_AMOUNT,
    EXCLUDED,
    NAMED_OUTSIDE,
    NO_COUNTERPART,
    OLDEST_FIRST,
    OUTSIDE,
    OVERPAID,
    REFERENCE,
    UNDERPAID,
    AllocationPlan,
    Leftover,
    MatchingOptions,
    Tolerance,
)
from matching.planner import plan_allocation, plan_by_group
from matching.tests.exchange import RateTable
from matching.tests.ledger import EUR, OPTIONS, USD, item, ledgers, left, pairs, suggested

A, B = ("INV/2026/00041",), ("INV/2026/00042",)


def outside(*args, **fields):
    return item(*args, blocked=OUTSIDE, **fields)


def test_a_credit_that_names_a_document_outside_is_spent_on_nothing_else():
    debts = [item(1, 100, identifiers=A), outside(2, 100, identifiers=B)]
    plan = plan_allocation(debts, [item(9, 100, texts=B)])
    assert pairs(plan) == []
    assert left(plan) == {1: (100, NO_COUNTERPART), 9: (100, NAMED_OUTSIDE)}


def test_a_credit_that_was_made_for_a_document_outside_is_spent_on_nothing_else():
    plan = plan_allocation([item(1, 100), outside(2, 100)], [item(9, 100, links=frozenset({2}))])
    assert left(plan) == {1: (100, NO_COUNTERPART), 9: (100, NAMED_OUTSIDE)}


def test_a_debt_outside_claims_nothing_of_what_it_was_made_for():
    plan = plan_allocation([item(1, 100), outside(2, 100, links=frozenset({9}))], [item(9, 100)])
    assert pairs(plan) == [(1, 9, 100, EXACT_AMOUNT)]


@pytest.mark.parametrize("day_outside", [-5, 5])
def test_a_credit_that_names_documents_inside_and_outside_settles_the_ones_inside_and_keeps_the_rest(day_outside):
    debts = [item(1, 60, identifiers=A), outside(2, 70, day_outside, identifiers=B), item(3, 40, -9)]
    plan = plan_allocation(debts, [item(9, 100, texts=(f"{A[0]}, {B[0]}",))])
    assert pairs(plan) == [(1, 9, 60, REFERENCE)]
    assert left(plan) == {3: (40, NO_COUNTERPART), 9: (40, NAMED_OUTSIDE)}


def test_a_credit_with_a_link_outside_and_a_text_inside_settles_the_one_inside_and_keeps_the_rest():
    debts = [item(1, 60, identifiers=A), outside(2, 70), item(3, 40)]
    plan = plan_allocation(debts, [item(9, 100, texts=A, links=frozenset({2}))])
    assert pairs(plan) == [(1, 9, 60, REFERENCE)]
    assert left(plan)[9] == (40, NAMED_OUTSIDE)


def test_an_instalment_outside_of_a_named_document_keeps_the_rest_of_the_credit():
    debts = [item(1, 60, identifiers=A, document=5), outside(2, 60, 30, identifiers=A, document=5), item(3, 40)]
    plan = plan_allocation(debts, [item(9, 100, texts=A)])
    assert pairs(plan) == [(1, 9, 60, REFERENCE)]
    assert left(plan)[9] == (40, NAMED_OUTSIDE)


def test_a_number_that_two_documents_have_stays_ambiguous_if_one_of_them_is_outside():
    debts = [item(1, 100, identifiers=A), outside(2, 100, identifiers=("BILL/2026/00041",))]
    plan = plan_allocation(debts, [item(9, 100, texts=("00041",))])
    assert left(plan) == {1: (100, NO_COUNTERPART), 9: (100, AMBIGUOUS_REFERENCE)}
    assert suggested(plan) == {9: [([1], [9])]}  # only what may be settled here


def test_a_debt_that_names_a_credit_outside_is_left_for_it():
    debt = item(1, 100, texts=("RINV/2026/00007",))
    plan = plan_allocation([debt], [outside(8, 100, identifiers=("RINV/2026/00007",)), item(9, 100)])
    assert left(plan) == {1: (100, NAMED_OUTSIDE), 9: (100, NO_COUNTERPART)}


def test_a_debt_that_was_made_for_a_credit_outside_is_left_for_it():
    plan = plan_allocation([item(1, 100, links=frozenset({8}))], [outside(8, 100), item(9, 100)])
    assert left(plan) == {1: (100, NAMED_OUTSIDE), 9: (100, NO_COUNTERPART)}


def test_a_credit_outside_claims_nothing_of_what_it_names():
    debts, credits = [item(1, 100, identifiers=A)], [outside(8, 100, -5, texts=A, links=frozenset({1})), item(9, 100)]
    assert pairs(plan_allocation(debts, credits)) == [(1, 9, 100, EXACT_AMOUNT)]


def test_other_rules_know_nothing_of_what_is_outside():
    """Neither does an equal amount make the one inside uncertain, nor is anything outside a part of a sum."""
    options = MatchingOptions(rules=(REFERENCE, EXACT_AMOUNT), tolerance=Tolerance({EUR: 5}, 1_000))
    debts = [outside(1, 100), item(2, 100, 5), outside(3, 30), outside(4, 70), outside(5, 48)]
    assert pairs(plan_allocation(debts, [item(8, 100)], options)) == [(2, 8, 100, EXACT_AMOUNT)]
    assert left(plan_allocation(debts, [item(9, 101)])) == {9: (1, OVERPAID)}
    plan = plan_allocation([outside(5, 48)], [item(9, 50)], MatchingOptions(rules=OPTIONS_WITH_TOLERANCE))
    assert left(plan) == {9: (50, NO_COUNTERPART)}


OPTIONS_WITH_TOLERANCE = (REFERENCE, "tolerance", OLDEST_FIRST)


def test_the_reason_is_told_even_if_nothing_inside_could_be_settled():
    plan = plan_allocation([outside(2, 100, identifiers=B)], [item(8, 50), item(9, 100, texts=B)])
    assert left(plan) == {8: (50, NO_COUNTERPART), 9: (100, NAMED_OUTSIDE)}


def test_without_the_reference_rule_nobody_reads_what_is_named():
    debts = [item(1, 100, identifiers=A), outside(2, 100, identifiers=B)]
    plan = plan_allocation(debts, [item(9, 80, texts=B)], MatchingOptions(rules=(OLDEST_FIRST,)))
    assert pairs(plan) == [(1, 9, 80, OLDEST_FIRST)]
    assert left(plan) == {1: (20, UNDERPAID)}


def test_a_currency_that_is_only_outside_is_not_crossed():
    asked = []

    def exchange(items):
        asked.append(items)
        return RateTable(items)

    options = MatchingOptions(cross_currencies=True)
    plan = plan_allocation([item(1, 100), outside(2, 50, currency=USD)], [item(9, 70)], options, exchange=exchange)
    assert pairs(plan) == [(1, 9, 70, OLDEST_FIRST)]
    assert asked == []


def test_a_group_with_nothing_inside_has_no_plan():
    assert list(plan_by_group([outside(1, 100)], [outside(9, 100)])) == []


def test_what_is_outside_may_be_neither_matched_nor_listed():
    with pytest.raises(PlanError):
        check_plan([outside(1, 100)], [], AllocationPlan((), (Leftover(outside(1, 100), 100, OUTSIDE),), ()))


# the excluded items of the made-up ledgers, put outside instead
def with_outside(ledger):
    return tuple(
        [entry._replace(blocked=OUTSIDE) if entry.blocked == EXCLUDED else entry for entry in side] for side in ledger
    )


@given(ledgers().map(with_outside), OPTIONS, st.randoms(use_true_random=False))
def test_neither_what_is_outside_nor_the_order_of_the_items_shows_in_a_plan(ledger, options, shuffler):
    debts, credits = ledger
    plan = planner.plan_allocation(debts, credits, options, exchange=RateTable)
    out = {entry.id for entry in (*debts, *credits) if entry.blocked}
    used = {entry.id for match in plan.matches for entry in (match.debt, match.credit)}
    assert out.isdisjoint(used | left(plan).keys())
    for leftover in (*plan.debts_left, *plan.credits_left):
        for suggestion in leftover.suggestions:
            assert out.isdisjoint(entry.id for entry in (*suggestion.debts, *suggestion.credits))
    shuffler.shuffle(debts)
    shuffler.shuffle(credits)
    assert planner.plan_allocation(debts, credits, options, exchange=RateTable) == plan


@given(ledgers().map(with_outside), OPTIONS)
def test_without_names_and_links_what_is_outside_could_as_well_not_exist(ledger, options):
    debts, credits = ([entry._replace(texts=(), links=frozenset()) for entry in side] for side in ledger)
    plan = planner.plan_allocation(debts, credits, options, exchange=RateTable)
    inside = ([entry for entry in side if not entry.blocked] for side in (debts, credits))
    assert planner.plan_allocation(*inside, options, exchange=RateTable) == plan
