"""The rule "net to zero": everything settles everything, or nothing at all."""

from matching.open_item import (
    AMBIGUOUS_COMBINATION,
    AMBIGUOUS_REFERENCE,
    EXACT_COMBINATION,
    EXCLUDED,
    NET_TO_ZERO,
    MatchingOptions,
)
from matching.planner import plan_allocation
from matching.tests.ledger import CUSTOMER, OTHER_RECEIVABLE, USD, evidence, item, left, pairs

NET_ONLY = MatchingOptions(rules=(NET_TO_ZERO,))
ALL_RULES = MatchingOptions()


def test_an_invoice_and_two_credits_that_make_zero_are_settled_in_two_pairs():
    plan = plan_allocation([item(1, 1_000)], [item(8, 999), item(9, 1, 5)], NET_ONLY)
    assert pairs(plan) == [(1, 8, 999, NET_TO_ZERO), (1, 9, 1, NET_TO_ZERO)]
    assert evidence(plan) == [("net_to_zero", "1", "2")] * 2
    assert left(plan) == {}


def test_many_items_settle_each_other_oldest_with_oldest():
    debts = [item(1, 600, 1), item(3, 700, 3)]
    credits = [item(2, 100, 2), item(4, 700, 4), item(5, 500, 5)]
    plan = plan_allocation(debts, credits, NET_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 2, 100), (1, 4, 500), (3, 4, 200), (3, 5, 500)]


def test_with_all_rules_equal_amounts_and_sums_come_first():
    debts = [item(1, 600, 1), item(3, 700, 3)]
    credits = [item(2, 100, 2), item(4, 700, 4), item(5, 500, 5)]
    plan = plan_allocation(debts, credits, ALL_RULES)
    assert [pair[:3] for pair in pairs(plan)] == [(3, 4, 700), (1, 2, 100), (1, 5, 500)]


def test_a_payment_less_a_credit_note_for_two_invoices_makes_zero():
    debts, credits = [item(1, 600), item(2, 400, 1)], [item(8, 100), item(9, 900, 3)]
    plan = plan_allocation(debts, credits, ALL_RULES)
    assert pairs(plan) == [(1, 8, 100, NET_TO_ZERO), (1, 9, 500, NET_TO_ZERO), (2, 9, 400, NET_TO_ZERO)]


def test_one_cent_keeps_everything_open():
    plan = plan_allocation([item(1, 600), item(2, 400)], [item(8, 101), item(9, 900)], NET_ONLY)
    assert pairs(plan) == []


def test_one_side_alone_is_not_zero():
    assert pairs(plan_allocation([item(1, 600)], [], NET_ONLY)) == []
    assert pairs(plan_allocation([], [item(9, 600)], NET_ONLY)) == []
    assert pairs(plan_allocation([], [], NET_ONLY)) == []


def test_each_currency_is_for_itself():
    debts = [item(1, 600), item(2, 300, currency=USD)]
    plan = plan_allocation(debts, [item(8, 500), item(9, 400, currency=USD)], NET_ONLY)
    assert pairs(plan) == []
    plan = plan_allocation(debts, [item(8, 100), item(7, 500), item(9, 400, currency=USD)], NET_ONLY)
    assert [pair[0] for pair in pairs(plan)] == [1, 1]


def test_each_account_is_for_itself():
    elsewhere = {"group": CUSTOMER._replace(account=OTHER_RECEIVABLE)}
    assert pairs(plan_allocation([item(1, 600)], [item(8, 100), item(9, 500, **elsewhere)], NET_ONLY)) == []


def test_an_item_that_no_rule_may_touch_does_not_count():
    debts = [item(1, 600), item(2, 77, blocked=EXCLUDED)]
    plan = plan_allocation(debts, [item(8, 100), item(9, 500)], NET_ONLY)
    assert [pair[:2] for pair in pairs(plan)] == [(1, 8), (1, 9)]
    assert left(plan) == {2: (77, EXCLUDED)}


def test_without_an_item_that_waits_for_a_person_the_rest_is_not_everything():
    debts = [item(day, 100, day, identifiers=("CUST/00057",)) for day in (1, 2)]
    credits = [item(7, 60, texts=("CUST/00057",)), item(8, 90, 5), item(9, 110, 6)]
    plan = plan_allocation(debts, credits, ALL_RULES._replace(rules=ALL_RULES.rules[:-1]))
    assert pairs(plan) == []
    assert left(plan)[7] == (60, AMBIGUOUS_REFERENCE)


def test_ambiguous_sums_are_settled_all_together_only_if_this_rule_comes_first():
    debts, credits = [item(day, 10 * day, day) for day in (1, 2, 3, 4)], [item(8, 50), item(9, 50, 5)]
    plan = plan_allocation(debts, credits, ALL_RULES)
    assert left(plan)[8] == left(plan)[9] == (50, AMBIGUOUS_COMBINATION)
    plan = plan_allocation(debts, credits, ALL_RULES._replace(rules=(NET_TO_ZERO, EXACT_COMBINATION)))
    assert left(plan) == {}
