"""Plans that contradict themselves are refused, each with a sentence that says where."""

import pytest

from matching.evidence import EVIDENCE_VALUES
from matching.invariants import PlanError, check_plan
from matching.open_item import OLDEST_FIRST, AllocationPlan, Evidence, Leftover, MatchingOptions
from matching.planner import plan_allocation
from matching.tests.ledger import CUSTOMER, NOBODY, USD, item

DEBTS = [item(1, 100, 1), item(2, 100, 2)]
CREDITS = [item(8, 70, 1), item(9, 60, 2)]
PLAN = plan_allocation(DEBTS, CREDITS)  # 1-8 70, 1-9 30, 2-9 30, and 70 of 2 left
FIRST, SECOND, THIRD = PLAN.matches
(LEFT,) = PLAN.debts_left


def replace_first(**values):
    return PLAN._replace(matches=(FIRST._replace(**values), SECOND, THIRD))


BROKEN = {
    "matched for 69 and 69, though 100 and 70 are open": replace_first(amount=69, credit_amount=69),
    "matched for 71 and 71; open are 100 and 70": replace_first(amount=71, credit_amount=71),
    "matched for -70 and -70": replace_first(amount=-70, credit_amount=-70),
    "matched for 69 and 70, though they are of one currency": replace_first(amount=69),
    "matched for 70 and 69, though they are of one currency": replace_first(credit_amount=69),
    "debt 3, which is not among the given": replace_first(debt=item(3, 100)),
    "debt 1, which is not among the given": replace_first(debt=item(1, 100, 5)),
    "debt 8, which is not among the given": replace_first(debt=CREDITS[0], credit=DEBTS[0]),
    "credit 7, which is not among the given": replace_first(credit=item(7, 70)),
    "Debt 1 and credit 8 are matched twice": PLAN._replace(matches=(FIRST, *PLAN.matches)),
    "Nothing is open any more between debt 2 and credit 8": PLAN._replace(
        matches=(FIRST, FIRST._replace(debt=DEBTS[1], amount=30, credit_amount=30))
    ),
    "matched for 70 and 70; open are 40 and 70": PLAN._replace(
        matches=(SECOND._replace(amount=60, credit_amount=60), FIRST)
    ),
    "Of debt 2 the plan leaves 0; its matches leave 70": PLAN._replace(debts_left=()),
    "Of debt 2 the plan leaves 71; its matches leave 70": PLAN._replace(debts_left=(LEFT._replace(amount=71),)),
    "Of debt 1 the plan leaves 5; its matches leave 0": PLAN._replace(debts_left=(LEFT, Leftover(DEBTS[0], 5, "x"))),
    "Of credit 8 the plan leaves 5; its matches leave 0": PLAN._replace(credits_left=(Leftover(CREDITS[0], 5, "x"),)),
    "debt 2 is listed twice": PLAN._replace(debts_left=(LEFT, LEFT._replace(reason="x"))),
    "debt 2 is left without a reason": PLAN._replace(debts_left=(LEFT._replace(reason=""),)),
}


@pytest.mark.parametrize(("sentence", "plan"), BROKEN.items())
def test_a_broken_plan_is_refused_with_a_sentence_that_says_where(sentence, plan):
    with pytest.raises(PlanError, match=sentence):
        check_plan(DEBTS, CREDITS, plan)


@pytest.mark.parametrize(
    ("sentence", "debt_fields", "credit_fields"),
    [
        ("are of different groups", {"group": CUSTOMER._replace(partner=8)}, {}),
        ("have no partner", {"group": NOBODY}, {"group": NOBODY}),
        ("are of different currencies", {"currency": USD}, {}),
        ("is blocked: excluded", {"blocked": "excluded"}, {}),
        ("is blocked: reserved", {}, {"blocked": "reserved"}),
    ],
)
def test_a_pair_that_may_not_meet_is_refused(sentence, debt_fields, credit_fields):
    debt, credit = DEBTS[0]._replace(**debt_fields), CREDITS[0]._replace(**credit_fields)
    with pytest.raises(PlanError, match=sentence):
        check_plan([debt], [credit], AllocationPlan((FIRST._replace(debt=debt, credit=credit),), (), ()))


def test_a_blocked_item_is_left_for_the_reason_that_blocks_it():
    debt = item(1, 100, blocked="excluded")
    with pytest.raises(PlanError, match="debt 1 is blocked, but left for another reason"):
        check_plan([debt], [], AllocationPlan((), (Leftover(debt, 100, "no_counterpart"),), ()))


@pytest.mark.parametrize(
    ("sentence", "debts", "credits"),
    [
        ("Item 1 was given twice", [item(1, 100), item(1, 100)], []),
        ("Item 1 was given twice", [item(1, 100)], [item(1, 100)]),
        ("Item 1 was given twice", [item(1, 100), item(1, 100, group=NOBODY)], []),
        ("residual of item 1 is 0", [item(1, 0)], []),
        ("residual of item 9 is -5", [], [item(9, -5)]),
    ],
)
def test_items_that_contradict_themselves_are_refused_before_planning(sentence, debts, credits):
    with pytest.raises(PlanError, match=sentence):
        plan_allocation(debts, credits)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="no matching rule called newest"):
        plan_allocation(DEBTS, CREDITS, MatchingOptions(rules=(OLDEST_FIRST, "newest")))


def test_a_rule_of_another_addon_runs_in_the_chain_and_is_checked():
    def settle_newest(pool):
        pool.settle(pool.debts[-1], pool.credits[-1], "newest", Evidence("newest"))

    options = MatchingOptions(rules=("newest", OLDEST_FIRST))
    plan = plan_allocation(DEBTS, CREDITS, options, rules={"newest": settle_newest, OLDEST_FIRST: lambda pool: None})
    assert [(match.debt.id, match.credit.id, match.rule) for match in plan.matches] == [(2, 9, "newest")]


def test_a_rule_that_tampers_with_the_plan_is_found_out():
    def allocate_too_much(pool):
        pool.settle(pool.debts[0], pool.credits[0], "generous", Evidence("generous"))
        pool.matches[0] = pool.matches[0]._replace(amount=1000)

    with pytest.raises(PlanError, match="matched for 1000 and 70; open are 100 and 70"):
        plan_allocation(DEBTS, CREDITS, MatchingOptions(rules=("generous",)), rules={"generous": allocate_too_much})


def test_the_codes_of_the_evidence_are_as_documented():
    assert EVIDENCE_VALUES == {
        "link": 0,
        "reference": 2,
        "bare_number": 2,
        "order": 2,
        "exact_document": 0,
        "exact_item": 0,
        "exact_oldest": 1,
        "sum_of_debts": 1,
        "sum_of_credits": 1,
        "net_to_zero": 2,
        "small_rest": 0,
        "close_amount": 0,
        "oldest_due": 1,
        "oldest_invoice": 1,
    }
