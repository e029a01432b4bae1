"""The rule "tolerance": small differences are written off, and nothing else is."""

import pytest

from matching.invariants import PlanError, check_plan
from matching.open_item import (
    AMBIGUOUS_REFERENCE,
    EXACT_AMOUNT,
    EXCLUDED,
    NO_COUNTERPART,
    OLDEST_FIRST,
    OVERPAID,
    REFERENCE,
    TOLERANCE,
    UNDERPAID,
    Evidence,
    Leftover,
    MatchingOptions,
    Tolerance,
    WriteOff,
)
from matching.planner import plan_allocation
from matching.tests.ledger import EUR, USD, evidence, item, left, pairs

# at most 5.00, and at most 2 %
LIMITS = Tolerance({EUR: 500}, 200)
CHAIN = (REFERENCE, EXACT_AMOUNT, TOLERANCE, OLDEST_FIRST)
OPTIONS = MatchingOptions(rules=CHAIN, tolerance=LIMITS)
WITHOUT_OLDEST = OPTIONS._replace(rules=CHAIN[:-1])
NAMED = {"identifiers": ("INV/2026/00042",)}
NAMING = {"texts": ("INV/2026/00042",)}


def written_off(plan):
    return {write_off.item.id: write_off.amount for write_off in plan.write_offs}


def test_what_a_payment_lacks_of_the_invoice_it_names_is_written_off():
    plan = plan_allocation([item(1, 10_000, **NAMED)], [item(9, 9_950, **NAMING)], OPTIONS)
    assert pairs(plan) == [(1, 9, 9_950, REFERENCE)]
    assert plan.write_offs == (WriteOff(item(1, 10_000, **NAMED), 50, TOLERANCE, Evidence("small_rest")),)
    assert left(plan) == {}


def test_what_a_payment_has_more_than_the_invoice_it_names_is_written_off():
    plan = plan_allocation([item(1, 10_000, **NAMED)], [item(9, 10_050, **NAMING)], OPTIONS)
    assert written_off(plan) == {9: 50}
    assert left(plan) == {}


def test_both_bounds_count():
    def rest_of(residual, paid):
        plan = plan_allocation([item(1, residual, **NAMED)], [item(9, paid, **NAMING)], OPTIONS)
        return written_off(plan)

    assert rest_of(10_000, 9_800) == {1: 200}  # 2 % to the cent
    assert rest_of(10_000, 9_799) == {}
    assert rest_of(100_000, 99_500) == {1: 500}  # 5.00 to the cent
    assert rest_of(100_000, 99_499) == {}
    assert rest_of(149, 147) == {1: 2}
    assert rest_of(149, 146) == {}  # 2 % of 1.49 are less than 0.03


def test_a_currency_without_a_bound_has_no_tolerance():
    debts, credits = [item(1, 10_000, currency=USD, **NAMED)], [item(9, 9_950, currency=USD, **NAMING)]
    assert written_off(plan_allocation(debts, credits, OPTIONS)) == {}


def test_without_a_tolerance_in_the_options_the_rule_does_nothing():
    plan = plan_allocation([item(1, 10_000)], [item(9, 9_950)], WITHOUT_OLDEST._replace(tolerance=None))
    assert left(plan) == {1: (10_000, NO_COUNTERPART), 9: (9_950, NO_COUNTERPART)}


def test_a_rest_within_the_tolerance_of_an_instalment_counts_by_the_instalment():
    # of the invoice it would be half a percent
    debts = [item(1, 10_000, 1, document=7, **NAMED), item(2, 100, 2, document=7, **NAMED)]
    plan = plan_allocation(debts, [item(9, 10_050, **NAMING)], OPTIONS)
    assert written_off(plan) == {}
    assert left(plan) == {2: (50, UNDERPAID)}


def test_the_only_payment_that_is_nearly_the_only_invoice_settles_it():
    plan = plan_allocation([item(1, 10_000)], [item(9, 9_950)], OPTIONS)
    assert pairs(plan) == [(1, 9, 9_950, TOLERANCE)]
    assert evidence(plan) == [("close_amount",)]
    assert written_off(plan) == {1: 50}
    plan = plan_allocation([item(1, 9_950)], [item(9, 10_000)], OPTIONS)
    assert written_off(plan) == {9: 50}


def test_among_others_far_away_a_close_pair_is_unique():
    debts = [item(1, 10_000, 1), item(2, 20_000, 2), item(3, 9_700, 3)]
    plan = plan_allocation(debts, [item(8, 9_950), item(9, 500, 1)], WITHOUT_OLDEST)
    assert pairs(plan) == [(1, 8, 9_950, TOLERANCE)]
    assert left(plan).keys() == {2, 3, 9}


@pytest.mark.parametrize(
    ("debts", "credits"),
    [
        ([item(1, 10_000), item(2, 10_010)], [item(9, 9_950)]),
        ([item(1, 10_000)], [item(8, 9_950), item(9, 10_040)]),
        ([item(1, 9_900), item(2, 10_000)], [item(9, 9_950)]),
        ([item(1, 10_000), item(2, 10_200)], [item(8, 10_050), item(9, 12_000)]),
    ],
)
def test_where_the_closest_is_not_the_only_one_nothing_is_written_off(debts, credits):
    plan = plan_allocation(debts, credits, WITHOUT_OLDEST)
    assert pairs(plan) == []
    assert plan.write_offs == ()
    assert OLDEST_FIRST in {pair[3] for pair in pairs(plan_allocation(debts, credits, OPTIONS))}


