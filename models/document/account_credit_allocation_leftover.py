from odoo import api, fields, models
from odoo.exceptions import UserError

from ...matching.open_item import EXCLUDED, NO_COUNTERPART
from ..engine.minor_units import from_minor_units

REASONS = [
    ("overpaid", "More credit than open invoices"),
    ("underpaid", "Paid in part"),
    ("no_counterpart", "Nothing to match it with"),
    ("ambiguous_reference", "The reference names several documents"),
    ("ambiguous_amount", "Several invoices of the same amount"),
    ("ambiguous_combination", "Several combinations add up"),
    ("named_outside", "Names a document outside of this selection"),
    ("named_excluded", "Names an excluded document"),
    ("named_reserved", "Names a reserved document"),
    ("named_too_large", "Names a document that is too large"),
    ("named_currency", "Names a document in another currency"),
    ("named_account", "Names a document on another account"),
    ("named_settled", "Names a document that is settled"),
    ("named_draft", "Names a draft"),
    ("named_cancelled", "Names a cancelled document"),
    ("named_partner", "Names a document of another partner"),
    ("named_order", "Names an order that awaits its invoice"),
    ("search_exhausted", "Too many combinations to search"),
    ("excluded", "Excluded from automatic allocation"),
    ("reserved", "Reserved for its own order or online payment"),
    ("void", "Its payment was rejected or cancelled"),
    ("too_large", "Too large to be counted to the cent"),
    ("currency_mismatch", "Its counterpart is in another currency"),
    ("account_mismatch", "Its counterpart is on another account"),
    ("no_partner", "No partner on the entry"),
    ("no_exchange_journal", "No exchange gain or loss journal"),
    ("locked_by_another_user", "In use by somebody else"),
    ("changed", "Changed meanwhile"),
    ("failed", "Failed"),
]


