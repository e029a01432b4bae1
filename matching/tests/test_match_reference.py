"""The rule "explicit reference": links, then what credits say of debts, then what debts say of credits."""

from matching.open_item import (
    AMBIGUOUS_REFERENCE,
    CURRENCY_MISMATCH,
    EXACT_AMOUNT,
    NAMED_CURRENCY,
    NO_COUNTERPART,
    OVERPAID,
    REFERENCE,
    UNDERPAID,
    MatchingOptions,
)
from matching.planner import plan_allocation
from matching.tests.ledger import EUR, USD, evidence, item, left, pairs, remaining, suggested

REFERENCE_ONLY = MatchingOptions(rules=(REFERENCE,))


def test_a_payment_settles_the_invoice_it_was_made_for_even_if_another_is_older_and_equal():
    plan = plan_allocation([item(1, 100), item(2, 100, 30)], [item(9, 100, links=frozenset({2}))])
    assert pairs(plan) == [(2, 9, 100, REFERENCE)]
    assert evidence(plan) == [("link",)]


def test_a_link_counts_from_the_debt_to_the_credit_too():
    plan = plan_allocation([item(1, 100), item(2, 100, 30, links=frozenset({9}))], [item(9, 100)])
    assert pairs(plan) == [(2, 9, 100, REFERENCE)]


def test_a_link_that_both_sides_know_settles_once():
    debts, credits = [item(1, 60, links=frozenset({9}))], [item(9, 100, links=frozenset({1}))]
    assert pairs(plan_allocation(debts, credits, REFERENCE_ONLY)) == [(1, 9, 60, REFERENCE)]


def test_links_outrank_texts_of_older_credits():
    debts = [item(1, 100, identifiers=("INV/2026/00041",))]
    credits = [item(8, 100, texts=("INV/2026/00041",)), item(9, 100, 5, links=frozenset({1}))]
    assert pairs(plan_allocation(debts, credits)) == [(1, 9, 100, REFERENCE)]


def test_linked_invoices_are_settled_by_due_date_the_last_one_in_part():
    debts = [item(1, 100, 20), item(2, 100, 10), item(3, 100, 30)]
    plan = plan_allocation(debts, [item(9, 150, links=frozenset({1, 2, 3}))])
    assert pairs(plan) == [(2, 9, 100, REFERENCE), (1, 9, 50, REFERENCE)]
    assert left(plan) == {1: (50, UNDERPAID), 3: (100, NO_COUNTERPART)}


def test_named_invoices_are_settled_by_due_date_whatever_their_order_in_the_memo():
    debts = [item(1, 100, 20, identifiers=("INV/2026/00041",)), item(2, 100, 10, identifiers=("INV/2026/00042",))]
    plan = plan_allocation(debts, [item(9, 150, texts=("INV/2026/00041 INV/2026/00042",))], REFERENCE_ONLY)
    assert pairs(plan) == [(2, 9, 100, REFERENCE), (1, 9, 50, REFERENCE)]
    assert evidence(plan) == [
        ("reference", "INV/2026/00042", "INV/2026/00042"),
        ("reference", "INV/2026/00041", "INV/2026/00041"),
    ]


def test_named_invoices_are_settled_by_invoice_date_if_the_options_say_so():
    first, second = item(1, 100, 20), item(2, 100, 10)
    debts = [
        first._replace(identifiers=("INV/2026/00041",), document_date=second.due_date),
        second._replace(identifiers=("INV/2026/00042",), document_date=first.due_date),
    ]
    options = REFERENCE_ONLY._replace(order_by_invoice_date=True)
    plan = plan_allocation(debts, [item(9, 150, texts=("00042, 00041",))], options)
    assert pairs(plan) == [(1, 9, 100, REFERENCE), (2, 9, 50, REFERENCE)]


def test_what_a_named_invoice_does_not_need_goes_on_to_the_next_rules():
    debts = [item(1, 100, identifiers=("INV/2026/00041",)), item(2, 100, -5), item(3, 30, 5)]
    plan = plan_allocation(debts, [item(9, 130, texts=("INV/2026/00041",))])
    assert pairs(plan) == [(1, 9, 100, REFERENCE), (3, 9, 30, EXACT_AMOUNT)]


