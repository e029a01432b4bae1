"""The rule "exact amount": whole documents, then single items, and what happens when several are equal."""

from matching.open_item import (
    AMBIGUOUS_AMOUNT,
    EXACT_AMOUNT,
    EXACT_COMBINATION,
    NO_COUNTERPART,
    OLDEST_FIRST,
    OVERPAID,
    MatchingOptions,
)
from matching.planner import plan_allocation
from matching.tests.ledger import USD, evidence, item, left, pairs, suggested

EXACT_ONLY = MatchingOptions(rules=(EXACT_AMOUNT,))
WITH_OLDEST = MatchingOptions(rules=(EXACT_AMOUNT, OLDEST_FIRST))


def test_an_equal_debt_is_settled_before_an_older_one():
    plan = plan_allocation([item(1, 101), item(2, 100, 30)], [item(9, 100)])
    assert pairs(plan) == [(2, 9, 100, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_document",)]


def test_one_cent_less_is_not_equal():
    assert pairs(plan_allocation([item(1, 10_000)], [item(9, 9_999)], EXACT_ONLY)) == []


def test_the_same_number_in_another_currency_is_not_equal():
    assert pairs(plan_allocation([item(1, 100, currency=USD)], [item(9, 100)], EXACT_ONLY)) == []


def test_a_whole_invoice_comes_before_an_equal_instalment():
    debts = [item(1, 50, 1, document=7), item(2, 50, 2, document=7), item(3, 100, 9), item(4, 30, 0, document=8)]
    debts.append(item(5, 70, 1, document=8)._replace(residual=80))
    plan = plan_allocation(debts, [item(9, 110)], EXACT_ONLY)
    assert pairs(plan) == [(4, 9, 30, EXACT_AMOUNT), (5, 9, 80, EXACT_AMOUNT)]


def test_a_whole_invoice_is_settled_instalment_by_instalment():
    debts = [item(1, 60, 2, document=7), item(2, 40, 1, document=7)]
    plan = plan_allocation(debts, [item(9, 100)], EXACT_ONLY)
    assert pairs(plan) == [(2, 9, 40, EXACT_AMOUNT), (1, 9, 60, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_document",)] * 2


def test_documents_of_several_items_on_both_sides_settle_each_other():
    debts = [item(1, 60, 1, document=7), item(2, 40, 2, document=7)]
    credits = [item(8, 30, 1, document=17), item(9, 70, 2, document=17)]
    plan = plan_allocation(debts, credits, EXACT_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 30), (1, 9, 30), (2, 9, 40)]


def test_a_single_instalment_is_settled_by_an_equal_credit():
    debts = [item(1, 60, 1, document=7), item(2, 40, 2, document=7)]
    plan = plan_allocation(debts, [item(9, 40)], EXACT_ONLY)
    assert pairs(plan) == [(2, 9, 40, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_item",)]


def test_as_many_equal_credits_as_debts_pair_in_their_orders():
    debts, credits = [item(1, 100, 9), item(2, 100, 3)], [item(8, 100, 7), item(9, 100, 5)]
    plan = plan_allocation(debts, credits, EXACT_ONLY)
    assert pairs(plan) == [(2, 9, 100, EXACT_AMOUNT), (1, 8, 100, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_document",)] * 2


def test_of_two_equal_debts_the_oldest_is_settled_when_oldest_first_is_on():
    plan = plan_allocation([item(1, 100, 9), item(2, 100, 3)], [item(9, 100)], WITH_OLDEST)
    assert pairs(plan) == [(2, 9, 100, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_oldest", "2")]


def test_of_three_equal_credits_the_oldest_two_settle_two_debts_when_oldest_first_is_on():
    debts, credits = [item(1, 100, 9), item(2, 100, 3)], [item(i, 100, -i) for i in (7, 8, 9)]
    plan = plan_allocation(debts, credits, WITH_OLDEST)
    assert pairs(plan) == [(2, 9, 100, EXACT_AMOUNT), (1, 8, 100, EXACT_AMOUNT)]
    assert evidence(plan) == [("exact_oldest", "3")] * 2
    assert left(plan) == {7: (100, OVERPAID)}


def test_of_two_equal_debts_none_is_chosen_without_oldest_first():
    plan = plan_allocation([item(1, 100, 9), item(2, 100, 3)], [item(9, 100)], EXACT_ONLY)
    assert pairs(plan) == []
    assert left(plan) == {1: (100, NO_COUNTERPART), 2: (100, NO_COUNTERPART), 9: (100, AMBIGUOUS_AMOUNT)}


def test_each_equal_debt_is_suggested_the_oldest_first():
    debts = [item(1, 60, 1, document=7), item(2, 40, 2, document=7), item(3, 100, 0), item(4, 100, 9)]
    plan = plan_allocation(debts, [item(9, 100)], EXACT_ONLY)
    assert suggested(plan) == {9: [([3], [9]), ([1, 2], [9]), ([4], [9])]}
    assert plan.credits_left[0].suggestions[0].rule == EXACT_AMOUNT


def test_a_payment_of_several_items_is_suggested_as_a_whole():
    debts = [item(1, 100, 0), item(2, 100, 9)]
    credits = [item(8, 30, document=17), item(9, 70, document=17)]
    plan = plan_allocation(debts, credits, EXACT_ONLY)
    assert suggested(plan) == dict.fromkeys((8, 9), [([1], [8, 9]), ([2], [8, 9])])


def test_when_others_have_settled_all_but_one_of_the_equal_debts_that_one_is_taken():
    # debt 1 is the sum of two credits, which shows only after the exact amounts were found ambiguous
    debts, credits = [item(1, 100, 1), item(2, 100, 2)], [item(7, 100, 3), item(8, 60), item(9, 40)]
    options = MatchingOptions(rules=(EXACT_AMOUNT, EXACT_COMBINATION))
    plan = plan_allocation(debts, credits, options)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 60), (1, 9, 40), (2, 7, 100)]
    assert left(plan) == {}


def test_equal_instalments_are_ambiguous_too_without_oldest_first():
    debts = [item(1, 50, 1, document=7), item(2, 50, 2, document=7)]
    assert left(plan_allocation(debts, [item(9, 50)], EXACT_ONLY))[9] == (50, AMBIGUOUS_AMOUNT)


def test_an_amount_that_a_match_brought_about_is_found_as_well():
    debts = [item(1, 30, 1, document=7), item(2, 50, 2, document=7), item(3, 20, 3, document=7)]
    plan = plan_allocation(debts, [item(8, 30), item(9, 70)], EXACT_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 30), (2, 9, 50), (3, 9, 20)]


def test_what_is_left_of_a_document_without_its_ambiguous_item_is_compared_again():
    debts = [item(1, 100), item(2, 100), item(3, 25, document=7), item(4, 15, document=7)]
    plan = plan_allocation(debts, [item(8, 100, document=17), item(9, 40, document=17)], EXACT_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(3, 9, 25), (4, 9, 15)]
    assert left(plan)[8] == (100, AMBIGUOUS_AMOUNT)
