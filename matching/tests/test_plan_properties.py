"""What is true of every plan, on ledgers that hypothesis makes up: all rules, in any order, with all options."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from matching import planner
from matching.evidence import EVIDENCE_VALUES
from matching.open_item import (
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_COMBINATION,
    AMBIGUOUS_REFERENCE,
    EXACT_COMBINATION,
    MAX_SUGGESTIONS,
    NAMED_SETTLED,
    NET_TO_ZERO,
    OLDEST_FIRST,
    REFERENCE,
    TOLERANCE,
    MatchingOptions,
)
from matching.tests.exchange import RateTable
from matching.tests.ledger import OPTIONS, item, known_after, ledgers, remaining

AMBIGUOUS = {AMBIGUOUS_AMOUNT, AMBIGUOUS_COMBINATION, AMBIGUOUS_REFERENCE}


def plan_allocation(debts, credits, options, known=()):
    return planner.plan_allocation(debts, credits, options, exchange=RateTable, known=known)


def without_texts(ledger):
    return tuple([open_item._replace(texts=()) for open_item in side] for side in ledger)


@given(ledgers(), OPTIONS, st.randoms(use_true_random=False))
def test_the_order_of_the_items_does_not_matter(ledger, options, shuffler):
    debts, credits = ledger
    plan = plan_allocation(debts, credits, options)
    shuffler.shuffle(debts)
    shuffler.shuffle(credits)
    assert plan_allocation(debts, credits, options) == plan


@given(ledgers(), OPTIONS)
def test_no_amount_is_lost_or_made_and_none_is_allocated_twice(ledger, options):
    plan = plan_allocation(*ledger, options)
    gone = Counter()
    for match in plan.matches:
        gone[match.debt.id] += match.amount
        gone[match.credit.id] += match.credit_amount
    gone.update({write_off.item.id: write_off.amount for write_off in plan.write_offs})
    left = {leftover.item.id: leftover.amount for leftover in (*plan.debts_left, *plan.credits_left)}
    assert all(match.amount > 0 and match.credit_amount > 0 for match in plan.matches)
    assert all(amount > 0 for amount in left.values())
    for open_item in (*ledger[0], *ledger[1]):
        assert gone[open_item.id] + left.get(open_item.id, 0) == open_item.residual


@given(ledgers(), OPTIONS)
def test_only_free_items_of_one_group_meet_and_each_pair_once(ledger, options):
    plan = plan_allocation(*ledger, options)
    for match in plan.matches:
        assert match.debt.group == match.credit.group
        assert match.debt.group.partner
        assert not match.debt.blocked
        assert not match.credit.blocked
    assert max(Counter((match.debt.id, match.credit.id) for match in plan.matches).values(), default=1) == 1


@given(ledgers(), OPTIONS)
def test_two_currencies_meet_only_by_reference_or_age_and_only_if_the_options_say_so(ledger, options):
    for match in plan_allocation(*ledger, options).matches:
        if match.debt.currency != match.credit.currency:
            assert options.cross_currencies
            assert match.rule in (REFERENCE, OLDEST_FIRST)
        else:
            assert match.amount == match.credit_amount


@given(ledgers(), OPTIONS)
def test_a_plan_of_what_a_plan_left_is_empty_whatever_was_ambiguous_in_amount(ledger, options):
    ledger = without_texts(ledger)
    plan = plan_allocation(*ledger, options)
    second = plan_allocation(*remaining(plan), options, known_after(ledger, plan))
    assert second.matches == second.write_offs == ()
    # and it refuses the same items, with the same answers to choose from
    ambiguous = [
        [(leftover.item.id, leftover.reason) for leftover in (*a_plan.debts_left, *a_plan.credits_left)]
        for a_plan in (plan, second)
    ]
    assert [entry for entry in ambiguous[0] if entry[1] in AMBIGUOUS] == [
        entry for entry in ambiguous[1] if entry[1] in AMBIGUOUS
    ]


@given(ledgers(), OPTIONS)
def test_a_plan_of_what_a_plan_left_is_empty_unless_texts_read_differently_now(ledger, options):
    # what a text leaves ambiguous is taken out, which may be what kept the rest from being worth zero
    options = options._replace(rules=tuple(code for code in options.rules if code != NET_TO_ZERO))
    plan = plan_allocation(*ledger, options)
    rest = without_texts(
        remaining(plan, lambda leftover: leftover.reason != AMBIGUOUS_REFERENCE and not leftover.named)
    )
    assert plan_allocation(*rest, options, known_after(ledger, plan)).matches == ()


@given(ledgers())
def test_with_all_rules_nothing_is_left_on_both_sides_but_what_is_ambiguous_or_named(ledger):
    plan = plan_allocation(*ledger, MatchingOptions())
    sides = [
        {
            (leftover.item.group, leftover.item.currency)
            for leftover in side
            if leftover.item.blocked is None
            and leftover.item.group.partner
            and leftover.reason not in AMBIGUOUS
            and not leftover.named
        }
        for side in (plan.debts_left, plan.credits_left)
    ]
    assert sides[0].isdisjoint(sides[1])


@given(ledgers(), OPTIONS)
def test_with_partial_off_oldest_first_never_splits_a_credit(ledger, options):
    plan = plan_allocation(*ledger, options._replace(partial=False))
    used = Counter()
    for match in plan.matches:
        if match.rule == OLDEST_FIRST:
            kept = match.cap.amount if match.cap else match.credit.residual - used[match.credit.id]
            assert match.credit_amount == kept
        used[match.credit.id] += match.credit_amount


@given(ledgers(), OPTIONS)
def test_a_combination_and_net_to_zero_settle_items_whole(ledger, options):
    options = options._replace(rules=tuple(code for code in options.rules if code in (EXACT_COMBINATION, NET_TO_ZERO)))
    plan = plan_allocation(*ledger, options)
    touched = {open_item.id for match in plan.matches for open_item in (match.debt, match.credit)}
    assert touched.isdisjoint(leftover.item.id for leftover in (*plan.debts_left, *plan.credits_left))


@given(ledgers(), OPTIONS)
def test_what_is_written_off_is_within_the_tolerance_and_was_never_paid_by_age(ledger, options):
    plan = plan_allocation(*ledger, options)
    by_age = {
        open_item.id for match in plan.matches if match.rule == OLDEST_FIRST for open_item in (match.debt, match.credit)
    }
    for open_item, amount, rule, _evidence in plan.write_offs:
        assert rule == TOLERANCE
        assert 0 < amount <= options.tolerance.amounts[open_item.currency]
        assert amount * 10_000 <= options.tolerance.basis_points * open_item.residual
        assert open_item.id not in by_age


@given(ledgers(), OPTIONS)
def test_what_is_ambiguous_offers_answers_that_hold_at_the_end(ledger, options):
    plan = plan_allocation(*ledger, options)
    left = {leftover.item.id: leftover for leftover in (*plan.debts_left, *plan.credits_left)}
    for leftover in left.values():
        assert not leftover.suggestions or leftover.reason in AMBIGUOUS
        assert len(leftover.suggestions) == len(set(leftover.suggestions)) <= MAX_SUGGESTIONS
        for debts, credits, _rule, _evidence in leftover.suggestions:
            assert leftover.item in (*debts, *credits)
            assert all(open_item.id in left for open_item in (*debts, *credits))
            if leftover.reason != AMBIGUOUS_REFERENCE:
                sums = [sum(left[open_item.id].amount for open_item in side) for side in (debts, credits)]
                assert sums[0] == sums[1]
        if leftover.reason == AMBIGUOUS_COMBINATION:
            assert len(leftover.suggestions) > 1


@given(ledgers(), OPTIONS)
def test_a_plan_for_all_groups_is_the_plans_of_the_groups_in_a_row(ledger, options):
    plan = plan_allocation(*ledger, options)
    plans = [group_plan for _group, group_plan in planner.plan_by_group(*ledger, options, exchange=RateTable)]
    for field in plan._fields:
        assert getattr(plan, field) == tuple(entry for group_plan in plans for entry in getattr(group_plan, field))


@given(ledgers(), OPTIONS)
def test_every_match_and_write_off_says_which_rule_made_it_and_why(ledger, options):
    plan = plan_allocation(*ledger, options)
    for decision in (*plan.matches, *plan.write_offs):
        assert decision.rule in options.rules
        assert len(decision.evidence.values) == EVIDENCE_VALUES[decision.evidence.code]
        assert all(decision.evidence.values)


def test_a_partner_with_thousands_of_items_is_planned_in_one_go():
    chance = random.Random(19)
    debts = [item(i, chance.randint(1, 999), i % 365, identifiers=(f"INV/2026/{i:05d}",)) for i in range(3000)]
    credits = [
        item(10_000 + i, chance.randint(1, 999), i % 365, texts=(f"INV/2026/{chance.randrange(3000):05d}",))
        for i in range(3000)
    ]
    plan = planner.plan_allocation(debts, credits)
    assert not plan.debts_left or all(leftover.reason == NAMED_SETTLED for leftover in plan.credits_left)
