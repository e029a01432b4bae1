"""The matching core: which credit settles which debt, and why. Plain Python, importing nothing of the framework."""

from .evidence import EVIDENCE_VALUES
from .invariants import PlanError, check_plan
from .named import find_groups_with_names
from .open_item import (
    AllocationPlan,
    Cap,
    Evidence,
    Exchange,
    Group,
    Leftover,
    Match,
    MatchingOptions,
    OpenItem,
    Suggestion,
    Tolerance,
    WriteOff,
)
from .planner import plan_allocation, plan_by_group
from .pool import Pool
from .rules import RULES, Rule

__all__ = [
    "EVIDENCE_VALUES",
    "RULES",
    "AllocationPlan",
    "Cap",
    "Evidence",
    "Exchange",
    "Group",
    "Leftover",
    "Match",
    "MatchingOptions",
    "OpenItem",
    "PlanError",
    "Pool",
    "Rule",
    "Suggestion",
    "Tolerance",
    "WriteOff",
    "check_plan",
    "find_groups_with_names",
    "plan_allocation",
    "plan_by_group",
]