def test_the_evidence_of_a_bare_number_says_so():
    plan = plan_allocation([item(1, 100, identifiers=("INV/2026/00041",))], [item(9, 70, texts=("Rg. 00041",))])
    assert evidence(plan) == [("bare_number", "00041", "INV/2026/00041")]


def test_an_ambiguous_credit_is_used_by_no_rule_and_others_go_on():
    debts = [item(day, 100, day, identifiers=("CUST/00057",)) for day in (1, 2)]
    plan = plan_allocation(debts, [item(8, 100, texts=("CUST/00057",)), item(9, 100, 5)])
    assert pairs(plan) == [(1, 9, 100, EXACT_AMOUNT)]
    assert left(plan) == {8: (100, AMBIGUOUS_REFERENCE), 2: (100, NO_COUNTERPART)}


def test_each_document_that_a_memo_may_name_is_suggested_the_oldest_first():
    debts = [item(i, 100, -i, document=10 + i // 3, identifiers=("CUST/00057",)) for i in (1, 2, 3)]
    plan = plan_allocation(debts, [item(9, 100, texts=("CUST/00057",))])
    assert suggested(plan) == {9: [([3], [9]), ([2, 1], [9])]}
    (first, _second) = plan.credits_left[0].suggestions
    assert (first.rule, first.evidence) == (REFERENCE, ("reference", ("CUST/00057", "CUST/00057")))


def test_suggested_documents_go_by_age_not_by_their_place_in_the_memo():
    numbers = {1: "CUST/00057", 2: "CUST/00058", 3: "CUST/00057"}
    debts = [item(day, 100, day, identifiers=(number,)) for day, number in numbers.items()]
    plan = plan_allocation(debts, [item(9, 100, texts=("CUST/00058, CUST/00057",))])
    assert suggested(plan) == {9: [([1], [9]), ([2], [9]), ([3], [9])]}


def test_only_the_first_documents_that_a_memo_may_name_are_suggested():
    debts = [item(i, 100, -i, identifiers=("CUST/00057",)) for i in range(1, 30)]
    plan = plan_allocation(debts, [item(99, 100, texts=("CUST/00057",))])
    assert suggested(plan) == {99: [([number], [99]) for number in (29, 28, 27, 26, 25)]}


def test_a_document_that_others_have_settled_meanwhile_is_not_suggested():
    debts = [item(day, 100, day, identifiers=("CUST/00057",)) for day in (1, 2, 3)]
    plan = plan_allocation(debts, [item(8, 100, texts=("CUST/00057",)), item(9, 100, 5)])
    assert suggested(plan) == {8: [([2], [8]), ([3], [8])]}


def test_one_ambiguous_place_outweighs_a_clear_one_in_the_same_memo():
    debts = [item(i, 100, i, identifiers=(f"INV/2026/0004{i}", "CUST/00057")) for i in (1, 2)]
    plan = plan_allocation(debts, [item(9, 100, texts=("CUST/00057 INV/2026/00041",))])
    assert left(plan)[9] == (100, AMBIGUOUS_REFERENCE)


def test_links_are_settled_before_an_ambiguous_memo_sets_the_rest_aside():
    debts = [item(i, 100, i, identifiers=("CUST/00057",)) for i in (1, 2, 3)]
    plan = plan_allocation(debts, [item(9, 250, texts=("CUST/00057",), links=frozenset({3}))])
    assert pairs(plan) == [(3, 9, 100, REFERENCE)]
    assert left(plan)[9] == (150, AMBIGUOUS_REFERENCE)


def test_texts_are_read_once_while_all_documents_are_there():
    debts = [item(1, 100, identifiers=("RE-12345",)), item(2, 100, identifiers=("KD-12345",))]
    plan = plan_allocation(debts, [item(9, 150, texts=("RE 12345",))], REFERENCE_ONLY)
    assert pairs(plan) == [(1, 9, 100, REFERENCE)]
    assert left(plan) == {2: (100, NO_COUNTERPART), 9: (50, OVERPAID)}


def test_a_debt_that_names_a_credit_note_is_settled_with_it():
    debts = [item(1, 100, texts=("Refund of RINV/2026/00007",))]
    credits = [item(8, 100), item(9, 100, 5, identifiers=("RINV/2026/00007",))]
    plan = plan_allocation(debts, credits)
    assert pairs(plan) == [(1, 9, 100, REFERENCE)]
    assert evidence(plan) == [("reference", "RINV/2026/00007", "RINV/2026/00007")]


def test_credits_that_a_debt_names_are_used_by_date():
    debts = [item(1, 150, texts=("RINV/2026/00007 RINV/2026/00008",))]
    credits = [item(8, 100, 5, identifiers=("RINV/2026/00007",)), item(9, 100, 1, identifiers=("RINV/2026/00008",))]
    assert pairs(plan_allocation(debts, credits)) == [(1, 9, 100, REFERENCE), (1, 8, 50, REFERENCE)]


def test_a_debts_texts_are_not_read_if_a_credit_names_its_document():
    debts = [item(1, 100, identifiers=("INV/2026/00041",), texts=("RINV/2026/00007",))]
    credits = [item(8, 40, texts=("INV/2026/00041",)), item(9, 90, 5, identifiers=("RINV/2026/00007",))]
    assert pairs(plan_allocation(debts, credits, REFERENCE_ONLY)) == [(1, 8, 40, REFERENCE)]


def test_a_debt_that_names_two_credits_in_one_place_is_set_aside_itself():
    debts = [item(1, 100, texts=("CUST/00057",)), item(2, 100, 5)]
    credits = [item(i, 100, i, identifiers=("CUST/00057",)) for i in (8, 9)]
    plan = plan_allocation(debts, credits)
    assert pairs(plan) == [(2, 8, 100, EXACT_AMOUNT)]
    assert left(plan)[1] == (100, AMBIGUOUS_REFERENCE)
    assert suggested(plan) == {1: [([1], [9])]}  # the other one has settled the second debt


def test_each_credit_that_a_debt_may_name_is_suggested():
    debts = [item(1, 100, texts=("CUST/00057",))]
    credits = [item(i, 100, -i, identifiers=("CUST/00057",)) for i in (8, 9)]
    assert suggested(plan_allocation(debts, credits)) == {1: [([1], [9]), ([1], [8])]}


def test_a_reference_to_a_debt_in_another_currency_settles_nothing_there():
    debts = [item(1, 100, currency=USD, identifiers=("INV/2026/00041",)), item(2, 100)]
    plan = plan_allocation(debts, [item(9, 70, texts=("INV/2026/00041",))])
    assert left(plan) == {1: (100, CURRENCY_MISMATCH), 2: (100, NO_COUNTERPART), 9: (70, NAMED_CURRENCY)}


def test_of_a_named_document_in_two_currencies_only_the_credits_own_is_settled():
    debts = [
        item(i, 100, i, document=5, currency=currency, identifiers=("MISC/2026/0001",))
        for i, currency in ((1, USD), (2, EUR))
    ]
    plan = plan_allocation(debts, [item(9, 170, texts=("MISC/2026/0001",))], REFERENCE_ONLY)
    assert pairs(plan) == [(2, 9, 100, REFERENCE)]


def test_many_credits_that_name_one_document_of_many_items_are_settled_in_order():
    debts = [item(i, 10, i, document=500, identifiers=("INV/2026/00041",)) for i in range(1, 101)]
    credits = [item(i, 15, i, texts=("INV/2026/00041",)) for i in range(201, 260)]
    plan = plan_allocation(debts, credits, REFERENCE_ONLY)
    assert sum(match.amount for match in plan.matches) == 59 * 15
    assert [pair[0] for pair in pairs(plan)] == sorted(pair[0] for pair in pairs(plan))
    assert plan_allocation(*remaining(plan), REFERENCE_ONLY).matches == ()
