from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.account_credit_allocation.matching.open_item import TOO_LARGE, AllocationPlan
from odoo.addons.account_credit_allocation.models.engine.allocation_executor import AllocationOutcome
from odoo.addons.account_credit_allocation.models.engine.allocation_planner import GroupPlan
from odoo.addons.account_credit_allocation.models.engine.expected_conflicts import conflicts_expected
from odoo.addons.account_credit_allocation.models.engine.open_item_reader import RECEIVABLE, AllocationScope

from .credit_plan import CreditPlan


class AllocationExecutor(models.AbstractModel):
    """Customer credit goes through the same door as every allocation: locked, compared with the ledger, recorded."""

    _inherit = "account.credit.allocation.executor"

    @api.model
    def _match_credit(self, triples, evidence):
        """Reconcile chosen debit and credit items of one customer with each other, and record why, in one document.

        :param list triples: ``(debit item, credit item, amount)`` in the order of execution; the amount is positive, in
            the credit's currency; None to settle as much as is open of both
        :param str evidence: see :class:`CreditPlan`
        :return: what was settled of the credits, in their currency
        :raise UserError: one of the items cannot be used; nothing was changed
        """
        triples = [triple for triple in triples if triple[2] is None or triple[2] > 0]
        if not triples:
            return 0.0
        lines = self.env["account.move.line"].union(*(debit | credit for debit, credit, _amount in triples))
        plan = self._begin_credit_plan(lines, evidence)
        settled = sum(plan.settle(*triple) for triple in triples)
        self._record_credit(self._execute_credit_plan(plan))
        return settled

    @api.model
    def _begin_credit_plan(self, lines, evidence):
        """Lock open items of one customer, and begin to plan what becomes of them.

        :return: :class:`CreditPlan`
        :raise UserError: one of the items cannot be used
        """
        self._wait_for_items(lines)
        items = self._read_credit_items(lines)
        exchange = self.env["account.credit.allocation.planner"]._get_exchange([items[line.id] for line in lines])
        return CreditPlan(items, exchange, evidence)

    @api.model
    def _record_credit(self, executed):
        """Record in one document what :meth:`_execute_credit_plan` did, once or several times."""
        if executed:
            outcome = AllocationOutcome(self.env["account.credit.allocation"], executed, [], [])
            self.env["account.credit.allocation"]._create_done(outcome, "credit")

    @api.model
    def _wait_for_items(self, lines):
        """Lock journal items, waiting for whoever holds one. What was changed meanwhile is a serialization failure, and
        Odoo starts the request again; to be told "in use" would be no answer for a customer at a till."""
        self.env.flush_all()
        with conflicts_expected(self.env.cr):
            self.env.cr.execute(
                "SELECT id FROM account_move_line WHERE id IN %s ORDER BY id FOR NO KEY UPDATE", (tuple(lines.ids),)
            )

    @api.model
    def _read_credit_items(self, lines):
        """``{journal item id: OpenItem}`` of open receivable items.

        :raise UserError: one of them is not open, or not to be matched natively
        """
        scope = AllocationScope(
            company_ids=tuple(lines.company_id.ids),
            account_types=(RECEIVABLE,),
            partner_ids=tuple(lines.partner_id.commercial_partner_id.ids),
        )
        debts, credits = self.env["account.open.item.reader"]._read_open_items(scope)
        items = {item.id: item for item in debts + credits}
        if missing := lines.filtered(lambda line: line.id not in items):
            raise UserError(self.env._("Nothing of %s is open any more.", missing[0].move_id.name))
        if too_large := lines.filtered(lambda line: items[line.id].blocked == TOO_LARGE):
            raise UserError(
                self.env._(
                    "%s is too large to be counted to the cent. If that is a mistake, correct it.",
                    too_large[0].move_id.name,
                )
            )
        return items

    @api.model
    def _execute_credit_plan(self, plan):
        """Execute a plan in its order, all of it or nothing; to record it is up to the caller.

        :param CreditPlan plan: what is to be settled
        :return: list of :class:`Executed`
        :raise UserError: an item is in use, or Odoo refuses
        """
        by_group = {}
        for match in plan.matches:
            by_group.setdefault(match.debt.group, []).append(match)
        plans = [GroupPlan(group, AllocationPlan(tuple(found), (), ())) for group, found in by_group.items()]
        outcome = self._execute_plans(plans)
        if len(outcome.executed) != len(plan.matches):
            left = (outcome.debts_left + outcome.credits_left)[0]
            raise UserError(
                left.message
                or self.env._(
                    "Somebody else is working with %s at this moment. Nothing was changed; try again.",
                    self.env["account.move.line"].browse(left.item.id).move_id.name,
                )
            )
        return outcome.executed
