"""The rule "exact combination": one credit for several debts, several credits for one debt, and when it refuses."""

import random

from hypothesis import given
from hypothesis import strategies as st

from matching.open_item import (
    AMBIGUOUS_COMBINATION,
    EXACT_AMOUNT,
    EXACT_COMBINATION,
    MAX_SUGGESTIONS,
    NO_COUNTERPART,
    OLDEST_FIRST,
    OVERPAID,
    SEARCH_EXHAUSTED,
    UNDERPAID,
    MatchingOptions,
)
from matching.planner import plan_allocation
from matching.tests.ledger import EUR, USD, evidence, item, left, pairs, remaining, suggested

COMBINATION_ONLY = MatchingOptions(rules=(EXACT_COMBINATION,))
WITH_OLDEST = MatchingOptions(rules=(EXACT_COMBINATION, OLDEST_FIRST))
ALL_RULES = MatchingOptions()


def items(first_id, *amounts, **fields):
    """An item for each amount, a day after each other."""
    return [item(first_id + day, amount, day, **fields) for day, amount in enumerate(amounts)]


def test_a_payment_settles_the_only_invoices_that_it_is_the_sum_of():
    plan = plan_allocation(items(1, 80, 120, 250), [item(9, 330, 30)], COMBINATION_ONLY)
    assert pairs(plan) == [(1, 9, 80, EXACT_COMBINATION), (3, 9, 250, EXACT_COMBINATION)]
    assert evidence(plan) == [("sum_of_debts", "2")] * 2
    assert left(plan) == {2: (120, NO_COUNTERPART)}


def test_an_invoice_is_settled_by_the_only_credits_that_it_is_the_sum_of():
    plan = plan_allocation([item(1, 330)], items(7, 80, 120, 250), COMBINATION_ONLY)
    assert pairs(plan) == [(1, 7, 80, EXACT_COMBINATION), (1, 9, 250, EXACT_COMBINATION)]
    assert evidence(plan) == [("sum_of_credits", "2")] * 2


def test_a_combination_comes_before_older_invoices_of_other_amounts():
    plan = plan_allocation([item(1, 500), *items(2, 80, 120)], [item(9, 200, 30)], WITH_OLDEST)
    assert [pair[0] for pair in pairs(plan)] == [2, 3]


def test_a_credit_for_several_debts_comes_before_a_debt_for_several_credits():
    debts, credits = items(1, 10, 20, 37), [item(8, 30), item(9, 7)]
    plan = plan_allocation(debts, credits, COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 10), (2, 8, 20)]


def test_one_cent_too_much_is_no_combination():
    assert pairs(plan_allocation(items(1, 8_000, 12_000), [item(9, 20_001)], COMBINATION_ONLY)) == []


def test_a_single_equal_amount_is_left_to_the_rule_for_it():
    assert pairs(plan_allocation([item(1, 330)], [item(9, 330)], COMBINATION_ONLY)) == []
    plan = plan_allocation(items(1, 330, 80, 250), [item(9, 330, 30)], ALL_RULES)
    assert pairs(plan) == [(1, 9, 330, EXACT_AMOUNT)]


def test_of_equal_invoices_the_oldest_are_taken():
    debts = [item(1, 50, 9), item(2, 50, 3), item(3, 50, 6), item(4, 70, 1)]
    plan = plan_allocation(debts, [item(9, 170)], COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(4, 9, 70), (2, 9, 50), (3, 9, 50)]


def test_the_oldest_are_those_by_invoice_date_if_the_options_say_so():
    early, late = item(1, 50, 3), item(2, 50, 9)
    debts = [early._replace(document_date=late.date), late._replace(document_date=early.date), item(3, 70, 1)]
    plan = plan_allocation(debts, [item(9, 120)], COMBINATION_ONLY._replace(order_by_invoice_date=True))
    assert [pair[0] for pair in pairs(plan)] == [3, 2]


def test_an_instalment_can_be_part_of_a_combination():
    debts = [item(1, 50, 1, document=7), item(2, 60, 2, document=7), item(3, 100, 9)]
    plan = plan_allocation(debts, [item(9, 160)], COMBINATION_ONLY)
    assert [pair[:2] for pair in pairs(plan)] == [(2, 9), (3, 9)]


def test_what_is_left_of_an_invoice_counts_with_what_is_open_of_it():
    debts = [item(1, 100, links=frozenset({8})), item(2, 45, 1)]
    plan = plan_allocation(debts, [item(8, 70), item(9, 75, 1)], ALL_RULES)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 70), (1, 9, 30), (2, 9, 45)]


def test_currencies_are_not_added_up():
    debts = [item(1, 80, currency=USD), item(2, 120, currency=EUR)]
    assert pairs(plan_allocation(debts, [item(9, 200)], COMBINATION_ONLY)) == []


def test_a_second_credit_finds_what_the_first_one_left():
    plan = plan_allocation(items(1, 10, 20, 40, 70), [item(8, 30), item(9, 110, 1)], COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 10), (2, 8, 20), (3, 9, 40), (4, 9, 70)]


