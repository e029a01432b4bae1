"""Every reason code that the core itself can give, each reached by a little ledger."""

import pytest

from matching.open_item import (
    ACCOUNT_MISMATCH,
    AMBIGUOUS_AMOUNT,
    AMBIGUOUS_COMBINATION,
    AMBIGUOUS_REFERENCE,
    CURRENCY_MISMATCH,
    EXACT_AMOUNT,
    EXACT_COMBINATION,
    EXCLUDED,
    NO_COUNTERPART,
    NO_PARTNER,
    OVERPAID,
    REFERENCE,
    RESERVED,
    SEARCH_EXHAUSTED,
    UNDERPAID,
    MatchingOptions,
)
from matching.planner import plan_allocation, plan_by_group
from matching.tests.ledger import CUSTOMER, NOBODY, OTHER_RECEIVABLE, USD, item, left

ALL_RULES = MatchingOptions()
NO_OLDEST = MatchingOptions(rules=(REFERENCE, EXACT_AMOUNT))
ELSEWHERE = {"group": CUSTOMER._replace(account=OTHER_RECEIVABLE)}
SOMEBODY_ELSE = {"group": CUSTOMER._replace(partner=8)}
OTHER_COMPANY = {"group": CUSTOMER._replace(company=2, account=OTHER_RECEIVABLE)}
DOLLARS = {"currency": USD}
TWIN = {"identifiers": ("CUST/00057",)}

LEDGERS = {
    "a credit used in part is overpaid": ([item(1, 60)], [item(9, 100)], ALL_RULES, {9: (40, OVERPAID)}),
    "an unused credit whose debts are all settled is overpaid": (
        [item(1, 60)],
        [item(8, 60), item(9, 100)],
        ALL_RULES,
        {9: (100, OVERPAID)},
    ),
    "a debt paid in part is underpaid": ([item(1, 60)], [item(9, 50)], ALL_RULES, {1: (10, UNDERPAID)}),
    "a credit alone has no counterpart": ([], [item(9, 50)], ALL_RULES, {9: (50, NO_COUNTERPART)}),
    "a debt alone has no counterpart": ([item(1, 60)], [], ALL_RULES, {1: (60, NO_COUNTERPART)}),
    "what is left of a credit that was used before is overpaid": (
        [],
        [item(9, 50, partly_settled=True)],
        ALL_RULES,
        {9: (50, OVERPAID)},
    ),
    "what is left of a debt that was paid in part before is underpaid": (
        [item(1, 60, partly_settled=True)],
        [],
        ALL_RULES,
        {1: (60, UNDERPAID)},
    ),
    "another account explains more than what was settled before": (
        [item(1, 60, partly_settled=True, **ELSEWHERE)],
        [item(9, 60, partly_settled=True)],
        ALL_RULES,
        {1: (60, ACCOUNT_MISMATCH), 9: (60, ACCOUNT_MISMATCH)},
    ),
    "a debt that came too late for the credits has no counterpart": (
        [item(1, 60, 1), item(2, 70, 2)],
        [item(9, 60)],
        ALL_RULES,
        {2: (70, NO_COUNTERPART)},
    ),
    "open items that no rule pairs have no counterpart": (
        [item(1, 60)],
        [item(9, 50)],
        NO_OLDEST,
        {1: (60, NO_COUNTERPART), 9: (50, NO_COUNTERPART)},
    ),
    "another partner's items are no counterpart": (
        [item(1, 60, **SOMEBODY_ELSE)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, NO_COUNTERPART), 9: (60, NO_COUNTERPART)},
    ),
    "another company's items are no counterpart": (
        [item(1, 60, **OTHER_COMPANY)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, NO_COUNTERPART), 9: (60, NO_COUNTERPART)},
    ),
    "a blocked counterpart is none": (
        [item(1, 60, blocked=EXCLUDED)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, EXCLUDED), 9: (60, NO_COUNTERPART)},
    ),
    "a blocked debt does not keep a credit from being overpaid": (
        [item(1, 60, blocked=EXCLUDED), item(2, 60)],
        [item(8, 60), item(9, 100)],
        ALL_RULES,
        {1: (60, EXCLUDED), 9: (100, OVERPAID)},
    ),
    "a reserved credit is left alone": (
        [item(1, 60)],
        [item(9, 60, blocked=RESERVED)],
        ALL_RULES,
        {1: (60, NO_COUNTERPART), 9: (60, RESERVED)},
    ),
    "items without partner are never matched": (
        [item(1, 60, group=NOBODY)],
        [item(9, 60, group=NOBODY)],
        ALL_RULES,
        {1: (60, NO_PARTNER), 9: (60, NO_PARTNER)},
    ),
    "being excluded outranks having no partner": (
        [item(1, 60, group=NOBODY, blocked=EXCLUDED)],
        [],
        ALL_RULES,
        {1: (60, EXCLUDED)},
    ),
    "the counterpart is on another account": (
        [item(1, 60, **ELSEWHERE)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, ACCOUNT_MISMATCH), 9: (60, ACCOUNT_MISMATCH)},
    ),
    "the counterpart on another account is blocked": (
        [item(1, 60, blocked=EXCLUDED, **ELSEWHERE)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, EXCLUDED), 9: (60, NO_COUNTERPART)},
    ),
    "the counterpart is in another currency": (
        [item(1, 60, **DOLLARS)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, CURRENCY_MISMATCH), 9: (60, CURRENCY_MISMATCH)},
    ),
    "another account outranks another currency": (
        [item(1, 60, **DOLLARS), item(2, 60, **ELSEWHERE)],
        [item(9, 60)],
        ALL_RULES,
        {1: (60, CURRENCY_MISMATCH), 2: (60, ACCOUNT_MISMATCH), 9: (60, ACCOUNT_MISMATCH)},
    ),
    "a counterpart in the same group outranks one on another account": (
        [item(1, 60), item(2, 60, **ELSEWHERE)],
        [item(9, 50)],
        NO_OLDEST,
        {1: (60, NO_COUNTERPART), 2: (60, ACCOUNT_MISMATCH), 9: (50, NO_COUNTERPART)},
    ),
    "a memo that names two documents in one place is ambiguous": (
        [item(1, 60, **TWIN), item(2, 70, **TWIN)],
        [item(9, 60, texts=TWIN["identifiers"])],
        ALL_RULES,
        {1: (60, NO_COUNTERPART), 2: (70, NO_COUNTERPART), 9: (60, AMBIGUOUS_REFERENCE)},
    ),
    "two equal debts for one credit are ambiguous without oldest first": (
        [item(1, 60), item(2, 60)],
        [item(9, 60)],
        NO_OLDEST,
        {1: (60, NO_COUNTERPART), 2: (60, NO_COUNTERPART), 9: (60, AMBIGUOUS_AMOUNT)},
    ),
    "two sums that make one credit are ambiguous even with oldest first": (
        [item(1, 10), item(2, 20), item(3, 30), item(4, 40)],
        [item(9, 50)],
        ALL_RULES,
        {i: (10 * i, NO_COUNTERPART) for i in (1, 2, 3, 4)} | {9: (50, AMBIGUOUS_COMBINATION)},
    ),
    "a credit whose search was too large says so if no other rule used it": (
        [item(1, 10), item(2, 20), item(3, 30)],
        [item(9, 30)],
        NO_OLDEST._replace(rules=(EXACT_COMBINATION,), max_candidates=1),
        {i: (10 * i, NO_COUNTERPART) for i in (1, 2, 3)} | {9: (30, SEARCH_EXHAUSTED)},
    ),
}


