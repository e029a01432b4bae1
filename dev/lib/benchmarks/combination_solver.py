"""How long the search for an exact combination takes, and what it finds, with the default limits.

Part of ``dev/benchmark``; it also runs with plain Python from anywhere: python dev/lib/benchmarks/combination_solver.py

Each line is one kind of problem, made up several times from fixed seeds. "Steps" and "found" are the same on every
machine; the times are processor time, the best of several runs for each problem, so that other work on the machine
shows as little as possible.
"""

import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from matching.combination import find_combinations
from matching.open_item import MatchingOptions

OPTIONS = MatchingOptions()
PROBLEMS, RUNS = 20, 3
USUAL, LARGE, HUGE = 10**6, 10**9, 10**12  # minor units: ten thousand, ten million, ten thousand million of a currency


def draw(chance, count, largest, unit=1):
    return [unit * chance.randint(1, largest // unit) for _ in range(count)]


def sum_of(members, largest, count, unit=1):
    """Random amounts, and a target that ``members`` of them make."""

    def make(chance):
        amounts = draw(chance, count, largest, unit)
        return amounts, sum(chance.sample(amounts, members))

    return make


def beside(members, largest, count, unit=1):
    """The same, but the target is one minor unit beside the sum."""

    def make(chance):
        amounts, target = sum_of(members, largest, count, unit)(chance)
        return amounts, target + 1

    return make


def cent_traps(chance):
    """Amounts in twos and threes that are a cent apart, as of a price that was rounded differently."""
    prices = draw(chance, 14, USUAL)
    amounts = [price + cents for price in prices for cents in (-1, 0, 1)][:40]
    return amounts, sum(chance.sample(amounts, 6))


def subscriptions(chance):
    """Forty invoices of three prices."""
    return [chance.choice((2_990, 4_990, 9_990)) for _ in range(40)], 3 * 2_990 + 2 * 4_990 + 9_990


def one_price(chance):
    return [4_990] * 40, 4_990 * chance.randint(2, 12)


def powers(count):
    def make(chance):
        return [2**power for power in range(count)], sum(2**power for power in chance.sample(range(count), 8))

    return make


def neighbours(chance):
    """Forty amounts in a row: very many answers."""
    first = chance.randint(10_000, 20_000)
    return [first + number for number in range(40)], 6 * first + 117


def odd_from_even(chance):
    return [2 * amount for amount in draw(chance, 40, LARGE)], 2 * draw(chance, 1, LARGE)[0] + 1


def one_odd(chance):
    """Whole hundreds and one amount that is none; the target can only be made with it, and cannot."""
    return [*draw(chance, 39, LARGE, 10_000), 4_999], 10_000 * chance.randint(1, 10**6) + 4_998


KINDS = {
    "10 invoices, 3 members": sum_of(3, USUAL, 10),
    "10 invoices, one cent beside": beside(3, USUAL, 10),
    "20 invoices, 3 members": sum_of(3, USUAL, 20),
    "20 invoices, one cent beside": beside(3, USUAL, 20),
    "40 invoices, 2 members": sum_of(2, USUAL, 40),
    "40 invoices, 3 members": sum_of(3, USUAL, 40),
    "40 invoices, 6 members": sum_of(6, USUAL, 40),
    "40 invoices, 12 members": sum_of(12, USUAL, 40),
    "40 invoices, whole hundreds": sum_of(6, USUAL, 40, 10_000),
    "40 invoices, whole hundreds, one cent beside": beside(6, USUAL, 40, 10_000),
    "40 invoices, one to another a cent": cent_traps,
    "40 invoices of three prices": subscriptions,
    "40 invoices of one price": one_price,
    "40 amounts in a row": neighbours,
    "40 even amounts, odd target": odd_from_even,
    "39 whole hundreds and one other": one_odd,
    "30 powers of two": powers(30),
    "40 powers of two": powers(40),
    "32 large amounts, 12 members": sum_of(12, LARGE, 32),
    "32 huge amounts, one beside 12": beside(12, HUGE, 32),
    "40 large amounts, 4 members": sum_of(4, LARGE, 40),
    "40 large amounts, 12 members": sum_of(12, LARGE, 40),
    "40 huge amounts, 4 members": sum_of(4, HUGE, 40),
    "40 huge amounts, 12 members": sum_of(12, HUGE, 40),
    "41 invoices": sum_of(6, USUAL, 41),
}


def search(amounts, target):
    return find_combinations(
        amounts,
        target,
        max_members=OPTIONS.max_members,
        max_candidates=OPTIONS.max_candidates,
        max_steps=OPTIONS.max_steps,
    )


def measure(amounts, target):
    """The verdict, and the milliseconds of the fastest run."""
    times = []
    for _ in range(RUNS):
        start = time.process_time_ns()
        verdict = search(amounts, target)
        times.append((time.process_time_ns() - start) / 1e6)
    return verdict, min(times)


def run(_bench=None):
    """:return: rows for ``combination_solver.csv``; the same sizes whatever was asked for"""
    rows = []
    for name, make in KINDS.items():
        measured = [measure(*make(random.Random(f"{name} {number}"))) for number in range(PROBLEMS)]
        found = Counter(verdict.kind for verdict, _time in measured)
        times = [milliseconds for _verdict, milliseconds in measured]
        rows.append(
            {
                "problem": name,
                "found": " ".join(f"{count} {kind}" for kind, count in sorted(found.items())),
                "steps": max(verdict.steps for verdict, _time in measured),
                "median_ms": f"{statistics.median(times):.2f}",
                "worst_ms": f"{max(times):.2f}",
            }
        )
    return rows


def main():
    line = "{problem:<46} {found:<42} {steps:>9} {median_ms:>9} {worst_ms:>9}"
    rows = run()
    for row in ({name: name for name in rows[0]}, *rows):
        print(line.format(**row))


if __name__ == "__main__":
    main()
