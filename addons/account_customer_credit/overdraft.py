"""The rule "overdraft first", as a function of the matching core."""

from odoo.addons.account_credit_allocation.matching import Evidence, Pool

OVERDRAFT = "overdraft"  # the rule, its evidence, and the mark on an open item that is one


def match_overdraft(pool: Pool) -> None:
    """Settle what was overdrawn with the oldest credits, each currency by itself: it is credit spent in advance.

    Debts that are no overdraft are left alone, and nothing is compared: any credit will do, in part or whole.
    """
    for debts, credits in pool.sides_by_currency():
        overdrawn = [debt for debt in debts if OVERDRAFT in debt.marks]
        if overdrawn:
            pool.settle_in_order(overdrawn, credits, OVERDRAFT, lambda _debt: Evidence(OVERDRAFT))
