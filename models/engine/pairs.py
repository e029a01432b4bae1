from typing import NamedTuple

from odoo import models

from ...matching.open_item import CREDIT, DEBT
from .minor_units import from_minor_units
from .open_item_reader import RECEIVABLE


class Pair(NamedTuple):
    """A debit and a credit item to be reconciled, one ``account.move.line`` record each.

    ``capped``: the one of the two of which exactly ``amount`` (positive, in its currency) is settled; None to settle as
    much as is open on both.
    """

    debit: models.BaseModel
    credit: models.BaseModel
    capped: models.BaseModel | None = None
    amount: float = 0.0


def make_pair(lines, cap=None):
    """
    :param dict lines: ``{DEBT: account.move.line, CREDIT: account.move.line}``, on one receivable or payable account
    :param Cap cap: in minor units, None to settle as much as is open on both
    :return: :class:`Pair`
    """
    is_receivable = lines[DEBT].account_type == RECEIVABLE
    pair = Pair(lines[DEBT], lines[CREDIT]) if is_receivable else Pair(lines[CREDIT], lines[DEBT])
    if not cap:
        return pair
    line = lines[cap.side]
    return pair._replace(capped=line, amount=from_minor_units(line.currency_id, cap.amount))


class PairsInProgress:
    """What the overrides of native methods must know of the pairs of one call, and what they find out.

    It travels in the context. An object is equal to itself only; a dictionary would be equal to that of another call,
    and Odoo hands out an existing environment again where the contexts are equal.
    """

    def __init__(self, pairs, outer_context=None):
        self.outer_context = outer_context or {}  # without what is only meant for the reconciliation
        # (debit item id, credit item id) -> (id of the capped item, amount)
        self.caps = {(pair.debit.id, pair.credit.id): (pair.capped.id, pair.amount) for pair in pairs if pair.capped}
        self.exchange_moves = {}  # (debit item id, credit item id) -> account.move
