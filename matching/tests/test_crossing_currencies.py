"""Debts and credits of different currencies: which rules join them, when, and for what amounts."""

import pytest

from matching.invariants import PlanError, check_plan
from matching.open_item import (
    CREDIT,
    CURRENCY_MISMATCH,
    DEBT,
    EXACT_AMOUNT,
    EXACT_COMBINATION,
    NET_TO_ZERO,
    NO_COUNTERPART,
    OLDEST_FIRST,
    OVERPAID,
    REFERENCE,
    TOLERANCE,
    UNDERPAID,
    AllocationPlan,
    Cap,
    Evidence,
    Leftover,
    Match,
    MatchingOptions,
    Tolerance,
)
from matching.planner import plan_allocation
from matching.tests.exchange import EUR, JPY, USD, VND, RateTable
from matching.tests.ledger import CUSTOMER, item, left, pairs, suggested

CROSSING = MatchingOptions(cross_currencies=True)
OTHER_PARTNER = CUSTOMER._replace(partner=8)


def plan_crossing(debts, credits, options=CROSSING):
    return plan_allocation(debts, credits, options, exchange=RateTable)


def amounts(plan):
    return [(match.debt.id, match.credit.id, match.amount, match.credit_amount) for match in plan.matches]


def test_a_payment_settles_the_oldest_invoice_of_another_currency():
    plan = plan_crossing([item(1, 900, currency=EUR)], [item(9, 2_000, currency=USD)])
    assert amounts(plan) == [(1, 9, 900, 1_000)]
    assert plan.matches[0].rule == OLDEST_FIRST
    assert left(plan) == {9: (1_000, OVERPAID)}


def test_a_payment_settles_the_invoice_of_another_currency_that_it_names():
    debts = [item(1, 900, currency=EUR), item(2, 900, 5, currency=EUR, identifiers=("INV/2026/00042",))]
    plan = plan_crossing(debts, [item(9, 500, currency=USD, texts=("INV/2026/00042",))])
    assert amounts(plan) == [(2, 9, 450, 500)]
    assert left(plan)[2] == (450, UNDERPAID)


def test_a_payment_settles_the_invoice_of_another_currency_that_it_was_made_for():
    debts = [item(1, 900, currency=EUR), item(2, 900, 5, currency=EUR)]
    plan = plan_crossing(debts, [item(9, 1_000, currency=USD, links=frozenset({2}))])
    assert amounts(plan) == [(2, 9, 900, 1_000)]
    assert plan.matches[0].rule == REFERENCE


def test_what_is_named_in_the_own_currency_comes_first_even_of_a_younger_credit():
    debts = [item(1, 900, currency=EUR, identifiers=("INV/2026/00042",))]
    credits = [
        item(8, 1_000, currency=USD, texts=("INV/2026/00042",)),
        item(9, 800, 5, currency=EUR, texts=("INV/2026/00042",)),
    ]
    plan = plan_crossing(debts, credits, CROSSING._replace(rules=(REFERENCE,)))
    assert amounts(plan) == [(1, 9, 800, 800), (1, 8, 100, 111)]


def test_each_currency_is_settled_by_itself_first_and_the_rest_is_exchanged():
    debts = [item(1, 900, 1, currency=EUR), item(2, 500, 2, currency=USD)]
    credits = [item(8, 700, 1, currency=USD), item(9, 600, 2, currency=EUR)]
    plan = plan_crossing(debts, credits)
    assert amounts(plan) == [(1, 9, 600, 600), (2, 8, 500, 500), (1, 8, 180, 200)]


@pytest.mark.parametrize("rule", [EXACT_AMOUNT, EXACT_COMBINATION, NET_TO_ZERO, TOLERANCE])
def test_a_rule_that_compares_amounts_stays_within_one_currency(rule):
    options = CROSSING._replace(rules=(rule,), tolerance=Tolerance({EUR: 100, USD: 100}, 10_000))
    debts = [item(1, 500, currency=EUR), item(2, 400, currency=USD)]
    plan = plan_crossing(debts, [item(8, 900, currency=USD), item(9, 502, currency=JPY)], options)
    assert pairs(plan) == []
    assert left(plan)[8] == (900, NO_COUNTERPART)


def test_without_an_exchange_or_without_leave_no_currency_is_crossed():
    debts, credits = [item(1, 900, currency=EUR)], [item(9, 1_000, currency=USD)]
    for plan in (
        plan_allocation(debts, credits, CROSSING),
        plan_allocation(debts, credits, MatchingOptions(), exchange=RateTable),
    ):
        assert left(plan) == {1: (900, CURRENCY_MISMATCH), 9: (1_000, CURRENCY_MISMATCH)}


def test_a_credit_is_not_exchanged_where_it_must_not_be_split():
    plan = plan_crossing([item(1, 900, currency=EUR)], [item(9, 500, currency=USD)], CROSSING._replace(partial=False))
    assert left(plan) == {1: (900, NO_COUNTERPART), 9: (500, NO_COUNTERPART)}