def test_of_two_credits_that_need_the_same_invoice_the_older_one_gets_it():
    credits = [item(8, 35, 5), item(9, 25, 1)]
    plan = plan_allocation(items(1, 10, 15, 20), credits, COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 9, 10), (2, 9, 15)]
    assert left(plan) == {3: (20, NO_COUNTERPART), 8: (35, NO_COUNTERPART)}


# --- credit notes and refunds -----------------------------------------------------------------------------------------


def test_a_payment_and_a_credit_note_together_settle_an_invoice():
    credit_note = item(8, 30, identifiers=("RINV/2026/00001",))
    plan = plan_allocation([item(1, 100)], [credit_note, item(9, 70, 3)], COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 30), (1, 9, 70)]


def test_a_credit_note_covers_an_invoice_and_a_refund_that_was_paid_out():
    invoice, refund_paid = item(1, 70), item(2, 30, 3, identifiers=("PBNK/2026/00007",))
    plan = plan_allocation([invoice, refund_paid], [item(9, 100)], COMBINATION_ONLY)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 9, 70), (2, 9, 30)]


def test_a_payment_less_a_credit_note_is_no_sum_and_nothing_is_subtracted():
    # 900 is 600 + 400 - 100; of invoices alone, no combination makes 900
    plan = plan_allocation([*items(1, 600, 400), item(3, 77)], [item(8, 100), item(9, 900)], COMBINATION_ONLY)
    assert pairs(plan) == []
    assert left(plan)[9] == (900, NO_COUNTERPART)


# --- ambiguous --------------------------------------------------------------------------------------------------------


def test_a_credit_that_two_combinations_make_settles_nothing_and_both_are_suggested():
    plan = plan_allocation(items(1, 10, 20, 30, 40), [item(9, 50)], ALL_RULES)
    assert pairs(plan) == []
    assert left(plan)[9] == (50, AMBIGUOUS_COMBINATION)
    assert suggested(plan) == {9: [([1, 4], [9]), ([2, 3], [9])]}
    assert {suggestion.rule for suggestion in plan.credits_left[0].suggestions} == {EXACT_COMBINATION}


def test_a_debt_that_two_combinations_make_settles_nothing_and_both_are_suggested():
    plan = plan_allocation([item(1, 50)], items(6, 10, 20, 30, 40), ALL_RULES)
    assert pairs(plan) == []
    assert left(plan)[1] == (50, AMBIGUOUS_COMBINATION)
    assert suggested(plan) == {1: [([1], [6, 9]), ([1], [7, 8])]}


def test_the_invoices_that_were_suggested_stay_available_to_others():
    credits = [item(8, 50), item(9, 30, 5)]
    plan = plan_allocation(items(1, 10, 20, 30, 40, 500), credits, MatchingOptions(rules=ALL_RULES.rules[:-1]))
    assert [pair[:3] for pair in pairs(plan)] == [(3, 9, 30), (1, 8, 10), (4, 8, 40)]


def test_more_answers_are_suggested_only_up_to_a_limit():
    plan = plan_allocation(items(1, *range(1, 30)), [item(99, 60)], COMBINATION_ONLY)
    assert len(suggested(plan)[99]) == MAX_SUGGESTIONS


def test_an_answer_that_others_have_used_up_is_not_there_any_more_and_the_remaining_one_is_taken():
    # without the first credit, 50 is 10 + 40 as well as 20 + 30; the first credit is linked to the 10
    credits = [item(8, 10, links=frozenset({1})), item(9, 50, 5)]
    plan = plan_allocation(items(1, 10, 20, 30, 40), credits, COMBINATION_ONLY._replace(rules=ALL_RULES.rules[:-1]))
    assert [pair[:3] for pair in pairs(plan)] == [(1, 8, 10), (2, 9, 20), (3, 9, 30)]


def test_what_is_suggested_holds_at_the_end_of_the_plan():
    # 100 is 10 + 90 as well as 30 + 70 and 40 + 60; but then two credits that are 90 settle that invoice
    plan = plan_allocation(
        items(1, 10, 90, 30, 70, 40, 60), [item(20, 100), item(21, 85, 5), item(22, 5, 6)], COMBINATION_ONLY
    )
    assert [pair[:3] for pair in pairs(plan)] == [(2, 21, 85), (2, 22, 5)]
    assert left(plan)[20] == (100, AMBIGUOUS_COMBINATION)
    assert suggested(plan) == {20: [([3, 4], [20]), ([5, 6], [20])]}


# --- exhausted --------------------------------------------------------------------------------------------------------


def sixty_invoices():
    return [item(number, 1_000 + number, number) for number in range(1, 61)]


def test_among_too_many_invoices_nothing_is_combined_and_the_credit_says_so():
    plan = plan_allocation(sixty_invoices(), [item(99, 2_003)], COMBINATION_ONLY)
    assert pairs(plan) == []
    assert left(plan)[99] == (2_003, SEARCH_EXHAUSTED)


