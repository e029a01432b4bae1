"""The rules: one function each, in the dictionary RULES.

A rule takes the pool of one group, reads what is available there and records what it decides. It is deterministic:
the order of its input never shows in its result. It never guesses: where two answers differ in substance it settles
nothing and sets the item aside, with the answers as suggestions. Only references and oldest-first may join different
currencies, and only where the pool has an exchange; the other rules compare amounts, which needs one currency.

A rule keeps nothing in mind from one call to the next, save what it notes in the pool, because the chain of rules is
repeated: what it decides depends on what is open and available then.
"""

from __future__ import annotations

from collections.abc import Callable

from ..open_item import EXACT_AMOUNT, EXACT_COMBINATION, NET_TO_ZERO, OLDEST_FIRST, REFERENCE, TOLERANCE
from ..pool import Pool
from .exact_amount import match_exact_amount
from .exact_combination import match_exact_combination
from .net_to_zero import match_net_to_zero
from .oldest_first import match_oldest_first
from .reference import match_reference
from .tolerance import match_tolerance

Rule = Callable[[Pool], None]

RULES: dict[str, Rule] = {
    REFERENCE: match_reference,
    EXACT_AMOUNT: match_exact_amount,
    EXACT_COMBINATION: match_exact_combination,
    NET_TO_ZERO: match_net_to_zero,
    TOLERANCE: match_tolerance,
    OLDEST_FIRST: match_oldest_first,
}