class AccountCreditAllocationLeftover(models.Model):
    """What an allocation document, or a run, left open, and why. The amount is positive, in the item's currency.

    Of a run also what no document tells of, because of its company nothing was allocated in that batch.
    """

    _name = "account.credit.allocation.leftover"
    _inherit = ["account.credit.allocation.lock"]
    _description = "Item Not Allocated"
    _order = "allocation_id.id desc, reason, id"
    _rec_name = "label"

    allocation_id = fields.Many2one("account.credit.allocation", readonly=True, index=True, ondelete="cascade")
    allocation_state = fields.Selection(related="allocation_id.state", string="Status of the Document")
    run_id = fields.Many2one("account.credit.allocation.run", readonly=True, index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null", ondelete="restrict")
    side = fields.Selection([("credit", "Credit"), ("debt", "Invoice")], required=True, readonly=True)
    line_id = fields.Many2one(
        "account.move.line", string="Open Item", readonly=True, index="btree_not_null", ondelete="set null"
    )
    move_id = fields.Many2one(
        "account.move", string="Document", readonly=True, index="btree_not_null", ondelete="set null"
    )
    label = fields.Char(string="Number", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(string="Left", readonly=True, aggregator=None)
    reason = fields.Selection(REASONS, required=True, readonly=True, index=True)
    message = fields.Char(string="Details", readonly=True)
    named_model = fields.Char(readonly=True)
    named_id = fields.Many2oneReference(
        string="Kept For",
        model_field="named_model",
        readonly=True,
        help="What its text or link names, and what the money was left for; of several the first one.",
    )
    suggestion_ids = fields.One2many("account.credit.allocation.suggestion", "leftover_id", string="Possibilities")
    resolved_allocation_id = fields.Many2one(
        "account.credit.allocation",
        string="Resolved by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The document that allocated what somebody chose among several possibilities.",
    )

    _run_partner_idx = models.Index("(run_id, partner_id) WHERE run_id IS NOT NULL")

    @api.model
    def _prepare_leftover_vals(self, document, line, side, left):
        """
        :param document: the ``account.credit.allocation`` that lists it, empty if none does
        :param line: the open journal item
        :param str side: ``credit`` or ``debt``
        :param Leftover left: amount, reason and message
        """
        Suggestion = self.env["account.credit.allocation.suggestion"]
        return {
            "allocation_id": document.id,
            "company_id": line.company_id.id,
            "partner_id": line.partner_id.commercial_partner_id.id,
            "side": side,
            "line_id": line.id,
            "move_id": line.move_id.id,
            "label": line._get_open_item_label(),
            "currency_id": line.currency_id.id,
            "amount": from_minor_units(line.currency_id, left.amount),
            "reason": left.reason,
            "message": left.message or self._get_named_message(left.named) or self._get_message(line, left.reason),
            **self._prepare_named_vals(line, left.named),
            "suggestion_ids": [
                fields.Command.create(Suggestion._prepare_suggestion_vals(suggestion, sequence, side))
                for sequence, suggestion in enumerate(left.suggestions)
            ],
        }

    @api.model
    def _record_for_run(self, run, result):
        """Keep what a batch left as leftovers of its run. Debts that simply have no credit are no news.

        :param run: ``account.credit.allocation.run``
        :param BatchResult result: its documents have recorded what was left of their companies
        """
        result.documents.leftover_ids.run_id = run
        sides = [("credit", left) for left in result.credits_left]
        sides += [("debt", left) for left in result.debts_left if left.reason != NO_COUNTERPART]
        lines = self.env["account.move.line"].browse([left.item.id for _side, left in sides])
        self.create(
            [
                {**self._prepare_leftover_vals(self.allocation_id, line, side, left), "run_id": run.id}
                for (side, left), line in zip(sides, lines, strict=True)
                if line.company_id not in result.documents.company_id
            ]
        )

    @api.model
    def _prepare_named_vals(self, line, named):
        """The first document, or order, of what an item is kept for."""
        if not named:
            return {}
        if named[0].document > 0:
            return {"named_model": "account.move", "named_id": named[0].document}
        account_type = line.account_id.account_type
        for flow in self.env["account.open.item.reader"]._get_flows():
            if flow.order_model and flow.order_account_type == account_type:
                return {"named_model": flow.order_model, "named_id": -named[0].document}
        return {}

    @api.model
    def _get_named_message(self, named):
        """What an item is kept for, in the words of its text: empty for nothing.

        :param named: tuple of :class:`Named`
        """
        if not named:
            return ""
        reasons = self._get_reason_labels()
        sentences = []
        for name in named:
            number = name.identifier or self.env["account.move"].sudo().browse(name.document).name or ""
            if name.text and name.text.casefold() != number.casefold():
                sentence = self.env._("“%(text)s” names %(number)s", text=name.text, number=number)
            elif name.text:
                sentence = self.env._("The text names %(number)s", number=number)
            else:
                sentence = self.env._("It was made for %(number)s", number=number)
            # the reason of the first one stands beside it
            sentences.append(sentence if name.reason == named[0].reason else f"{sentence} ({reasons[name.reason]})")
        return "; ".join(sentences)

    def action_open_named(self):
        """Open the document, or the order, that the money was left for.

        :raise AccessError: the user may not read it
        :raise UserError: it is of an addon that is not there
        """
        self.ensure_one()
        self.check_access("read")
        if self.named_model not in self.env:
            raise UserError(self.env._("What %s was left for cannot be opened any more.", self.label))
        record = self.env[self.named_model].browse(self.named_id)
        record.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.named_model,
            "res_id": self.named_id,
            "views": [(False, "form")],
        }

    def action_allocate_by_hand(self):
        """Open the window in which amounts are typed, for what was left.

        :return: an action, see ``account.move``
        """
        self.env["account.credit.allocation"]._check_may_allocate()
        self.ensure_one()
        if self.side == "credit":
            return self.move_id.action_open_invoice_wizard()
        return self.move_id.action_open_credit_wizard()

    def action_include_named(self):
        """Take the mark "No automatic allocation" off the document that is named, and allocate what was left for it.

        :return: a client action that says what was done
        :raise UserError: it is excluded by its journal or its partner, not by a mark of its own; or this is a preview
        """
        self.env["account.credit.allocation"]._check_may_allocate()
        self.ensure_one()
        self.check_access("read")
        if self.allocation_state == "draft":
            raise UserError(self.env._("This is a preview. Apply it, and include the document afterwards."))
        named = self.env["account.move"].browse(self.named_id if self.named_model == "account.move" else [])
        if not named.credit_allocation_excluded:
            raise UserError(
                self.env._("%s is excluded by its journal or its partner. Change it there.", named.display_name or "")
            )
        named.credit_allocation_excluded = False
        return self.env["account.credit.allocation"]._allocate_documents(self.move_id | named)

    @api.model
    def _get_message(self, line, reason):
        """What a bookkeeper must look at to change it, where the reason alone does not tell."""
        if reason != EXCLUDED:
            return ""
        move = line.move_id
        partner = line.partner_id.commercial_partner_id.sudo()
        if partner.credit_allocation_policy == "never":
            return self.env._("By the policy of the partner %s", partner.display_name)
        if move.journal_id.credit_allocation_excluded:
            return self.env._("By the setting of the journal %s", move.journal_id.display_name)
        return self.env._("By the setting of the document itself")

    @api.model
    def _get_reason_labels(self):
        """``{reason code: label in the user's language}``."""
        return dict(self._fields["reason"]._description_selection(self.env))