def test_among_too_many_credits_nothing_is_combined_and_the_debt_says_so():
    plan = plan_allocation([item(99, 2_003)], sixty_invoices(), COMBINATION_ONLY)
    assert left(plan)[99] == (2_003, SEARCH_EXHAUSTED)
    assert left(plan)[1] == (1_001, NO_COUNTERPART)


def test_a_credit_of_a_search_that_was_too_large_is_still_used_oldest_first():
    plan = plan_allocation(sixty_invoices(), [item(99, 2_003)], WITH_OLDEST)
    assert pairs(plan) == [(1, 99, 1_001, OLDEST_FIRST), (2, 99, 1_002, OLDEST_FIRST)]
    plan = plan_allocation(sixty_invoices(), [item(99, 2_004)], WITH_OLDEST)
    assert left(plan)[3] == (1_002, UNDERPAID)


def test_a_credit_that_is_larger_than_any_twelve_invoices_was_searched_for_to_the_end():
    plan = plan_allocation(sixty_invoices(), [item(99, 13_000)], COMBINATION_ONLY)
    assert left(plan)[99] == (13_000, NO_COUNTERPART)


def test_of_many_equal_invoices_no_more_count_as_candidates_than_can_be_members():
    debts = [*items(1, 1_000, 500), *items(3, *[10] * 60)]
    plan = plan_allocation(debts, [item(99, 1_520)], COMBINATION_ONLY)
    assert [pair[0] for pair in pairs(plan)] == [1, 3, 2, 4]


def test_too_few_steps_settle_nothing():
    plan = plan_allocation(items(1, 80, 120, 250), [item(9, 330)], COMBINATION_ONLY._replace(max_steps=1))
    assert left(plan)[9] == (330, SEARCH_EXHAUSTED)


def test_a_search_that_was_too_large_at_first_is_made_again_when_less_is_open():
    # links settle all but two of the invoices
    debts = sixty_invoices()
    links = [item(100 + debt.id, debt.residual, links=frozenset({debt.id})) for debt in debts[:58]]
    plan = plan_allocation(debts, [*links, item(99, debts[58].residual + debts[59].residual)], ALL_RULES)
    assert pairs(plan)[-2:] == [(59, 99, 1_059, EXACT_COMBINATION), (60, 99, 1_060, EXACT_COMBINATION)]


def test_a_search_that_was_completed_in_the_end_was_not_too_large():
    options = MatchingOptions(rules=(EXACT_COMBINATION, EXACT_AMOUNT), max_candidates=2)
    plan = plan_allocation(items(1, 10, 20, 31), [item(8, 31), item(9, 45)], options)
    assert [pair[:3] for pair in pairs(plan)] == [(3, 8, 31)]
    assert left(plan)[9] == (45, NO_COUNTERPART)


def test_all_searches_of_a_customer_together_are_bounded():
    chance = random.Random(7)
    debts = [item(number, chance.randint(10**8, 10**9), number) for number in range(18)]
    credits = [item(100 + number, chance.randint(10**9, 3 * 10**9), number) for number in range(60)]
    options = COMBINATION_ONLY._replace(max_steps=1_500)
    plan = plan_allocation(debts, credits, options)
    assert pairs(plan) == []
    assert left(plan)[100][1] == NO_COUNTERPART  # no sum makes it, that much is sure
    assert left(plan)[159][1] == SEARCH_EXHAUSTED
    assert left(plan_allocation(debts, credits[-1:], options))[159][1] == NO_COUNTERPART


def test_an_untouched_credit_is_not_called_exhausted_when_others_have_settled_everything():
    debts = sixty_invoices()
    links = [item(100 + debt.id, debt.residual, links=frozenset({debt.id})) for debt in debts]
    plan = plan_allocation(debts, [*links, item(99, 2_003)], ALL_RULES)
    assert left(plan) == {99: (2_003, OVERPAID)}


def test_an_untouched_debt_is_not_called_exhausted_when_others_have_used_all_credits():
    plan = plan_allocation([item(100, 90_000), item(99, 2_003, 30)], sixty_invoices(), WITH_OLDEST)
    assert left(plan)[99] == (2_003, NO_COUNTERPART)


AMOUNTS = st.lists(st.sampled_from([10, 20, 30, 50, 99, 100, 101]), min_size=2, max_size=7)


@given(AMOUNTS, AMOUNTS)
def test_whatever_it_settles_it_settles_whole_and_a_second_time_it_finds_nothing(debts, credits):
    plan = plan_allocation(items(1, *debts), items(101, *credits), COMBINATION_ONLY)
    touched = {entry.id for match in plan.matches for entry in (match.debt, match.credit)}
    assert touched.isdisjoint(left(plan))
    assert plan_allocation(*remaining(plan), COMBINATION_ONLY).matches == ()
