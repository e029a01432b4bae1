"""Finding the first residual that is large enough, without looking at all of them."""

from __future__ import annotations


class FirstFit:
    """A list of residuals (minor units, zero or more) that answers "which is the first of at least this amount?".

    A binary tree of maxima: both operations take logarithmic time, so that ten thousand credits looking for room
    among ten thousand debts stay far from a hundred million comparisons.
    """

    def __init__(self, residuals: list[int]) -> None:
        """Start with ``residuals``, at least one, in the order in which they are to be found."""
        self._leaves = 1 << (len(residuals) - 1).bit_length()
        self._maxima = [0] * self._leaves + residuals + [0] * (self._leaves - len(residuals))
        for node in range(self._leaves - 1, 0, -1):
            self._maxima[node] = max(self._maxima[2 * node], self._maxima[2 * node + 1])

    def find(self, amount: int) -> int | None:
        """The position of the first residual of at least ``amount`` (positive), or None."""
        if self._maxima[1] < amount:
            return None
        node = 1
        while node < self._leaves:
            node *= 2
            if self._maxima[node] < amount:
                node += 1
        return node - self._leaves

    def update(self, position: int, residual: int) -> None:
        """Let the residual at ``position`` be ``residual`` from now on."""
        node = position + self._leaves
        self._maxima[node] = residual
        while node > 1:
            node //= 2
            self._maxima[node] = max(self._maxima[2 * node], self._maxima[2 * node + 1])