def test_an_equal_amount_that_the_rule_for_it_did_not_settle_is_left_alone():
    options = OPTIONS._replace(rules=(TOLERANCE,))
    assert pairs(plan_allocation([item(1, 10_000)], [item(9, 10_000)], options)) == []


def test_an_item_that_was_partly_settled_before_is_not_nearly_paid():
    debts = [item(1, 10_000, partly_settled=True)]
    assert plan_allocation(debts, [item(9, 9_950)], WITHOUT_OLDEST).write_offs == ()
    credits = [item(9, 9_950, partly_settled=True)]
    assert plan_allocation([item(1, 10_000)], credits, WITHOUT_OLDEST).write_offs == ()


def test_what_oldest_first_leaves_is_never_written_off():
    plan = plan_allocation([item(1, 10_000, 1), item(2, 10_000, 2)], [item(9, 19_990)], OPTIONS)
    assert plan.write_offs == ()
    assert left(plan) == {2: (10, UNDERPAID)}


def test_nor_if_the_rules_stand_the_other_way_round():
    options = OPTIONS._replace(rules=(REFERENCE, OLDEST_FIRST, TOLERANCE))
    debts = [item(1, 10_000, 1), item(2, 10_000, 2, **NAMED)]
    plan = plan_allocation(debts, [item(8, 9_900, **NAMING), item(9, 10_090, 5)], options)
    assert pairs(plan)[-1] == (2, 9, 90, OLDEST_FIRST)
    assert left(plan) == {2: (10, UNDERPAID)}


def test_nor_when_the_chain_is_repeated():
    # the second credit does not fit into what is left of any invoice; the third one makes the chain run again
    options = OPTIONS._replace(partial=False)
    debts = [item(1, 10_000, 1), item(2, 30_000, 2)]
    plan = plan_allocation(debts, [item(7, 9_000, 1), item(8, 1_010, 2), item(9, 29_000, 3)], options)
    assert plan.write_offs == ()


def test_blocked_and_ambiguous_items_are_not_written_off():
    plan = plan_allocation([item(1, 10_000, blocked=EXCLUDED)], [item(9, 9_950)], OPTIONS)
    assert left(plan)[1] == (10_000, EXCLUDED)
    debts = [item(day, 10_000, day, links=frozenset({9}) if day == 1 else frozenset(), **NAMED) for day in (1, 2, 3)]
    plan = plan_allocation(debts, [item(9, 10_050, **NAMING)], OPTIONS)
    assert left(plan)[9] == (50, AMBIGUOUS_REFERENCE)


# --- what check_plan refuses ------------------------------------------------------------------------------------------

DEBTS, CREDITS = [item(1, 10_000, **NAMED)], [item(9, 9_950, **NAMING)]
PLAN = plan_allocation(DEBTS, CREDITS, OPTIONS)
(OFF,) = PLAN.write_offs


@pytest.mark.parametrize(
    ("sentence", "write_offs"),
    [
        ("Of item 1, 49 is written off; its matches leave 50", (OFF._replace(amount=49),)),
        ("Of item 1, 51 is written off; its matches leave 50", (OFF._replace(amount=51),)),
        ("Of item 1, 50 is written off; its matches leave 0", (OFF, OFF)),
        ("Item 2 is written off, but no match of the plan touches it", (OFF._replace(item=item(2, 50)),)),
        ("Of item 9, 0 is written off", (OFF, OFF._replace(item=CREDITS[0], amount=0))),
        ("Of debt 1 the plan leaves 0; its matches leave 50", ()),
    ],
)
def test_a_write_off_that_is_not_exactly_the_rest_is_refused(sentence, write_offs):
    with pytest.raises(PlanError, match=sentence):
        check_plan(DEBTS, CREDITS, PLAN._replace(write_offs=write_offs), OPTIONS)


def test_a_write_off_beyond_the_tolerance_is_refused():
    for tolerance in (None, Tolerance({EUR: 49}, 200), Tolerance({EUR: 500}, 49)):
        with pytest.raises(PlanError, match="more than the tolerance"):
            check_plan(DEBTS, CREDITS, PLAN, OPTIONS._replace(tolerance=tolerance))


def test_a_write_off_after_oldest_first_is_refused():
    plan = PLAN._replace(matches=(PLAN.matches[0]._replace(rule=OLDEST_FIRST),))
    with pytest.raises(PlanError, match="after it was matched oldest first"):
        check_plan(DEBTS, CREDITS, plan, OPTIONS)


def test_what_was_written_off_is_not_left_as_well():
    plan = PLAN._replace(debts_left=(Leftover(DEBTS[0], 50, OVERPAID),))
    with pytest.raises(PlanError, match="Of debt 1 the plan leaves 50"):
        check_plan(DEBTS, CREDITS, plan, OPTIONS)
