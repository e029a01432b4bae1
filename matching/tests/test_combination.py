"""The search for amounts that add up to a target: little examples, then every answer against trying all choices."""

import random
from itertools import combinations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matching.combination import AMBIGUOUS, EXHAUSTED, NONE, UNIQUE, Verdict, find_combinations
from matching.open_item import MAX_SUGGESTIONS, MatchingOptions

DEFAULTS = MatchingOptions()


def find(amounts, target, **limits):
    options = DEFAULTS._replace(**limits)
    return find_combinations(
        amounts,
        target,
        max_members=options.max_members,
        max_candidates=options.max_candidates,
        max_steps=options.max_steps,
    )


def combined(amounts, verdict):
    """The answers as sorted amounts."""
    return {tuple(sorted(amounts[position] for position in answer)) for answer in verdict.combinations}


EXAMPLES = {
    "two of three": ([10, 20, 40], 30, UNIQUE, {(10, 20)}),
    "all of them": ([10, 20, 40], 70, UNIQUE, {(10, 20, 40)}),
    "none fits": ([10, 20, 40], 35, NONE, set()),
    "all together are too little": ([10, 20, 40], 71, NONE, set()),
    "two different answers": ([10, 20, 30, 40], 50, AMBIGUOUS, {(10, 40), (20, 30)}),
    "one cent beside it": ([99, 101, 201], 201, NONE, set()),
    "one cent makes the difference": ([9_999, 10_001, 20_001, 10_000], 20_000, UNIQUE, {(9_999, 10_001)}),
    "equal amounts are one answer": ([10, 10, 10], 20, UNIQUE, {(10, 10)}),
    "equal amounts count as often as they are there": ([10, 10, 25], 30, NONE, set()),
    "other numbers of equal amounts are other answers": ([10, 10, 20, 20], 40, AMBIGUOUS, {(20, 20), (10, 10, 20)}),
    "a single amount is no combination": ([50, 20, 60], 50, NONE, set()),
    "the equal amount does not stand in the way of a combination": ([50, 20, 30], 50, UNIQUE, {(20, 30)}),
    "larger amounts are no members": ([1_000, 20, 30], 50, UNIQUE, {(20, 30)}),
    "odd from even": ([2 * amount for amount in range(1, 40)], 501, NONE, set()),
    "nothing to choose from": ([], 50, NONE, set()),
}


