"""The rule "journal first", as a function of the matching core: no database, no Odoo."""

from odoo.addons.account_credit_allocation.matching import Evidence, Pool

JOURNAL_FIRST = "journal_first"  # the rule, and its evidence


def get_mark(journal_id):
    """The mark that an invoice of a journal carries, and each credit that is meant for such invoices."""
    return f"{JOURNAL_FIRST}:{journal_id}"


def match_journal_first(pool: Pool) -> None:
    """Settle the invoices whose journal a credit is meant for, the oldest first.

    Each currency by itself. Nothing is compared: the last invoice may be paid in part, and what is left of the credit
    goes on to the next rules. A credit that is meant for no journal is left alone.
    """
    for debts, credits in pool.sides_by_currency():
        for credit in credits:
            own = [debt for debt in debts if _get_own_marks(debt) & _get_own_marks(credit)]
            pool.settle_in_order(own, [credit], JOURNAL_FIRST, lambda _debt: Evidence(JOURNAL_FIRST))


def _get_own_marks(item):
    """The marks of this rule: others are none of its business."""
    return {mark for mark in item.marks if mark.startswith(f"{JOURNAL_FIRST}:")}