def test_the_exchange_is_told_of_every_pair_of_a_group_in_the_order_of_the_plan():
    exchanges = []

    def get_exchange(items):
        exchanges.append(RateTable(items))
        return exchanges[-1]

    debts = [item(1, 900, 1, currency=EUR), item(2, 500, 2, currency=USD), item(3, 70, group=OTHER_PARTNER)]
    credits = [item(8, 700, 1, currency=USD), item(9, 600, 2, currency=EUR), item(10, 70, group=OTHER_PARTNER)]
    plan = plan_allocation(debts, credits, CROSSING, exchange=get_exchange)
    (exchange,) = exchanges  # a group of one currency needs none
    assert exchange.asked == [pair[:2] for pair in pairs(plan) if pair[0] != 3]
    assert exchange.open == {1: 120, 2: 0, 8: 0, 9: 0}


def test_a_pair_that_is_worth_nothing_is_passed_over_and_the_next_is_settled():
    debts = [item(1, 1, 1, currency=VND), item(2, 900, 2, currency=EUR)]
    plan = plan_crossing(debts, [item(9, 2_000, currency=USD)])
    assert amounts(plan) == [(2, 9, 900, 1_000)]
    assert left(plan) == {1: (1, NO_COUNTERPART), 9: (1_000, OVERPAID)}


def test_a_credit_that_is_worth_nothing_keeps_no_other_credit_from_the_debt():
    credits = [item(8, 1, 1, currency=VND), item(9, 2_000, 2, currency=USD)]
    plan = plan_crossing([item(1, 900, currency=EUR), item(2, 90, 5, currency=EUR)], credits)
    assert amounts(plan) == [(1, 9, 900, 1_000), (2, 9, 90, 100)]


def test_an_exchange_that_settles_neither_side_is_refused():
    class Stingy(RateTable):
        def settle(self, debt, credit, cap=None):
            return 1, 1

    with pytest.raises(PlanError, match="Debt 1 and credit 9 cannot settle 1 and 1"):
        plan_allocation([item(1, 900)], [item(9, 500, currency=USD)], CROSSING, exchange=Stingy)


def test_an_ambiguous_reference_suggests_documents_of_other_currencies_only_where_they_can_be_settled():
    debts = [
        item(1, 900, 1, currency=EUR, identifiers=("CUST/00057",)),
        item(2, 500, 2, currency=USD, identifiers=("CUST/00057",)),
    ]
    credits = [item(9, 1_000, currency=USD, texts=("CUST/00057",))]
    assert suggested(plan_crossing(debts, credits)) == {9: [([1], [9]), ([2], [9])]}
    assert suggested(plan_allocation(debts, credits)) == {9: [([2], [9])]}


# --- what check_plan accepts and refuses ------------------------------------------------------------------------------

DEBT_IN_EUR, CREDIT_IN_USD = item(1, 900, currency=EUR), item(9, 2_000, currency=USD)


def check_pair(amount, credit_amount, cap=None, options=CROSSING, credit=CREDIT_IN_USD):
    match = Match(DEBT_IN_EUR, credit, amount, credit_amount, "manual", Evidence("manual"), cap)
    rest = [DEBT_IN_EUR.residual - amount, credit.residual - credit_amount]
    plan = AllocationPlan(
        (match,),
        (Leftover(DEBT_IN_EUR, rest[0], UNDERPAID),) if rest[0] else (),
        (Leftover(credit, rest[1], OVERPAID),) if rest[1] else (),
    )
    check_plan([DEBT_IN_EUR], [credit], plan, options)


@pytest.mark.parametrize(
    ("amount", "credit_amount", "cap"),
    [
        (900, 1_000, None),
        (450, 2_000, None),
        (450, 500, Cap(DEBT, 450)),
        (450, 500, Cap(CREDIT, 500)),
        (900, 1_000, Cap(DEBT, 900)),
    ],
)
def test_a_pair_of_two_currencies_is_accepted_if_a_side_is_settled_or_the_cap_reached(amount, credit_amount, cap):
    check_pair(amount, credit_amount, cap)


@pytest.mark.parametrize(
    ("sentence", "amount", "credit_amount", "cap"),
    [
        ("though 900 and 2000 are open", 450, 500, None),
        ("open are 900 and 2000", 901, 500, None),
        ("open are 900 and 2000", 900, 2_001, None),
        ("open are 900 and 2000", 900, 0, None),
        ("not for the 451 of the cap", 450, 500, Cap(DEBT, 451)),
        ("not for the 450 of the cap", 450, 500, Cap(CREDIT, 450)),
        ("not for the 450 of the cap", 450, 500, Cap("neither", 450)),
    ],
)
def test_a_pair_of_two_currencies_is_refused_otherwise(sentence, amount, credit_amount, cap):
    with pytest.raises(PlanError, match=sentence):
        check_pair(amount, credit_amount, cap)


def test_two_currencies_meet_only_if_the_options_cross_them():
    with pytest.raises(PlanError, match="different currencies"):
        check_pair(900, 1_000, options=MatchingOptions())


def test_in_one_currency_a_cap_counts_for_both_sides():
    credit = item(9, 2_000, currency=EUR)
    check_pair(450, 450, Cap(DEBT, 450), credit=credit)
    with pytest.raises(PlanError, match="matched for 450 and 500, though they are of one currency"):
        check_pair(450, 500, Cap(DEBT, 450), credit=credit)
