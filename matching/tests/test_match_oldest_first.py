"""The rule "oldest first": the orders, part payments, and credits that may not be split."""

from hypothesis import given
from hypothesis import strategies as st

from matching.first_fit import FirstFit
from matching.open_item import NO_COUNTERPART, OLDEST_FIRST, OVERPAID, UNDERPAID, MatchingOptions
from matching.planner import plan_allocation
from matching.tests.ledger import USD, evidence, item, left, pairs

OLDEST = MatchingOptions(rules=(OLDEST_FIRST,))
UNSPLIT = OLDEST._replace(partial=False)


def test_debts_go_by_due_date_then_document_date_then_id():
    base = item(1, 100)
    debts = [
        item(4, 10, 2),
        item(3, 10, 1)._replace(document_date=base.date),
        item(2, 10, 1),
        item(1, 10, 1),
        item(5, 10, 3)._replace(document_date=base.date),
    ]
    assert [pair[0] for pair in pairs(plan_allocation(debts, [item(9, 50)], OLDEST))] == [3, 1, 2, 4, 5]


def test_debts_go_by_document_date_then_id_if_the_options_say_so():
    late = item(1, 1, 50).due_date
    debts = [item(3, 10, 1)._replace(due_date=late), item(2, 10, 2), item(1, 10, 2)._replace(due_date=late)]
    plan = plan_allocation(debts, [item(9, 30)], OLDEST._replace(order_by_invoice_date=True))
    assert [pair[0] for pair in pairs(plan)] == [3, 1, 2]
    assert evidence(plan)[0] == ("oldest_invoice", "2026-01-02")


def test_credits_go_by_date_then_id():
    plan = plan_allocation([item(1, 40)], [item(9, 10, 2), item(8, 10, 1), item(7, 10, 2)], OLDEST)
    assert [pair[1] for pair in pairs(plan)] == [8, 7, 9]


def test_a_credit_pays_the_oldest_debts_and_the_last_one_in_part():
    debts = [item(1, 100, 1), item(2, 100, 2), item(3, 100, 3)]
    plan = plan_allocation(debts, [item(9, 150)], OLDEST)
    assert [pair[:3] for pair in pairs(plan)] == [(1, 9, 100), (2, 9, 50)]
    assert evidence(plan) == [("oldest_due", "2026-01-02"), ("oldest_due", "2026-01-03")]
    assert left(plan) == {2: (50, UNDERPAID), 3: (100, NO_COUNTERPART)}


def test_currencies_do_not_mix():
    debts = [item(1, 100, 1, currency=USD), item(2, 100, 2)]
    plan = plan_allocation(debts, [item(8, 60, 2, currency=USD), item(9, 70, 1)], OLDEST)
    assert sorted(pair[:3] for pair in pairs(plan)) == [(1, 8, 60), (2, 9, 70)]


def test_an_unsplit_credit_that_is_larger_than_a_debt_is_tried_on_the_next():
    debts = [item(1, 60, 1), item(2, 100, 2)]
    plan = plan_allocation(debts, [item(8, 80, 1), item(9, 30, 2)], UNSPLIT)
    assert [pair[:3] for pair in pairs(plan)] == [(2, 8, 80), (1, 9, 30)]
    assert left(plan) == {1: (30, UNDERPAID), 2: (20, UNDERPAID)}


def test_an_unsplit_credit_that_fits_nowhere_is_left_whole():
    plan = plan_allocation([item(1, 60), item(2, 60)], [item(9, 61)], UNSPLIT)
    assert left(plan) == {1: (60, NO_COUNTERPART), 2: (60, NO_COUNTERPART), 9: (61, NO_COUNTERPART)}


def test_an_unsplit_credit_that_finds_all_debts_settled_is_overpaid():
    plan = plan_allocation([item(1, 60)], [item(8, 60), item(9, 61)], UNSPLIT)
    assert left(plan) == {9: (61, OVERPAID)}


AMOUNTS = st.lists(st.integers(1, 30), min_size=1, max_size=20)


@given(AMOUNTS, AMOUNTS)
def test_unsplit_credits_go_where_trying_each_debt_in_turn_would_put_them(debts, credits):
    room, expected = list(debts), []
    for position, amount in enumerate(credits):
        debt = next((index for index, open_amount in enumerate(room) if open_amount >= amount), None)
        if debt is not None:
            room[debt] -= amount
            expected.append((debt, 100 + position, amount))
    plan = plan_allocation(
        [item(index, amount, index) for index, amount in enumerate(debts)],
        [item(100 + index, amount, index) for index, amount in enumerate(credits)],
        UNSPLIT,
    )
    assert [pair[:3] for pair in pairs(plan)][: len(expected)] == expected
    assert len(plan.matches) == len(expected)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.data())
def test_the_first_fit_is_the_first_that_fits(residuals, data):
    room = FirstFit(list(residuals))
    for _ in range(10):
        position = data.draw(st.integers(0, len(residuals) - 1))
        residuals[position] = data.draw(st.integers(0, 30))
        room.update(position, residuals[position])
        amount = data.draw(st.integers(1, 31))
        assert room.find(amount) == next((i for i, residual in enumerate(residuals) if residual >= amount), None)
