"""The rule "overdraft first": what was spent in advance is settled before anything else."""

from matching.open_item import EXACT_AMOUNT, EXCLUDED, OLDEST_FIRST, OVERDRAFT, MatchingOptions
from matching.planner import plan_allocation
from matching.tests.ledger import USD, evidence, item, left, pairs

OPTIONS = MatchingOptions(rules=(OVERDRAFT, EXACT_AMOUNT, OLDEST_FIRST))


def test_an_overdraft_comes_before_an_older_invoice_of_the_exact_amount():
    debts = [item(1, 1_000), item(2, 400, 5, overdraft=True)]
    plan = plan_allocation(debts, [item(9, 1_000, 9)], OPTIONS)
    assert pairs(plan) == [(2, 9, 400, OVERDRAFT), (1, 9, 600, OLDEST_FIRST)]
    assert evidence(plan)[0] == ("overdraft",)


def test_the_oldest_overdraft_takes_the_oldest_credit():
    debts = [item(1, 500, 3, overdraft=True), item(2, 300, 1, overdraft=True)]
    plan = plan_allocation(debts, [item(8, 200, 5), item(9, 400, 4)], OPTIONS)
    assert pairs(plan) == [(2, 9, 300, OVERDRAFT), (1, 9, 100, OVERDRAFT), (1, 8, 200, OVERDRAFT)]
    assert left(plan) == {1: (200, "underpaid")}


def test_without_an_overdraft_the_rule_settles_nothing():
    plan = plan_allocation([item(1, 500)], [item(9, 500)], MatchingOptions(rules=(OVERDRAFT,)))
    assert pairs(plan) == []


def test_an_excluded_credit_and_one_of_another_currency_are_left_alone():
    debts = [item(1, 500, overdraft=True)]
    plan = plan_allocation(debts, [item(8, 500, blocked=EXCLUDED), item(9, 500, currency=USD)], OPTIONS)
    assert pairs(plan) == []
