import gc
import logging
import threading
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

from odoo import api, models

from ...matching import find_groups_with_names, plan_by_group
from ...matching.open_item import FAILED, AllocationPlan, Group, Leftover
from .native_exchange import NativeExchange
from .one_at_a_time import together_or_alone

_logger = logging.getLogger(__name__)

_pauses = 0
_was_enabled = True
_pauses_lock = threading.Lock()


@contextmanager
def paused_garbage_collection():
    """Make no search for garbage within.

    A plan makes millions of small objects, none of which refers to itself. To search them again and again takes a third
    of the time. Threads may overlap: the last one to leave switches the search on again, if the first one found it on.
    """
    global _pauses, _was_enabled
    with _pauses_lock:
        if not _pauses:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _pauses_lock:
            _pauses -= 1
            if not _pauses and _was_enabled:
                gc.enable()


class GroupPlan(NamedTuple):
    """The plan of one company, account and partner: what is executed, or rolled back, together."""

    group: Group
    plan: AllocationPlan


class AllocationPlanner(models.AbstractModel):
    """Open items are read, and the rules decide. Nothing is changed."""

    _name = "account.credit.allocation.planner"
    _description = "Credit Allocation Planner"

    @api.model
    def _plan(self, scope):
        """Decide, and change nothing.

        :param AllocationScope scope: which open items, and by which rules
        :return: list of :class:`GroupPlan`, the groups of the scope in a stable order: by root company, account type,
            account and partner
        """
        with paused_garbage_collection():
            return self._plan_items(scope)

    @api.model
    def _plan_items(self, scope):
        debts, credits = self.env["account.open.item.reader"]._read_open_items(scope)
        wanted = scope.groups
        if scope.documents is not None:  # of the chosen ones, those that were found to be open
            wanted = {item.group for item in chain(debts, credits) if item.document in scope.documents}
        plans = self._plan_all_books(debts, credits, scope.rule_ids)
        if wanted is not None:
            plans = [group_plan for group_plan in plans if group_plan.group in wanted]
        return self._plan_what_names_others_anew(plans, debts, credits, scope.rule_ids)

    @api.model
    def _plan_what_names_others_anew(self, plans, debts, credits, rule_ids):
        """Plan the partners again whose items may name what nothing open answers to, now that it is known.

        :param list plans: :class:`GroupPlan` records, which say what is unanswered
        :return: the list with new plans for the groups concerned
        """
        unanswered = {item.id for _group, plan in plans for item in plan.unanswered}
        if not unanswered:
            return plans
        asking = [[item for item in side if item.id in unanswered] for side in (debts, credits)]
        known = self.env["account.known.document.reader"]._read_known_documents(*asking)
        partners = {group.partner for group in find_groups_with_names(chain(*asking), known)}
        if not partners:
            return plans
        anew = self._plan_all_books(
            [debt for debt in debts if debt.group.partner in partners],
            [credit for credit in credits if credit.group.partner in partners],
            rule_ids,
            known,
        )
        by_group = {group_plan.group: group_plan for group_plan in anew}
        return [by_group.get(group_plan.group, group_plan) for group_plan in plans]

    @api.model
    def _plan_all_books(self, debts, credits, rule_ids, known=()):
        """Plan what is receivable and what is payable of each root company, by the rules of that.

        :return: list of :class:`GroupPlan`
        """
        books = self._get_books(item.group for item in chain(debts, credits))
        plans = []
        for root, account_type in sorted(set(books.values())):
            plans += self._plan_books(
                [debt for debt in debts if books[debt.group] == (root, account_type)],
                [credit for credit in credits if books[credit.group] == (root, account_type)],
                self._get_matching_options(self.env["res.company"].sudo().browse(root), rule_ids),
                known,
            )
        return plans

    @api.model
    def _plan_books(self, debts, credits, options, known=()):
        """Plan all partners together and, when that fails, each alone: whatever a rule of another addon stumbles over
        must not stop the others.

        :return: list of :class:`GroupPlan`
        """
        rules = self.env["account.credit.allocation.rule.type"]._get_matching_rules()
        by_partner = {}
        for side, items in enumerate((debts, credits)):
            for item in items:
                by_partner.setdefault(item.group.partner, ([], []))[side].append(item)

        def plan(partners):
            sides = [list(chain.from_iterable(by_partner[partner][side] for partner in partners)) for side in (0, 1)]
            plans = plan_by_group(*sides, options, rules=rules, exchange=self._get_exchange, known=known)
            return list(map(GroupPlan._make, plans))

        def give_up(partner, error):
            _logger.warning("No plan for partner %s", partner, exc_info=error)
            message = self.env["account.credit.allocation.executor"]._get_error_message(error)
            return self._prepare_failed_plans(*by_partner[partner], message)

        return together_or_alone(self.env.cr, sorted(by_partner), plan, give_up)

    @api.model
    def _prepare_failed_plans(self, debts, credits, message):
        """Plans that settle nothing and list every item as failed, with the message."""

        def list_failed(items, group):
            return tuple(
                Leftover(item, item.residual, FAILED, message=message) for item in items if item.group == group
            )

        return [
            GroupPlan(group, AllocationPlan((), list_failed(debts, group), list_failed(credits, group)))
            for group in sorted({item.group for item in chain(debts, credits)})
        ]

    @api.model
    def _get_books(self, groups):
        """``{group: (root company, account type)}``: what is planned on its own.

        Each root company has its own rules, and what is receivable never nets against what is payable.
        """
        groups = set(groups)
        accounts = self.env["account.account"].sudo().browse({group.account for group in groups})
        account_types = {account.id: account.account_type for account in accounts}
        return {group: (group.company, account_types[group.account]) for group in groups}

    @api.model
    def _get_matching_options(self, company, rule_ids=None):
        """The rules of a root company, in order, and their settings: a hook for other options.

        :param rule_ids: see :class:`AllocationScope`
        :return: :class:`MatchingOptions`
        """
        return self.env["account.credit.allocation.rule"]._get_matching_options(company, rule_ids)

    @api.model
    def _get_exchange(self, items):
        """What native reconciliation settles across currencies, for :func:`plan_by_group` and for typed amounts.

        :param items: open items of one group
        :return: :class:`Exchange`
        """
        return NativeExchange(self.env["account.move.line"].browse([item.id for item in items]))
