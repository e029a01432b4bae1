"""Which of several amounts add up exactly to a target, and whether that is the only answer.

The problem: a payment of 1,234.56 may be the sum of three out of forty open invoices. That is evidence only if no other
choice of invoices gives the same sum, so the search must find every answer, or at least a second one. Of forty amounts
there are nine thousand million choices of up to twelve. Rejected: to try them one after the other (hours); a table of
all sums up to the target (one bit for each cent is too much for large amounts); a limit in seconds (the answer would
depend on the machine); to look at a part of the candidates only (then nobody knows whether the answer is the only one).

Decided: meet in the middle. The amounts are dealt to two sides. Each side lists the sums of one, of two, of three of
its amounts and so on, and after each round a sum of the one side and a sum of the other that together make the target
are an answer. So two answers, where there are many, are found after few rounds, and two are enough to refuse. A sum is
dropped where even the largest amounts that are not used yet could not fill it up to the target. Every sum that is
looked at is a step; when the steps are spent nothing is claimed.

The default of 200,000 steps, which take some hundredths of a second, suffices for any 33 candidates whatever: each
side has 2^16 or 2^17 sums at most. More candidates come to an end too where two answers have few members, as with
amounts of some thousand euros, or where few of the amounts fit into the target. Forty amounts of millions do not.

Choices that differ only in which of several equal amounts they take are one answer; it names the first of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

from .open_item import MAX_SUGGESTIONS

NONE = "none"
UNIQUE = "unique"
AMBIGUOUS = "ambiguous"
EXHAUSTED = "exhausted"

_LAST_DIGITS = 10_000


class Verdict(NamedTuple):
    """What a search found. ``kind``: NONE, UNIQUE, AMBIGUOUS, or EXHAUSTED where it could not be completed.

    ``combinations``: positions among the given amounts, ascending; one combination if unique, and two or more, up to
    ``MAX_SUGGESTIONS``, if ambiguous, those of few members first. ``steps``: how many sums were looked at.
    """

    kind: str
    combinations: tuple[tuple[int, ...], ...] = ()
    steps: int = 0


def find_combinations(
    amounts: Sequence[int], target: int, *, max_members: int, max_candidates: int, max_steps: int
) -> Verdict:
    """Search for the combinations of at least two and at most ``max_members`` of ``amounts`` that make ``target``.

    All amounts are positive integers in one unit; where several are equal the first in ``amounts`` are taken.
    Candidates are the amounts that may be members at all: less than the target, and of equal ones no more than fit into
    it. Of more than ``max_candidates`` no search is made, and none goes on beyond ``max_steps``: the verdict is then
    EXHAUSTED, except where even the largest candidates make less than the target. The verdict does not depend on the
    order of the amounts, but for the positions. Raises ValueError for an amount that is not positive.
    """
    if min(amounts, default=1) <= 0:
        raise ValueError("Only positive amounts can be combined.")
    positions = _select_candidates(amounts, target, max_members)
    candidates = [amounts[position] for position in positions]
    if sum(candidates[:max_members]) < target:
        return Verdict(NONE)
    if len(candidates) > max_candidates:
        return Verdict(EXHAUSTED)
    if not _last_digits_agree(candidates, target):
        return Verdict(NONE)
    search = _Search(candidates, target, max_members, max_steps)
    try:
        found = search.find()
    except _OutOfSteps:
        return Verdict(EXHAUSTED, steps=search.steps)
    kind = AMBIGUOUS if len(found) > 1 else UNIQUE if found else NONE
    named = (tuple(sorted(positions[candidate] for candidate in members)) for members in found)
    return Verdict(kind, tuple(named), search.steps)


def _select_candidates(amounts: Sequence[int], target: int, max_members: int) -> list[int]:
    """The positions of the candidates, the largest amount first; of equal amounts the first ones."""
    selected = []
    previous = copies = 0
    for position in sorted(range(len(amounts)), key=amounts.__getitem__, reverse=True):  # leaves equal ones in order
        amount = amounts[position]
        copies = copies + 1 if amount == previous else 1
        previous = amount
        if amount < target and copies <= max_members and copies * amount <= target:
            selected.append(position)
    return selected


def _last_digits_agree(amounts: Sequence[int], target: int) -> bool:
    """Whether any choice, of any number of ``amounts``, has the last four digits of ``target``.

    Round amounts and a target that is not round need no search. Bit ``n`` of ``reachable`` stands for the digits ``n``.
    """
    reachable, every = 1, (1 << _LAST_DIGITS) - 1
    for amount in amounts:
        digits = amount % _LAST_DIGITS
        reachable |= (reachable << digits | reachable >> (_LAST_DIGITS - digits)) & every
    return bool(reachable >> target % _LAST_DIGITS & 1)


class _OutOfSteps(Exception):
    pass


class _Side:
    """Some of the candidates, in the order of all, and the sums of 0, 1, 2… of them.

    ``sums[count]`` holds the sums of ``count`` members, by the last member: those whose last member is before candidate
    ``i`` of this side are the first ``ends[count][i]``. A candidate that equals the one before it is a member only
    together with that one, so that swapping equal amounts gives no other sum.
    """

    def __init__(self, members: list[int], candidates: list[int], target: int, max_members: int) -> None:
        """``members``: positions among ``candidates``, all copies of an amount on one side."""
        self.members = members
        self.amounts = [candidates[member] for member in members]
        self.sums: list[list[int]] = [[0]]
        self.ends: list[list[int]] = [[1] * (len(members) + 1)]
        self._repeats = [i > 0 and amount == self.amounts[i - 1] for i, amount in enumerate(self.amounts)]
        self._target = target
        # for each member, what the largest of the candidates that are not yet used can add at most, by their number
        self._fillings = []
        unused = list(candidates)
        for amount in self.amounts:
            unused.remove(amount)
            filling = [0, *accumulate(unused[:max_members])]
            self._fillings.append(filling + filling[-1:] * (max_members + 1 - len(filling)))

    def add_round(self, max_steps: int) -> int:
        """List the sums of one member more than before. Returns the steps taken; raises _OutOfSteps."""
        shorter, shorter_ends = self.sums[-1], self.ends[-1]
        sums: list[int] = []
        first = len(self.sums) - 1  # the members before it are too few
        ends = [0] * (first + 1)
        steps = 0
        for i in range(first, len(self.amounts)):
            amount = self.amounts[i]
            before = shorter[shorter_ends[i - 1] if self._repeats[i] else 0 : shorter_ends[i]]
            steps += len(before)
            if steps > max_steps:
                raise _OutOfSteps
            most = self._target - amount
            least = most - self._fillings[i][-1 - len(self.sums)]
            sums += [total + amount for total in before if least <= total <= most]
            ends.append(len(sums))
        self.sums.append(sums)
        self.ends.append(ends)
        return steps

    def find_members(self, count: int, total: int, first: int = 0, end: int | None = None) -> Iterator[list[int]]:
        """Every choice of ``count`` members that make ``total``, the last of them from ``first`` to before ``end``."""
        if not count:
            if not total:
                yield []
            return
        sums, ends = self.sums[count], self.ends[count]
        for i in range(first, len(self.amounts) if end is None else end):
            if total in sums[ends[i] : ends[i + 1]]:
                start = i - 1 if self._repeats[i] else 0
                for members in self.find_members(count - 1, total - self.amounts[i], start, i):
                    yield [*members, self.members[i]]


class _Search:
    """The two sides, each with every other amount so that they grow alike, and the steps taken."""

    def __init__(self, candidates: list[int], target: int, max_members: int, max_steps: int) -> None:
        self.steps = 0
        self._target = target
        self._max_members = max_members
        self._max_steps = max_steps
        dealt: tuple[list[int], list[int]] = ([], [])
        side = dealt[0]
        for position, amount in enumerate(candidates):
            if not position or amount != candidates[position - 1]:
                side = min(dealt, key=len)
            side.append(position)
        self._left, self._right = (_Side(side, candidates, target, max_members) for side in dealt)

    def find(self) -> list[list[int]]:
        """No answer, the only one, or several, as positions among the candidates. Raises _OutOfSteps."""
        left, right = self._left, self._right
        left_sums, right_lacks = {0}, {self._target}
        found: list[list[int]] = []
        for count in range(1, self._max_members + 1):
            for side in (left, right):
                self.steps += side.add_round(self._max_steps - self.steps)
            lacks = [self._target - total for total in right.sums[-1]]
            meeting = right_lacks.intersection(left.sums[-1])
            left_sums.update(left.sums[-1])
            meeting |= left_sums.intersection(lacks)
            right_lacks.update(lacks)
            if meeting:
                found += islice(self._join(count, meeting), MAX_SUGGESTIONS - len(found))
            if len(found) > 1 or not (left.sums[-1] or lacks):
                break
        return found

    def _join(self, count: int, meeting: set[int]) -> Iterator[list[int]]:
        """The answers with ``count`` members on one side, and no more on the other.

        ``meeting``: the sums of the left side that they can have.
        """
        for total_count in range(count, min(self._max_members, 2 * count) + 1):
            for left_count in sorted({total_count - count, count}):
                right_count = total_count - left_count
                lacks = {self._target - total for total in meeting.intersection(self._left.sums[left_count])}
                for lack in sorted(lacks.intersection(self._right.sums[right_count]), reverse=True):
                    for left_members in self._left.find_members(left_count, self._target - lack):
                        for right_members in self._right.find_members(right_count, lack):
                            yield left_members + right_members
