"""An exchange for the tests: a table of rates, and the rounding that every real exchange does."""

from ..open_item import DEBT

EUR, USD, JPY, VND = 1, 2, 3, 4
# what one minor unit is worth in the company's currency, in thousandths of its minor unit
RATES = {EUR: 1_000, USD: 900, JPY: 620, VND: 4}


class RateTable:
    """Settles pairs at fixed rates. Remembers what it was asked, and what is open, as the ledger would."""

    def __init__(self, items):
        self.open = {item.id: item.residual for item in items}
        self.asked = []

    def settle(self, debt, credit, cap=None):
        self.asked.append((debt.id, credit.id))
        limits = {item.id: self.open[item.id] for item in (debt, credit)}
        if cap is not None:
            item = debt if cap.side == DEBT else credit
            limits[item.id] = min(limits[item.id], cap.amount)
        worth = {item.id: limits[item.id] * RATES[item.currency] for item in (debt, credit)}
        lesser, other = (debt, credit) if worth[debt.id] <= worth[credit.id] else (credit, debt)
        amounts = {lesser.id: limits[lesser.id]}
        rounded = (2 * worth[lesser.id] + RATES[other.currency]) // (2 * RATES[other.currency])
        amounts[other.id] = min(rounded, limits[other.id])
        if not amounts[other.id]:
            return None
        for item_id, amount in amounts.items():
            self.open[item_id] -= amount
        return amounts[debt.id], amounts[credit.id]
