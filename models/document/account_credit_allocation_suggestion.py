from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ...matching.open_item import MANUAL, OVERPAID, UNDERPAID, AllocationPlan, Evidence, Group, Leftover, Match
from ..engine.allocation_planner import GroupPlan
from ..engine.minor_units import from_minor_units


class AccountCreditAllocationSuggestion(models.Model):
    """One of several answers between which a rule would not decide: a person may choose it with one click.

    In a preview that marks it: its allocations are planned with the others, until they are taken back or the preview is
    applied. In a document that is done it is allocated at once.

    Suggestions are offers, not history. Those of an open item are kept in one place only, the newest document that
    lists the item, and they go as soon as one of them is chosen.
    """

    _name = "account.credit.allocation.suggestion"
    _description = "Possible Allocation"
    _order = "allocation_id.id desc, leftover_id.id, sequence, id"

    leftover_id = fields.Many2one(
        "account.credit.allocation.leftover", string="Not Allocated", required=True, index=True, ondelete="cascade"
    )
    allocation_id = fields.Many2one(related="leftover_id.allocation_id", store=True, index=True)
    company_id = fields.Many2one(related="leftover_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="leftover_id.partner_id")
    label = fields.Char(related="leftover_id.label", string="For")
    sequence = fields.Integer(readonly=True)
    name = fields.Char(string="Possibility", readonly=True)
    amount = fields.Monetary(string="Allocates", readonly=True, aggregator=None)
    currency_id = fields.Many2one(related="leftover_id.currency_id")
    evidence = fields.Char(string="Why", readonly=True)
    line_ids = fields.Many2many(
        "account.move.line",
        "account_credit_allocation_suggestion_line_rel",
        "suggestion_id",
        "line_id",
        string="Open Items",
        readonly=True,
    )
    planned_line_ids = fields.One2many("account.credit.allocation.line", "suggestion_id", string="Planned Allocations")
    is_marked = fields.Boolean(
        string="Chosen", compute="_compute_is_marked", help="It is allocated when the preview is applied."
    )
    # what was offered, in order: dicts with side, id, residual (minor units) and label of each item
    items = fields.Json(readonly=True)

    @api.depends("planned_line_ids")
    def _compute_is_marked(self):
        for suggestion in self:
            suggestion.is_marked = bool(suggestion.planned_line_ids)

    def unlink(self):
        """An offer that is withdrawn is planned no more."""
        self.planned_line_ids.filtered(lambda line: line.state == "planned").unlink()
        return super().unlink()

    @api.model
    def _with_open_amounts(self, leftover, open_amounts):
        """The leftover with suggestions made of what the plan leaves of their items: that is what they count on.

        :param Leftover leftover: of a plan; the items of its suggestions are as they were before the plan
        :param dict open_amounts: ``{item id: minor units}``
        """
        return leftover._replace(
            suggestions=tuple(
                suggestion._replace(
                    **{
                        side: tuple(
                            item._replace(residual=open_amounts.get(item.id, item.residual))
                            for item in getattr(suggestion, side)
                        )
                        for side in ("debts", "credits")
                    }
                )
                for suggestion in leftover.suggestions
            )
        )

    @api.model
    def _prepare_suggestion_vals(self, suggestion, sequence, side):
        """
        :param Suggestion suggestion: debts and credits with their residuals in minor units
        :param int sequence: its place among the others
        :param str side: ``credit`` or ``debt``, that of the item which was left
        :return: dict of values without ``leftover_id``
        """
        items = [
            {
                "side": item_side,
                "id": item.id,
                "residual": item.residual,
                "label": self.env["account.move.line"].browse(item.id)._get_open_item_label(),
            }
            for item_side, side_items in (("debt", suggestion.debts), ("credit", suggestion.credits))
            for item in side_items
        ]
        own_items, other_items = suggestion.credits, suggestion.debts
        if side == "debt":
            own_items, other_items = other_items, own_items
        total = sum(item.residual for item in own_items)
        if {item.currency for item in own_items + other_items} == {own_items[0].currency}:
            total = min(total, sum(item.residual for item in other_items))
        return {
            "sequence": sequence,
            "name": self._get_name(other_items, own_items),
            "amount": from_minor_units(self.env["res.currency"].browse(own_items[0].currency), total),
            "evidence": self.env["account.credit.allocation.line"]._get_evidence_text(suggestion.evidence),
            "line_ids": [fields.Command.set([item["id"] for item in items])],
            "items": items,
        }

    @api.model
    def _get_name(self, others, own):
        """Such as “INV/2026/00041 (30.00) + INV/2026/00043 (70.00)”; what goes with the item itself follows after ←."""
        names = " + ".join(self._get_item_name(item) for item in others)
        if len(own) == 1:
            return names
        return f"{names} ← {' + '.join(self._get_item_name(item) for item in own)}"

    @api.model
    def _get_item_name(self, item):
        currency = self.env["res.currency"].browse(item.currency)
        amount = formatLang(self.env, from_minor_units(currency, item.residual), digits=currency.decimal_places)
        return f"{self.env['account.move.line'].browse(item.id)._get_open_item_label()} ({amount})"

    # ------------------------------------------------------------------------------------------------------------------
    # Choosing
    # ------------------------------------------------------------------------------------------------------------------

    def action_choose(self):
        """Plan exactly these items in a preview; else allocate them, as a document of its own.

        :return: a client action that says what was done; None in a preview, where nothing was
        :raise AccessError: the user may not reconcile, or not see the document
        :raise UserError: one of the items was used meanwhile, or another possibility was chosen
        """
        Document = self.env["account.credit.allocation"]
        Document._check_may_allocate()
        self._lock_choice()
        if self.allocation_id.state == "draft":
            return self._mark()
        outcome = self.env["account.credit.allocation.executor"]._execute([self._rebuild_group_plan()], "choice")
        if not outcome.executed:
            refusals = Document._list_refusals(outcome)
            raise UserError("\n".join([self.env._("This could not be allocated; nothing was changed."), *refusals]))
        self._set_chosen(outcome.documents, outcome.documents.line_ids)
        return Document._get_notification(outcome)

    def action_take_back(self):
        """Plan this possibility no longer.

        :raise AccessError: the user may not reconcile, or not see the document
        :raise UserError: the preview was applied or discarded meanwhile
        """
        self._lock_choice()
        self.allocation_id._lock_draft()
        self.sudo().planned_line_ids.unlink()

    def _mark(self):
        """Plan what this possibility allocates, in place of another one for the same item."""
        document, Line = self.allocation_id, self.env["account.credit.allocation.line"]
        document._lock_draft()
        self.leftover_id.suggestion_ids.sudo().planned_line_ids.unlink()
        for other in document.suggestion_ids.filtered("is_marked"):
            if used := other.line_ids & self.line_ids:
                raise UserError(
                    self.env._(
                        "%(item)s is planned for %(other)s already. Take that choice back first.",
                        item=used[0]._get_open_item_label(),
                        other=other.label,
                    )
                )
        planned = Line._list_planned_vals(self._rebuild_group_plan().plan)
        if not planned or {company for company, _vals in planned} != {document.company_id}:
            raise UserError(
                self.env._("This cannot be planned here. Apply the preview, and choose in the document afterwards.")
            )
        document.sudo().line_ids = [
            fields.Command.create({**vals, "suggestion_id": self.id}) for _company, vals in planned
        ]

    def _lock_choice(self):
        """:raise UserError: somebody else has chosen, or is just choosing"""
        if len(self.exists()) != 1:
            raise UserError(self.env._("This possibility is gone: somebody has chosen already. Reload the page."))
        self.check_access("read")
        self.leftover_id._lock_in_state()

    def _rebuild_group_plan(self):
        """The plan that allocates these items, as they are in the books now, less what the preview plans already.

        :return: :class:`GroupPlan`
        :raise UserError: they are not as they were when the possibility was found
        """
        recheck = self.env["account.open.item.recheck"]
        leftover = self.leftover_id
        group = Group(self.company_id.sudo().root_id.id, leftover.line_id.account_id.id, leftover.partner_id.id)
        current = recheck._read_items(leftover.partner_id)
        planned = self.allocation_id.line_ids.filtered(
            lambda line: line.state == "planned"
            and (line.partner_id, line.account_id) == (leftover.partner_id, leftover.line_id.account_id)
        )
        changes = planned._find_changes(group, current)
        settled = planned._count_settled()
        sides = {"debt": [], "credit": []}
        for seen in self.items:
            line = self.env["account.move.line"].browse(seen["id"]).sudo().exists().sudo(False)
            item = current.get((seen["side"], seen["id"]))
            residual = seen["residual"] + settled.get(line, 0)
            if change := recheck._find_change(line, seen["label"], item, group, residual):
                changes.append(change)
            elif item:
                sides[seen["side"]].append(item._replace(residual=seen["residual"]))
        if changes:
            raise UserError("\n".join([self.env._("This is not possible any more; nothing was changed."), *changes]))
        return GroupPlan(group, self._pair_items(sides["debt"], sides["credit"], planned._rebuild_plan(current)))

    def _pair_items(self, debts, credits, before):
        """Settle the debts with the credits, both in the order of the suggestion.

        :param AllocationPlan before: what is settled first, of the same partner and account
        :return: :class:`AllocationPlan`
        """
        items = {item.id: item for match in before.matches for item in (match.debt, match.credit)}
        items |= {item.id: item for item in debts + credits}
        exchange = self.env["account.credit.allocation.planner"]._get_exchange(list(items.values()))
        for match in before.matches:
            exchange.settle(match.debt, match.credit, match.cap)
        evidence = Evidence(
            self.env._(
                "Chosen by %(user)s among %(count)s possibilities",
                user=self.env.user.name,
                count=len(self.leftover_id.suggestion_ids),
            )
        )
        rest = {item.id: item.residual for item in debts + credits}
        matches = []
        for debt in debts:
            for credit in credits:
                if not rest[debt.id] or not rest[credit.id]:
                    continue
                if settled := exchange.settle(debt, credit):
                    rest[debt.id] -= settled[0]
                    rest[credit.id] -= settled[1]
                    matches.append(Match(debt, credit, *settled, MANUAL, evidence))
        return AllocationPlan(
            tuple(matches),
            tuple(Leftover(debt, rest[debt.id], UNDERPAID) for debt in debts if rest[debt.id]),
            tuple(Leftover(credit, rest[credit.id], OVERPAID) for credit in credits if rest[credit.id]),
        )

    def _set_chosen(self, document, lines):
        """Note on the leftover what resolved it, and withdraw every offer that counted on the same items.

        :param document: the ``account.credit.allocation`` that allocated it
        :param lines: its lines that did
        """
        self.leftover_id.sudo().resolved_allocation_id = document[:1]
        used = lines.debt_line_id | lines.credit_line_id
        withdrawn = self.leftover_id.suggestion_ids | self.sudo().search([("line_ids", "in", used.ids)])
        withdrawn.sudo().unlink()

    @api.model
    def _withdraw_for(self, items):
        """Withdraw the offers for these journal items before newer ones are stored, and with them the drafts that
        were kept for nothing else; those of a run are its result."""
        outdated = self.sudo().search([("leftover_id.line_id", "in", items.ids)])
        documents = outdated.allocation_id
        outdated.unlink()
        documents.filtered(
            lambda document: document.state == "draft"
            and not (document.run_id or document.line_ids or document.suggestion_ids)
        ).unlink()