@pytest.mark.parametrize(("debts", "credits", "options", "expected"), LEDGERS.values(), ids=LEDGERS.keys())
def test_every_leftover_says_why_it_was_left(debts, credits, options, expected):
    assert left(plan_allocation(debts, credits, options)) == expected


def test_the_table_reaches_every_reason_that_the_core_can_give():
    reached = {reason for *_ledger, expected in LEDGERS.values() for _amount, reason in expected.values()}
    assert reached == {
        ACCOUNT_MISMATCH,
        AMBIGUOUS_AMOUNT,
        AMBIGUOUS_COMBINATION,
        AMBIGUOUS_REFERENCE,
        CURRENCY_MISMATCH,
        EXCLUDED,
        NO_COUNTERPART,
        NO_PARTNER,
        OVERPAID,
        RESERVED,
        SEARCH_EXHAUSTED,
        UNDERPAID,
    }


def test_each_group_gets_a_plan_of_its_own_in_the_order_of_the_groups():
    groups = [SOMEBODY_ELSE["group"], CUSTOMER, OTHER_COMPANY["group"]]
    debts = [item(i, 60, group=group) for i, group in enumerate(groups)]
    credits = [item(10 + i, 60, group=group) for i, group in enumerate(groups)]
    plans = list(plan_by_group(debts, credits))
    assert [group for group, _plan in plans] == sorted(groups)
    assert [plan.matches[0].debt.group for _group, plan in plans] == sorted(groups)


def test_a_group_of_one_side_is_planned_too():
    ((group, plan),) = plan_by_group([item(1, 60)], [])
    assert (group, left(plan)) == (CUSTOMER, {1: (60, NO_COUNTERPART)})
