from ...matching.open_item import CREDIT, DEBT
from .minor_units import to_minor_units
from .pairs import PairsInProgress, make_pair


class NativeExchange:
    """What native reconciliation will settle of each pair, in the order of a plan: the :class:`Exchange` of the core.

    The figures come from the native methods themselves, run on a copy of the residuals. Nothing is written.
    """

    def __init__(self, lines):
        """:param lines: ``account.move.line`` records, the open items of one company, account and partner"""
        self._line = lines.browse()
        self._residuals = {
            line.id: {
                "aml": line,
                "amount_residual": line.amount_residual,
                "amount_residual_currency": line.amount_residual_currency,
                "parent_state": line.parent_state,
            }
            for line in lines
        }

    def settle(self, debt, credit, cap=None):
        """See :class:`Exchange`; ``cap`` may also be more than what is open, and then does nothing."""
        sides = {DEBT: self._residuals[debt.id], CREDIT: self._residuals[credit.id]}
        if debt.currency != credit.currency and not all(values["aml"].balance for values in sides.values()):
            return None  # worth nothing in the company's currency, so there is no rate
        before = {side: dict(values) for side, values in sides.items()}
        pair = make_pair({side: values["aml"] for side, values in sides.items()}, cap)
        self._line.with_context(credit_allocation_pairs=PairsInProgress([pair]))._prepare_reconciliation_amls(
            [self._residuals[pair.debit.id], self._residuals[pair.credit.id]]
        )
        settled = {side: self._count_settled(before[side], values) for side, values in sides.items()}
        if min(settled.values()) <= 0 or any(map(self._leaves_worth_only, sides.values())):
            for side, values in before.items():
                sides[side].update(values)
            return None
        return settled[DEBT], settled[CREDIT]

    def _leaves_worth_only(self, values):
        """Whether nothing of an item would be open in its own currency, but something in the company's.

        It could never be settled then. It happens where the smallest amount of a currency is worth a lot.
        """
        line = values["aml"]
        return line.currency_id.is_zero(values["amount_residual_currency"]) and not line.company_currency_id.is_zero(
            values["amount_residual"]
        )

    def _count_settled(self, before, after):
        """By how much a residual came nearer to zero, in minor units of the item's currency."""
        currency = before["aml"].currency_id
        residuals = [to_minor_units(currency, values["amount_residual_currency"]) for values in (before, after)]
        return abs(residuals[0]) - abs(residuals[1])
