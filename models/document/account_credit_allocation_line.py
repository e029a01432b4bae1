from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from ..engine.minor_units import from_minor_units

STATES = [
    ("planned", "Planned"),
    ("done", "In Force"),
    ("undone", "Undone"),
    ("removed", "Removed by Hand"),
]


class AccountCreditAllocationLine(models.Model):
    """One debt, one credit, one amount, one reason.

    All amounts are positive. The links to journal items and entries are emptied when those are deleted; the labels
    keep telling what was allocated.
    """

    _name = "account.credit.allocation.line"
    _description = "Credit Allocation Line"
    _inherit = ["account.credit.allocation.line.preview", "account.credit.allocation.line.undo"]
    _order = "allocation_id.id desc, id"
    _check_company_auto = True

    allocation_id = fields.Many2one(
        "account.credit.allocation", required=True, readonly=True, index=True, ondelete="cascade"
    )
    # These and the status are given when a line is created, and then not computed: readonly=False is what allows that.
    company_id = fields.Many2one(
        "res.company", compute="_compute_from_document", store=True, precompute=True, readonly=False, index=True
    )
    date = fields.Date(compute="_compute_from_document", store=True, precompute=True, readonly=False)
    origin = fields.Selection(
        "_selection_origin", compute="_compute_from_document", store=True, precompute=True, readonly=False
    )
    partner_id = fields.Many2one("res.partner", readonly=True, index=True, ondelete="restrict")
    account_id = fields.Many2one("account.account", readonly=True, ondelete="set null")

    debt_line_id = fields.Many2one(
        "account.move.line", string="Open Item", readonly=True, index="btree_not_null", ondelete="set null"
    )
    debt_move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What was owed.",
    )
    debt_label = fields.Char(string="Invoice Number", readonly=True)
    credit_line_id = fields.Many2one(
        "account.move.line", string="Credit Item", readonly=True, index="btree_not_null", ondelete="set null"
    )
    credit_move_id = fields.Many2one(
        "account.move",
        string="Credit",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The payment, credit note or entry that settled the invoice.",
    )
    credit_label = fields.Char(string="Credit Number", readonly=True)

    debt_currency_id = fields.Many2one("res.currency", string="Invoice Currency", readonly=True)
    debt_amount = fields.Monetary(
        string="In Invoice Currency", currency_field="debt_currency_id", readonly=True, aggregator=None
    )
    credit_currency_id = fields.Many2one("res.currency", string="Credit Currency", readonly=True)
    credit_amount = fields.Monetary(
        string="In Credit Currency", currency_field="credit_currency_id", readonly=True, aggregator=None
    )
    debt_residual_before = fields.Monetary(
        string="Invoice Open Before", currency_field="debt_currency_id", readonly=True, aggregator=None
    )
    debt_residual_after = fields.Monetary(
        string="Invoice Open After", currency_field="debt_currency_id", readonly=True, aggregator=None
    )
    credit_residual_before = fields.Monetary(
        string="Credit Open Before", currency_field="credit_currency_id", readonly=True, aggregator=None
    )
    credit_residual_after = fields.Monetary(
        string="Credit Open After", currency_field="credit_currency_id", readonly=True, aggregator=None
    )
    company_currency_id = fields.Many2one(related="allocation_id.company_currency_id")
    amount = fields.Monetary(currency_field="company_currency_id", readonly=True, help="In the company's currency.")

    rule = fields.Selection("_selection_rule", readonly=True, index=True)
    evidence = fields.Char(string="Why", readonly=True, help="What the rule saw, in words.")
    suggestion_id = fields.Many2one(
        "account.credit.allocation.suggestion",
        string="Chosen Possibility",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="In a preview: what somebody chose, and may take back.",
    )
    partial_id = fields.Many2one(
        "account.partial.reconcile",
        string="Reconciliation",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The native reconciliation of the pair. Empty when somebody removed it.",
    )
    exchange_move_id = fields.Many2one(
        "account.move",
        string="Exchange Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The gain or loss that Odoo booked because the two were recorded at different rates.",
    )
    write_off_move_id = fields.Many2one(
        "account.move",
        string="Write-off",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The entry that wrote off the small difference.",
    )
    is_write_off = fields.Boolean(
        readonly=True, help="It closes a small difference: no credit was used for it, and totals name it apart."
    )
    state = fields.Selection(
        STATES,
        string="Status",
        compute="_compute_state",
        store=True,
        precompute=True,
        readonly=False,
        index=True,
        help="Planned: in a preview, nothing is allocated yet.\n"
        "In Force: the reconciliation exists.\n"
        "Undone: taken back with the button Undo.\n"
        "Removed by Hand: somebody removed the reconciliation without this document.",
    )
    undone_date = fields.Datetime(string="Undone on", readonly=True)
    undone_user_id = fields.Many2one("res.users", string="Undone by", readonly=True, ondelete="set null")

    @api.model
    def _selection_rule(self):
        """All rules that exist, those of other addons included, and what stands in place of a rule: a hook for addons
        that allocate without one."""
        return [
            *self.env["account.credit.allocation.rule.type"]._get_labels(),
            ("manual", self.env._("By hand")),
            ("removed", self.env._("Rule that is not installed any more")),
        ]

    @api.model
    def _selection_origin(self):
        return self.env["account.credit.allocation"]._fields["origin"]._description_selection(self.env)

    @api.depends("allocation_id.company_id", "allocation_id.date", "allocation_id.origin")
    def _compute_from_document(self):
        for line in self:
            line.company_id = line.allocation_id.company_id
            line.date = line.allocation_id.date
            line.origin = line.allocation_id.origin

    @api.depends("debt_label", "credit_label")
    def _compute_display_name(self):
        write_off = self.env._("Write-off")
        for line in self:
            line.display_name = f"{line.credit_label or write_off} → {line.debt_label or write_off}"

    # a field of the partial, so that the state follows when Odoo deletes it, whoever did that
    @api.depends("allocation_id.state", "undone_date", "partial_id.amount")
    def _compute_state(self):
        for line in self:
            if line.undone_date:
                line.state = "undone"
            elif line.partial_id:
                line.state = "done"
            else:
                line.state = "planned" if line.allocation_id.state == "draft" else "removed"

    @api.model
    def _prepare_allocation_vals(self, executed):
        """Values of the line that tells one executed match: a hook for addons that record more.

        :param Executed executed: the match and its native partial
        :return: dict of values without ``allocation_id``; amounts positive
        """
        match, partial, write_off_move = executed
        return {
            **self._prepare_match_vals(match),
            "amount": partial.amount,
            "partial_id": partial.id,
            "exchange_move_id": partial.exchange_move_id.id,
            "write_off_move_id": write_off_move and write_off_move.id,
            "is_write_off": bool(write_off_move),
            "state": "done",
        }

    @api.model
    def _prepare_match_vals(self, match):
        """Values of the line that are known before the match is executed.

        :param Match match: amounts in minor units of the currencies of debt and credit
        """
        debt = self.env["account.move.line"].browse(match.debt.id)
        credit = self.env["account.move.line"].browse(match.credit.id)
        return {
            "partner_id": match.debt.group.partner,
            "account_id": match.debt.group.account,
            "debt_line_id": debt.id,
            "debt_move_id": debt.move_id.id,
            "debt_label": debt._get_open_item_label(),
            "debt_currency_id": debt.currency_id.id,
            "debt_amount": from_minor_units(debt.currency_id, match.amount),
            "credit_line_id": credit.id,
            "credit_move_id": credit.move_id.id,
            "credit_label": credit._get_open_item_label(),
            "credit_currency_id": credit.currency_id.id,
            "credit_amount": from_minor_units(credit.currency_id, match.credit_amount),
            "rule": match.rule,
            "evidence": self._get_evidence_text(match.evidence),
        }

    @api.model
    def _list_residual_vals(self, matches):
        """What is open of debt and credit before and after each match, when they are executed in this order.

        :return: list of dicts of values, amounts in the currencies of the items
        """
        running, vals_list = {}, []
        for match in matches:
            vals = {}
            for side, item, amount in (
                ("debt", match.debt, match.amount),
                ("credit", match.credit, match.credit_amount),
            ):
                currency = self.env["res.currency"].browse(item.currency)
                before = running.get(item.id, item.residual)
                running[item.id] = before - amount
                vals[f"{side}_residual_before"] = from_minor_units(currency, before)
                vals[f"{side}_residual_after"] = from_minor_units(currency, before - amount)
            vals_list.append(vals)
        return vals_list

    @api.model
    def _get_evidence_text(self, evidence):
        """The sentence for what a rule saw, in the user's language: a hook for addons with rules of their own.

        :param Evidence evidence: code and values from the matching core
        """
        plain = {
            "link": self.env._("The credit was made for this document"),
            "exact_document": self.env._("The open amounts are equal"),
            "exact_item": self.env._("The open amount equals that of one instalment"),
            "small_rest": self.env._("What was left is within the tolerance"),
            "close_amount": self.env._("The open amounts differ by no more than the tolerance"),
            "manual": self.env._("The amount was typed by hand"),
        }
        if evidence.code in plain:
            return plain[evidence.code]
        values = evidence.values
        match evidence.code:
            case "reference" | "bare_number" | "order":
                return self._get_naming_text(evidence.code, *values)
            case "exact_oldest":
                return self.env._("The open amounts are equal; the oldest of %s with this amount", values[0])
            case "sum_of_debts":
                return self.env._("The credit is exactly the sum of %s open items", values[0])
            case "sum_of_credits":
                return self.env._("The open amount is exactly the sum of %s credits", values[0])
            case "net_to_zero":
                return self.env._(
                    "Everything open adds up to zero: %(debts)s items owed, %(credits)s credited",
                    debts=values[0],
                    credits=values[1],
                )
            case "oldest_due":
                return self.env._("Oldest due date, %s", format_date(self.env, values[0]))
            case "oldest_invoice":
                return self.env._("Oldest invoice, dated %s", format_date(self.env, values[0]))
        return evidence.code

    @api.model
    def _get_naming_text(self, code, text, number):
        """The sentence for what names a document: ``text`` as it was written, and what it stands for."""
        match code:
            case "reference":
                return self.env._("The reference “%(text)s” names %(number)s", text=text, number=number)
            case "bare_number":
                return self.env._("The number “%(text)s” names %(number)s", text=text, number=number)
        return self.env._("“%(text)s” names %(number)s, the order of this document", text=text, number=number)

    def _get_chatter_message(self, side):
        """One paragraph for the chatter of the line's debt or credit."""
        self.ensure_one()
        other = self.credit_move_id if side == "debt" else self.debt_move_id
        values = {
            "amount": self[f"{side}_currency_id"].format(self[f"{side}_amount"]),
            "other": other._get_credit_allocation_chatter()._get_html_link(),
            "document": self.allocation_id._get_html_link(),
            "evidence": self.evidence,
        }
        if side == "debt":
            text = self.env._("%(amount)s allocated from %(other)s by %(document)s. %(evidence)s.", **values)
        else:
            text = self.env._("%(amount)s allocated to %(other)s by %(document)s. %(evidence)s.", **values)
        return Markup("<p>%s</p>") % text
