"""What is true of every plan, on ledgers that hypothesis makes up."""

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from matching.evidence import EVIDENCE_VALUES
from matching.open_item import AMBIGUOUS_AMOUNT, AMBIGUOUS_REFERENCE, OLDEST_FIRST, MatchingOptions
from matching.planner import plan_allocation, plan_by_group
from matching.tests.ledger import OPTIONS, item, ledgers, remaining

AMBIGUOUS = {AMBIGUOUS_AMOUNT, AMBIGUOUS_REFERENCE}


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
    settled = Counter()
    for match in plan.matches:
        settled[match.debt.id] += match.amount
        settled[match.credit.id] += match.amount
    left = {leftover.item.id: leftover.amount for leftover in (*plan.debts_left, *plan.credits_left)}
    assert all(match.amount > 0 for match in plan.matches)
    assert all(amount > 0 for amount in left.values())
    for open_item in (*ledger[0], *ledger[1]):
        assert settled[open_item.id] + left.get(open_item.id, 0) == open_item.residual


@given(ledgers(), OPTIONS)
def test_only_free_items_of_one_group_and_currency_meet_and_each_pair_once(ledger, options):
    plan = plan_allocation(*ledger, options)
    for match in plan.matches:
        assert match.debt.group == match.credit.group
        assert match.debt.group.partner
        assert match.debt.currency == match.credit.currency
        assert not match.debt.blocked
        assert not match.credit.blocked
    assert max(Counter((match.debt.id, match.credit.id) for match in plan.matches).values(), default=1) == 1


@given(ledgers(), OPTIONS)
def test_a_plan_of_what_a_plan_left_is_empty_unless_texts_read_differently_now(ledger, options):
    plan = plan_allocation(*ledger, options)
    debts, credits = remaining(plan, lambda leftover: leftover.reason not in AMBIGUOUS)
    debts, credits = ([open_item._replace(texts=()) for open_item in side] for side in (debts, credits))
    assert plan_allocation(debts, credits, options).matches == ()


@given(ledgers(), OPTIONS)
def test_without_texts_and_ambiguity_a_plan_of_what_a_plan_left_is_empty_and_gives_the_same_reasons_for_credits(
    ledger, options
):
    ledger = tuple([open_item._replace(texts=()) for open_item in side] for side in ledger)
    plan = plan_allocation(*ledger, options)
    if AMBIGUOUS.isdisjoint(leftover.reason for leftover in plan.credits_left):
        assert plan_allocation(*remaining(plan), options).matches == ()


@given(ledgers())
def test_with_all_rules_nothing_is_left_on_both_sides_but_what_is_ambiguous(ledger):
    plan = plan_allocation(*ledger)
    sides = [
        {
            (leftover.item.group, leftover.item.currency)
            for leftover in side
            if leftover.item.blocked is None and leftover.item.group.partner and leftover.reason not in AMBIGUOUS
        }
        for side in (plan.debts_left, plan.credits_left)
    ]
    assert sides[0].isdisjoint(sides[1])


@given(ledgers())
def test_with_partial_off_oldest_first_never_splits_a_credit(ledger):
    plan = plan_allocation(*ledger, MatchingOptions(partial=False))
    used = Counter()
    for match in plan.matches:
        if match.rule == OLDEST_FIRST:
            assert match.amount == match.credit.residual - used[match.credit.id]
        used[match.credit.id] += match.amount


@given(ledgers(), OPTIONS)
def test_a_plan_for_all_groups_is_the_plans_of_the_groups_in_a_row(ledger, options):
    plan = plan_allocation(*ledger, options)
    plans = [group_plan for _group, group_plan in plan_by_group(*ledger, options)]
    for field in plan._fields:
        assert getattr(plan, field) == tuple(entry for group_plan in plans for entry in getattr(group_plan, field))


@given(ledgers(), OPTIONS)
def test_every_match_says_which_rule_made_it_and_why(ledger, options):
    for match in plan_allocation(*ledger, options).matches:
        assert match.rule in options.rules
        assert len(match.evidence.values) == EVIDENCE_VALUES[match.evidence.code]
        assert all(match.evidence.values)


def test_a_partner_with_thousands_of_items_is_planned_in_one_go():
    chance = random.Random(19)
    debts = [item(i, chance.randint(1, 999), i % 365, identifiers=(f"INV/2026/{i:05d}",)) for i in range(3000)]
    credits = [
        item(10_000 + i, chance.randint(1, 999), i % 365, texts=(f"INV/2026/{chance.randrange(3000):05d}",))
        for i in range(3000)
    ]
    plan = plan_allocation(debts, credits)
    assert not (plan.debts_left and plan.credits_left)
