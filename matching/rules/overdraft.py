"""The rule "overdraft first"."""

from __future__ import annotations

from ..evidence import BY_OVERDRAFT
from ..open_item import OVERDRAFT, Evidence
from ..pool import Pool


def match_overdraft(pool: Pool) -> None:
    """Settle what was overdrawn with the oldest credits, each currency by itself: it is credit spent in advance.

    Debts that are no overdraft are left alone, and nothing is compared: any credit will do, in part or whole.
    """
    for debts, credits in pool.sides_by_currency():
        overdrawn = [debt for debt in debts if debt.overdraft]
        if overdrawn:
            pool.settle_in_order(overdrawn, credits, OVERDRAFT, lambda _debt: Evidence(BY_OVERDRAFT))
