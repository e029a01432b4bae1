"""What a rule can rely on when it records its decisions."""

from matching.open_item import (
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_REFERENCE,
    EXCLUDED,
    MAX_SUGGESTIONS,
    Evidence,
    MatchingOptions,
    Suggestion,
)
from matching.pool import Pool
from matching.tests.ledger import NOBODY, USD, item

WHY = Evidence("because")


def make_pool(debts, credits):
    return Pool(debts, credits, MatchingOptions())


def test_a_pair_is_settled_for_the_lesser_of_what_is_open_of_the_two():
    debt, credit = item(1, 100), item(9, 70)
    pool = make_pool([debt], [credit])
    pool.settle(debt, credit, "rule", WHY)
    assert [match.amount for match in pool.matches] == [70]
    assert (pool.residual(debt), pool.residual(credit)) == (30, 0)
    assert pool.available_debts() == [debt]
    assert pool.available_credits() == []


def test_a_pair_in_different_currencies_is_not_settled():
    debt, credit = item(1, 100, currency=USD), item(9, 70)
    pool = make_pool([debt], [credit])
    pool.settle(debt, credit, "rule", WHY)
    assert pool.matches == []


def test_an_item_that_was_set_aside_is_not_settled_but_stays_open():
    debt, credit = item(1, 100), item(9, 70)
    pool = make_pool([debt], [credit])
    pool.set_aside(credit, AMBIGUOUS_AMOUNT)
    pool.settle(debt, credit, "rule", WHY)
    assert pool.matches == []
    assert pool.residual(credit) == 70
    assert pool.available_credits() == []
    assert not pool.has_both_sides()


def test_the_first_reason_for_which_an_item_is_set_aside_stays():
    credits = [item(8, 70), item(9, 70, blocked=EXCLUDED)]
    pool = make_pool([], credits)
    for reason in (AMBIGUOUS_REFERENCE, AMBIGUOUS_AMOUNT):
        for credit in credits:
            pool.set_aside(credit, reason)
    assert pool.reasons_set_aside == {8: AMBIGUOUS_REFERENCE, 9: EXCLUDED}


def test_blocked_items_and_items_without_partner_are_not_available():
    pool = make_pool([item(1, 100, blocked=EXCLUDED)], [item(9, 70, group=NOBODY)])
    assert pool.available_debts() == pool.available_credits() == []


def test_sides_come_by_currency_and_only_where_both_have_something():
    debts = [item(1, 100, currency=USD), item(2, 100)]
    credits = [item(8, 70, currency=3), item(9, 70, currency=USD)]
    assert list(make_pool(debts, credits).sides_by_currency()) == [([debts[0]], [credits[1]])]


def test_only_a_few_of_many_suggestions_are_kept():
    debts, credit = [item(number, 100) for number in range(20)], item(99, 70)
    pool = make_pool(debts, [credit])
    pool.set_aside(credit, AMBIGUOUS_AMOUNT, [Suggestion((debt,), (credit,), "rule", WHY) for debt in debts])
    assert [suggestion.debts for suggestion in pool.suggestions[99]] == [(debt,) for debt in debts[:MAX_SUGGESTIONS]]


def test_what_was_written_off_is_not_open_any_more():
    debt, credit = item(1, 100), item(9, 70)
    pool = make_pool([debt], [credit])
    pool.settle(debt, credit, "rule", WHY)
    pool.write_off(debt, "rule", WHY)
    assert [(write_off.item.id, write_off.amount) for write_off in pool.write_offs] == [(1, 30)]
    assert not pool.is_available(debt)


def test_ambiguous_amounts_are_looked_at_anew_only_after_something_was_settled():
    debts, credits = [item(1, 100), item(2, 100)], [item(8, 100), item(9, 100)]
    pool = make_pool(debts, credits)
    pool.set_aside(credits[0], AMBIGUOUS_AMOUNT)
    pool.set_aside(debts[0], AMBIGUOUS_REFERENCE)
    assert not pool.lift_ambiguity()
    pool.settle(debts[1], credits[1], "rule", WHY)
    assert pool.lift_ambiguity()
    assert pool.reasons_set_aside == {1: AMBIGUOUS_REFERENCE}
    assert not pool.lift_ambiguity()
