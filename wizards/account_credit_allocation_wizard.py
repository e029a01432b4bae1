from odoo import api, fields, models
from odoo.exceptions import UserError

from ..matching.open_item import (
    CREDIT,
    DEBT,
    EXCLUDED,
    MANUAL,
    OUTSIDE,
    RESERVED,
    VOID,
    AllocationPlan,
    Cap,
    Evidence,
    Match,
)
from ..models.engine.allocation_planner import GroupPlan
from ..models.engine.minor_units import from_minor_units, to_minor_units
from ..models.engine.open_item_reader import AllocationScope

# what users may write themselves; everything else is read from the ledger when the window is opened
EDITABLE = {"date", "line_ids"}


class AccountCreditAllocationWizard(models.TransientModel):
    """Amounts typed by hand, for one document: an invoice and the credits of its partner, or a credit and the invoices.

    The document's own open items are the *targets*, those of the other side are the lines. All that is typed is in the
    currency of the document. The records are made on the server, with what the ledger says at that moment; users may
    change the amounts and the date only, and what is executed is read from the ledger anew.
    """

    _name = "account.credit.allocation.wizard"
    _description = "Allocate Credits"
    _inherit = ["account.credit.allocation.wizard.checks"]

    move_id = fields.Many2one("account.move", string="Document", required=True, readonly=True, ondelete="cascade")
    side = fields.Selection(
        [(DEBT, "An invoice is settled"), (CREDIT, "A credit is spent")], required=True, readonly=True
    )
    label = fields.Char(string="Number", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(
        string="Allocation Date",
        required=True,
        default=fields.Date.context_today,
        help="The date of the allocation document. The journal items keep their own dates.",
    )
    amount_due = fields.Monetary(readonly=True)
    residuals = fields.Json(readonly=True, help="What was open of every item when the window was opened.")
    excluded = fields.Boolean(readonly=True)
    undecided = fields.Char(readonly=True, help="Why the rules, which see several answers, propose nothing.")
    has_other_currencies = fields.Boolean(readonly=True)
    submitted = fields.Boolean(readonly=True)
    line_ids = fields.One2many("account.credit.allocation.wizard.line", "wizard_id", string="Open Items")

    amount_allocated = fields.Monetary(string="Allocated", compute="_compute_amounts")
    amount_remaining = fields.Monetary(string="Remaining", compute="_compute_amounts")
    error = fields.Char(compute="_compute_amounts", help="Why the amounts cannot be allocated as they are.")
    can_allocate = fields.Boolean(compute="_compute_amounts")
    fill = fields.Selection([("propose", "Propose"), ("clear", "Clear")], store=False)

    # ------------------------------------------------------------------------------------------------------------------
    # Opening the window
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _open(self, moves, side):
        """Open the wizard on a document, with the rule chain's proposal filled in.

        :param moves: one ``account.move``
        :param str side: what the caller takes the document for, ``debt`` or ``credit``
        :return: an action
        :raise UserError: nothing can be allocated, and why
        """
        self.env["account.credit.allocation"]._check_may_allocate()
        self._check_document(moves, side)
        targets, others = self._read_sides(moves, side)
        self._check_items(moves, side, targets, others)
        wizard = self.sudo().create(self._prepare_wizard_vals(moves, side, targets, others))
        return wizard.sudo(False)._get_open_action()

    @api.model
    def _get_scope(self, move):
        """Everything open that belongs to the partner of a document, in the companies at work."""
        return AllocationScope(
            company_ids=tuple(self.env.companies.ids),
            partner_ids=tuple(move._get_open_lines().partner_id.commercial_partner_id.ids),
            documents=frozenset(move.ids),
        )

    @api.model
    def _read_sides(self, move, side):
        """The open items of a document, the one due first at the head, and those that it may be allocated with.

        :return: ``(targets, others)``, lists of :class:`OpenItem`
        """
        debts, credits = self.env["account.open.item.reader"]._read_open_items(self._get_scope(move))
        own, others = (debts, credits) if side == DEBT else (credits, debts)
        targets = [item for item in own if item.document == move.id]
        groups = {item.group for item in targets}
        return (
            sorted(targets, key=lambda item: (item.due_date, item.id)),
            sorted(
                (item for item in others if item.group in groups and item.blocked not in (RESERVED, VOID, OUTSIDE)),
                key=lambda item: (item.date if side == DEBT else item.due_date, item.id),
            ),
        )

    @api.model
    def _prepare_wizard_vals(self, move, side, targets, others):
        currency = self.env["res.currency"].browse(targets[0].currency)
        plans = self._plan_alone(move)
        proposals, kept = self._get_proposals(move, side, plans), self._get_kept(plans)
        Line = self.env["account.credit.allocation.wizard.line"]
        lines = self.env["account.move.line"].browse([item.id for item in others])
        return {
            "move_id": move.id,
            "side": side,
            "label": move.name,
            "partner_id": targets[0].group.partner,
            "currency_id": currency.id,
            "amount_due": from_minor_units(currency, sum(target.residual for target in targets)),
            "residuals": {str(item.id): item.residual for item in targets + others},
            "excluded": any(target.blocked == EXCLUDED for target in targets),
            "undecided": not proposals and self._get_undecided_reason(move, plans, kept),
            "has_other_currencies": any(item.currency != currency.id for item in others),
            "line_ids": [
                fields.Command.create(
                    {
                        **Line._prepare_line_vals(item, line, targets, side, proposals.get(item.id, [])),
                        "kept_for": kept.get(item.id),
                    }
                )
                for item, line in zip(others, lines, strict=True)
            ],
        }

    @api.model
    def _plan_alone(self, move):
        """What the rules would do with this document alone: :class:`GroupPlan` records."""
        return self.env["account.credit.allocation.planner"]._plan(self._get_scope(move))

    @api.model
    def _get_proposals(self, move, side, plans):
        """What to propose of it: everything, save that nothing is written off here.

        :return: ``{id of the item on the other side: [Match]}``
        """
        proposals = {}
        for _group, plan in plans:
            for match in plan.matches:
                target, item = _orient(match.debt, match.credit, side)
                if target.document == move.id:
                    proposals.setdefault(item.id, []).append(match)
        return proposals

    @api.model
    def _get_kept(self, plans):
        """``{item id: what it was meant for}``, of the items that name what they may not settle here."""
        Leftover = self.env["account.credit.allocation.leftover"]
        reasons = Leftover._get_reason_labels()
        return {
            left.item.id: f"{reasons[left.reason]}: {Leftover._get_named_message(left.named)}"
            for _group, plan in plans
            for left in plan.credits_left + plan.debts_left
            if left.named
        }

    @api.model
    def _get_undecided_reason(self, move, plans, kept):
        """Why the rules leave this document to a person, though there are answers; False if there are none.

        :param dict kept: see :meth:`_get_kept`
        """
        reasons = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        for _group, plan in plans:
            for left in plan.credits_left + plan.debts_left:
                if left.item.document == move.id and left.item.id in kept:
                    return kept[left.item.id]
                offered = [item for offer in left.suggestions for item in offer.debts + offer.credits]
                if left.suggestions and move.id in {item.document for item in (left.item, *offered)}:
                    return reasons[left.reason]
        return False

    def _get_open_action(self):
        if self.side == DEBT:
            name = self.env._("Allocate credits to %s", self.label)
        elif self._is_payable(self.move_id):
            name = self.env._("Allocate %s to bills", self.label)
        else:
            name = self.env._("Allocate %s to invoices", self.label)
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def write(self, vals):
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name in EDITABLE}
        return super().write(vals)

    # ------------------------------------------------------------------------------------------------------------------
    # While the user types
    # ------------------------------------------------------------------------------------------------------------------

    @api.depends("amount_due", "line_ids.amount", "line_ids.error")
    def _compute_amounts(self):
        for wizard in self:
            currency = wizard.currency_id
            wizard.amount_allocated = sum(currency.round(line.amount) for line in wizard.line_ids)
            wizard.amount_remaining = wizard.amount_due - wizard.amount_allocated
            wizard.error = wizard._get_total_error() or wizard._get_line_error()
            wizard.can_allocate = not wizard.error and not currency.is_zero(wizard.amount_allocated)

    def _get_total_error(self):
        """Why the amounts together cannot be allocated; False if they can."""
        if self.currency_id.compare_amounts(self.amount_remaining, 0) >= 0:
            return False
        excess = self.currency_id.format(-self.amount_remaining)
        if self.side == DEBT:
            return self.env._("%(excess)s more than is due on %(label)s.", excess=excess, label=self.label)
        return self.env._("%(excess)s more than is available of %(label)s.", excess=excess, label=self.label)

    def _get_line_error(self):
        """Why the amount of some line cannot be allocated; False if all can."""
        line = next((line for line in self.line_ids if line.error), None)
        return line._name_error(line.error) if line else False

    @api.onchange("fill")
    def _onchange_fill(self):
        for line in self.line_ids if self.fill else ():
            line.amount = line.amount_proposed if self.fill == "propose" else 0
        self.fill = False

    # ------------------------------------------------------------------------------------------------------------------
    # Allocating
    # ------------------------------------------------------------------------------------------------------------------

    def action_allocate(self):
        """Reconcile exactly the typed amounts, all of them or nothing.

        :return: a client action that says what was done and closes the window
        :raise UserError: the amounts do not fit, or the ledger has changed since the window was opened
        """
        self.ensure_one()
        self.env["account.credit.allocation"]._check_may_allocate()
        self._set_submitted()
        self._check_document(self.move_id, self.side)
        targets, others = self._read_sides(self.move_id, self.side)
        self._check_unchanged(targets, others)
        self._check_items(self.move_id, self.side, targets, others)
        self._check_amounts()
        plan = AllocationPlan(tuple(self._prepare_matches(targets, others)), (), ())
        outcome = self.env["account.credit.allocation.executor"]._execute(
            [GroupPlan(targets[0].group, plan)], "wizard", date=self.date
        )
        self._check_outcome(outcome)
        notification = self.env["account.credit.allocation"]._get_notification(outcome)
        notification["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return notification

    def _set_submitted(self):
        """Use up this window. Of two submissions at the same time the database lets only one write the record, and
        the other one finds it written when it is tried again."""
        if self.submitted:
            raise UserError(
                self.env._("These amounts have been allocated already. Close this window and open it again.")
            )
        self.sudo().submitted = True
        self.flush_recordset(["submitted"])

    def _check_amounts(self):
        if self.error:
            raise UserError(self.error)
        if not self.can_allocate:
            raise UserError(self.env._("Type the amounts to allocate first."))

    def _prepare_matches(self, targets, others):
        """Turn the amounts into matches: those that were left as proposed first, as the rule had it; then each typed
        one, spread over the targets in their order.

        :return: list of :class:`Match`, capped in the currency of the document
        """
        items = {item.id: item for item in others}
        lines = self.line_ids.filtered(lambda line: not self.currency_id.is_zero(line.amount))
        kept = self._get_kept_proposals(lines)
        lines = lines.sorted(lambda line: line.item_id.id not in kept)
        used = targets + [items[line.item_id.id] for line in lines]
        exchange = self.env["account.credit.allocation.planner"]._get_exchange(used)
        left = {target.id: target.residual for target in targets}
        matches = []
        for line in lines:
            item = items[line.item_id.id]
            for target, amount, rule, evidence in kept.get(item.id) or self._spread(line, targets, left):
                left[target.id] -= amount
                debt, credit = _orient(target, item, self.side)
                cap = Cap(self.side, amount)
                pair = (used, matches, debt, credit)
                if item.currency != target.currency and amount == self._get_largest_amount(*pair):
                    cap = None  # capped, rounding might leave a crumb of either item open
                settled = exchange.settle(debt, credit, cap)
                if not settled or _orient(*settled, self.side)[0] != amount:
                    raise UserError(line._name_error(self._get_inexact_message(self._get_largest_amount(*pair))))
                matches.append(Match(debt, credit, *settled, rule, evidence, cap))
        return matches

    def _get_largest_amount(self, used, matches, debt, credit):
        """What the pair settles when all that is open of both is used, in the currency of the document.

        :param list used: all items
        :param list matches: those that are settled before the pair
        :return: int, minor units; 0 if the pair settles nothing
        """
        exchange = self.env["account.credit.allocation.planner"]._get_exchange(used)
        for match in matches:
            exchange.settle(match.debt, match.credit, match.cap)
        settled = exchange.settle(debt, credit)
        return _orient(*settled, self.side)[0] if settled else 0

    def _get_inexact_message(self, largest):
        """:param int largest: see :meth:`_get_largest_amount`"""
        return self.env._(
            "Exactly this amount cannot be allocated, as it is rounded when it is converted. At most %s is possible.",
            self.currency_id.format(from_minor_units(self.currency_id, largest)),
        )

    def _get_kept_proposals(self, lines):
        """``{item id: [(target, amount, rule, evidence)]}`` of the lines whose amount is the proposed one."""
        kept = {}
        by_item = {line.item_id.id: line for line in lines}
        for item_id, matches in self._get_proposals(self.move_id, self.side, self._plan_alone(self.move_id)).items():
            line = by_item.get(item_id)
            parts = [
                (
                    _orient(match.debt, match.credit, self.side)[0],
                    _orient(match.amount, match.credit_amount, self.side)[0],
                    match.rule,
                    match.evidence,
                )
                for match in matches
            ]
            if line and sum(part[1] for part in parts) == to_minor_units(self.currency_id, line.amount):
                kept[item_id] = parts
        return kept

    def _spread(self, line, targets, left):
        """Spread a typed amount over the targets, as far as ``left`` says that they are open.

        :return: iterator of ``(target, amount, rule, evidence)``
        """
        amount = to_minor_units(self.currency_id, line.amount)
        for target in targets:
            part = min(amount, left[target.id])
            if part:
                amount -= part
                yield target, part, MANUAL, Evidence("manual")


def _orient(debt, credit, side):
    """``(own, other)`` of a debt and a credit, or the other way round: the document's own side comes first."""
    return (debt, credit) if side == DEBT else (credit, debt)