@pytest.mark.parametrize(("amounts", "target", "kind", "answers"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_what_adds_up_is_found_and_nothing_else(amounts, target, kind, answers):
    verdict = find(amounts, target)
    assert (verdict.kind, combined(amounts, verdict)) == (kind, answers)


def test_of_equal_amounts_the_first_ones_are_named():
    assert find([7, 10, 9, 10, 10], 27).combinations == ((0, 1, 3),)


def test_no_more_answers_are_named_than_are_offered_and_those_of_few_members_first():
    verdict = find(list(range(1, 41)), 200)
    assert verdict.kind == AMBIGUOUS
    assert len(verdict.combinations) == MAX_SUGGESTIONS
    assert [len(answer) for answer in verdict.combinations] == sorted(len(answer) for answer in verdict.combinations)


def test_a_combination_has_no_more_members_than_allowed():
    amounts = [2**power for power in range(13)]
    assert find(amounts, sum(amounts[:12])).kind == UNIQUE
    assert find(amounts, sum(amounts)).kind == NONE
    assert find(amounts, sum(amounts), max_members=13).kind == UNIQUE


def test_of_more_than_forty_candidates_nothing_is_claimed():
    amounts = list(range(1_000, 1_041))
    assert find(amounts[:40], 2_050).kind == AMBIGUOUS
    assert find(amounts, 2_050) == Verdict(EXHAUSTED)
    assert find(amounts, 1_040).kind == NONE  # only forty of them are less than that
    assert find(amounts, 20_000) == Verdict(NONE)  # more than the largest twelve make


def test_what_cannot_be_a_member_does_not_count_as_a_candidate():
    amounts = [20, 30, *range(50, 100)]
    assert find(amounts, 50).combinations == ((0, 1),)
    assert find([10] * 50 + [7], 27).combinations == ((0, 1, 50),)
    assert find([10] * 12 + [9] * 12 + [8] * 12 + [7] * 12, 17).kind == AMBIGUOUS
    assert find([1_000, 500] + [10] * 60, 1_520).combinations == ((0, 1, 2, 3),)


def test_a_search_without_enough_steps_claims_nothing_whatever_it_has_found():
    amounts = [2**power for power in range(20)]
    target = 2**3 + 2**7
    steps = find(amounts, target).steps
    assert find(amounts, target, max_steps=steps).kind == UNIQUE
    assert find(amounts, target, max_steps=steps - 1).kind == EXHAUSTED
    assert find(amounts, target, max_steps=steps - 1).combinations == ()


def test_the_default_number_of_steps_suffices_for_any_33_amounts():
    amounts = [2**40 + 2**number for number in range(33)]  # no two choices have the same sum
    assert find(amounts, sum(amounts[:12])).kind == UNIQUE


def test_what_the_rest_could_not_fill_up_is_not_searched():
    chance = random.Random(41)
    amounts = sorted((chance.randint(10**9, 10**12) for _ in range(40)), reverse=True)
    assert find(amounts, sum(amounts[:12])).combinations == (tuple(range(12)),)


def test_forty_candidates_and_twelve_members_of_usual_amounts_are_decided():
    chance = random.Random(40)
    amounts = [chance.randint(1_000, 1_000_000) for _ in range(40)]
    assert find(amounts, sum(amounts[:12])).kind == AMBIGUOUS


@pytest.mark.parametrize("amount", [0, -5])
def test_an_amount_that_is_not_positive_is_refused(amount):
    with pytest.raises(ValueError, match="Only positive amounts"):
        find([10, amount, 20], 30)


# --- against trying all choices ---------------------------------------------------------------------------------------


def try_all_choices(amounts, target, max_members):
    return {
        tuple(sorted(choice))
        for count in range(2, max_members + 1)
        for choice in combinations(amounts, count)
        if sum(choice) == target
    }


@st.composite
def searches(draw):
    """(amounts, target, max_members): few or many equal amounts, one-cent traps, targets that add up or nearly do."""
    base = draw(
        st.sampled_from(
            [
                st.integers(1, 5),
                st.integers(1, 60),
                st.integers(1, 3_000),
                st.sampled_from([999, 1_000, 1_001, 1_999, 2_000, 2_001, 3_000]),
                st.integers(1, 20).map(lambda number: number * 500),
                st.integers(0, 10).map(lambda power: 2**power),
            ]
        )
    )
    amounts = draw(st.lists(base, max_size=11))
    max_members = draw(st.integers(2, 12))
    some = draw(st.lists(st.sampled_from(amounts), max_size=len(amounts))) if amounts else []
    choice = draw(st.permutations(amounts))[: len(some)]
    target = sum(choice) + draw(st.sampled_from([0, 0, 0, 1, -1]))
    return amounts, max(target, 1), max_members


@given(searches())
@example(([10, 10, 20, 20, 30], 40, 2))
def test_the_verdict_is_that_of_trying_all_choices(search):
    amounts, target, max_members = search
    answers = try_all_choices(amounts, target, max_members)
    verdict = find(amounts, target, max_members=max_members)
    assert verdict.kind == (AMBIGUOUS if len(answers) > 1 else UNIQUE if answers else NONE)
    named = combined(amounts, verdict)
    assert named <= answers
    assert len(named) == len(verdict.combinations) == min(len(answers), MAX_SUGGESTIONS) or verdict.kind == AMBIGUOUS
    assert len(named) >= min(len(answers), 2)


@given(searches(), st.randoms(use_true_random=False))
def test_the_order_of_the_amounts_does_not_show(search, shuffler):
    amounts, target, max_members = search
    shuffled = list(amounts)
    shuffler.shuffle(shuffled)
    for max_steps in (DEFAULTS.max_steps, 40):
        first = find(amounts, target, max_members=max_members, max_steps=max_steps)
        second = find(shuffled, target, max_members=max_members, max_steps=max_steps)
        assert (first.kind, first.steps) == (second.kind, second.steps)
        assert combined(amounts, first) == combined(shuffled, second)


@given(searches())
def test_of_equal_amounts_each_answer_names_the_first(search):
    amounts, target, max_members = search
    for answer in find(amounts, target, max_members=max_members).combinations:
        assert list(answer) == sorted(set(answer))
        for amount in {amounts[position] for position in answer}:
            equal = [position for position, other in enumerate(amounts) if other == amount]
            used = [position for position in answer if amounts[position] == amount]
            assert used == equal[: len(used)]


@given(searches(), st.integers(1, 300))
def test_fewer_steps_never_change_an_answer_but_to_no_claim(search, max_steps):
    amounts, target, max_members = search
    verdict = find(amounts, target, max_members=max_members, max_steps=max_steps)
    if verdict.kind == EXHAUSTED:
        assert verdict.combinations == ()
        assert verdict.steps <= max_steps
    else:
        assert verdict == find(amounts, target, max_members=max_members)
