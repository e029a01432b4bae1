from collections import defaultdict

from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...matching.open_item import NO_COUNTERPART
from ..engine.open_item_reader import AllocationScope

# previews that nobody applied are deleted after so many days
PREVIEW_DAYS = 30
ORIGINS = [
    ("on_post", "On posting"),
    ("bulk", "Bulk action"),
    ("wizard", "Wizard"),
    ("run", "Run"),
    ("choice", "Choice"),
    ("other", "Another app"),
]


class AccountCreditAllocation(models.Model):
    """What was allocated together, by whom and why: the numbered document behind the partial reconciliations.

    Its lines are pairs of one debt and one credit. Documents are written by the allocation executor alone, in the
    transaction that makes the partials; users read them.
    """

    _name = "account.credit.allocation"
    _description = "Credit Allocation"
    _inherit = [
        "account.credit.allocation.preview",
        "account.credit.allocation.message",
        "account.credit.allocation.lock",
    ]
    # a preview that is applied gets its number then
    _order = "date desc, name desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, index="trigram", default="/")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    date = fields.Date(
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company._credit_allocation_today(),
        help="In the time zone of the user, or of the company where nobody pressed a button.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Allocated by",
        readonly=True,
        ondelete="set null",
        help="OdooBot where a customer's own action, such as a payment in the portal, led to it.",
    )
    origin = fields.Selection(
        ORIGINS, required=True, readonly=True, help="What started the allocation: a posting, an action or a run."
    )
    run_id = fields.Many2one(
        "account.credit.allocation.run", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    run_batch = fields.Integer(readonly=True, copy=False, aggregator=None)
    state = fields.Selection(
        [("draft", "Preview"), ("done", "Done"), ("undone", "Undone")], required=True, readonly=True, default="draft"
    )
    line_ids = fields.One2many("account.credit.allocation.line", "allocation_id", string="Allocations", readonly=True)
    leftover_ids = fields.One2many(
        "account.credit.allocation.leftover", "allocation_id", string="Not Allocated", readonly=True
    )
    suggestion_ids = fields.One2many(
        "account.credit.allocation.suggestion", "allocation_id", string="Possibilities", readonly=True
    )
    has_choices = fields.Boolean(compute="_compute_has_choices", help="Something was, or is, to be chosen.")
    amount_total = fields.Monetary(
        string="Allocated",
        currency_field="company_currency_id",
        compute="_compute_totals",
        store=True,
        help="Sum of the lines, without what was written off.",
    )
    amount_written_off = fields.Monetary(
        string="Written Off",
        currency_field="company_currency_id",
        compute="_compute_totals",
        store=True,
        help="Small differences that the rule Tolerance wrote off, without sign.",
    )
    amount_in_force = fields.Monetary(
        string="In Force",
        currency_field="company_currency_id",
        compute="_compute_amounts_by_state",
        store=True,
        help="Sum of the lines whose reconciliation exists, without what was written off.",
    )
    amount_undone = fields.Monetary(
        string="Taken Back",
        currency_field="company_currency_id",
        compute="_compute_amounts_by_state",
        store=True,
        help="Sum of the lines that were undone, or whose reconciliation somebody removed; no write-offs.",
    )
    credit_count = fields.Integer(
        string="Credits",
        compute="_compute_totals",
        store=True,
        help="Payments, credit notes and entries, not their items.",
    )
    debt_count = fields.Integer(
        string="Invoices", compute="_compute_totals", store=True, help="Invoices and entries, not their instalments."
    )
    partner_count = fields.Integer(string="Partners", compute="_compute_partner_count")

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "The number of a credit allocation must be unique in its company."
    )

    @api.depends("name")
    def _compute_display_name(self):
        for document in self:
            document.display_name = self.env._("Preview") if document.name == "/" else document.name

    @api.depends("line_ids.amount", "line_ids.credit_move_id", "line_ids.debt_move_id", "line_ids.is_write_off")
    def _compute_totals(self):
        for document in self:
            pairs = document._get_pairs()
            document.amount_total = sum(pairs.mapped("amount"))
            document.amount_written_off = sum((document.line_ids - pairs).mapped("amount"))
            document.credit_count = len(pairs.credit_move_id)
            document.debt_count = len(pairs.debt_move_id)

    def _get_pairs(self):
        """The lines that are an allocation of a credit, and no write-off: what totals and numbers are made of."""
        return self.line_ids.filtered(lambda line: not line.is_write_off)

    @api.depends("line_ids.partner_id")
    def _compute_partner_count(self):
        for document in self:
            document.partner_count = len(document.line_ids.partner_id)

    @api.depends("leftover_ids.suggestion_ids", "leftover_ids.resolved_allocation_id")
    def _compute_has_choices(self):
        for document in self:
            leftovers = document.leftover_ids
            document.has_choices = bool(leftovers.suggestion_ids or leftovers.resolved_allocation_id)

    @api.depends("line_ids.state", "line_ids.amount", "line_ids.is_write_off")
    def _compute_amounts_by_state(self):
        for document in self:
            by_state = document._get_pairs().grouped("state")
            document.amount_in_force, document.amount_undone = (
                sum(line.amount for state in states for line in by_state.get(state, ()))
                for states in (("done",), ("undone", "removed"))
            )

    # ------------------------------------------------------------------------------------------------------------------
    # Writing the document
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _create_done(self, outcome, origin, date=None):
        """Record what was executed: one document for each company that owned a debt, and a note on every invoice,
        credit note and payment. A company that owned none, but of whose items somebody may choose what settles them,
        gets a draft that lists these.

        Written as superuser: nobody may write an allocation that did not happen.

        :param AllocationOutcome outcome: what was executed and what was left
        :param str origin: see ``origin``
        :param date: of the documents, None for today
        :return: the documents, in the rights of the current user; none when nothing was executed or is to be chosen
        """
        by_company = self._list_done_vals(outcome)
        documents = self.sudo().create(
            [
                {**self._prepare_done_vals(company, date), "company_id": company.id, "origin": origin}
                for company in by_company
            ]
        )
        # with the values that the lines would otherwise have to compute, and be updated with
        self.env["account.credit.allocation.line"].sudo().create(
            [
                {
                    **vals,
                    "allocation_id": document.id,
                    "company_id": document.company_id.id,
                    "date": document.date,
                    "origin": origin,
                }
                for document, line_vals in zip(documents, by_company.values(), strict=True)
                for vals in line_vals
            ]
        )
        left = outcome.credits_left + outcome.debts_left
        documents |= self._create_drafts(self._get_choice_companies(left) - documents.company_id, origin)
        documents._add_leftovers(outcome.credits_left, outcome.debts_left)
        documents._log_on_documents()
        return documents.sudo(self.env.su)

    @api.model
    def _list_done_vals(self, outcome):
        """``{company that owned the debts: values of the lines}`` of what was executed."""
        Line, MoveLine = self.env["account.credit.allocation.line"], self.env["account.move.line"]
        residuals = Line._list_residual_vals([executed.match for executed in outcome.executed])
        by_company = defaultdict(list)
        for executed, residual_vals in zip(outcome.executed, residuals, strict=True):
            company = MoveLine.browse(executed.match.debt.id).company_id
            by_company[company].append({**Line._prepare_allocation_vals(executed), **residual_vals})
        return by_company

    @api.model
    def _prepare_done_vals(self, company, date=None):
        """What a document gets when its allocations are done: its number, and who did it when.

        :param date: of the document, None for today
        """
        date = date or company.with_env(self.env)._credit_allocation_today()
        return {
            "name": company._next_credit_allocation_number(date),
            "date": date,
            "user_id": self._get_allocating_user_id(),
            "state": "done",
        }

    @api.model
    def _get_allocating_user_id(self):
        return self.env.uid if self.env.user._is_internal() else SUPERUSER_ID

    @api.model
    def _create_drafts(self, companies, origin):
        """Empty drafts, one for each company, as superuser."""
        return self.sudo().create(
            [
                {
                    "company_id": company.id,
                    "date": company.with_env(self.env)._credit_allocation_today(),
                    "user_id": self._get_allocating_user_id(),
                    "origin": origin,
                }
                for company in companies
            ]
        )

    @api.model
    def _get_choice_companies(self, left):
        """The companies of the items for which there are several answers to choose from.

        :param list left: :class:`Leftover` records
        """
        items = [entry.item.id for entry in left if entry.suggestions]
        return self.env["account.move.line"].sudo().browse(items).company_id

    def _add_leftovers(self, credits_left, debts_left):
        """List what was left on the document of its company: every credit, and the debts that a credit came near to.

        Invoices that simply have no credit are no news.

        :param list credits_left: :class:`Leftover` records; likewise ``debts_left``
        """
        documents = {document.company_id: document for document in self}
        Suggestion = self.env["account.credit.allocation.suggestion"]
        open_amounts = {left.item.id: left.amount for left in credits_left + debts_left}
        with_choice = [left.item.id for left in credits_left + debts_left if left.suggestions]
        Suggestion._withdraw_for(self.env["account.move.line"].browse(with_choice))
        debts_left = [left for left in debts_left if left.reason != NO_COUNTERPART]
        vals_list = []
        Leftover = self.env["account.credit.allocation.leftover"].sudo()
        for side, entries in (("credit", credits_left), ("debt", debts_left)):
            # all at once, so that their values are read at once
            lines = self.env["account.move.line"].sudo().browse([left.item.id for left in entries])
            for left, line in zip(entries, lines, strict=True):
                if document := documents.get(line.company_id):
                    left = Suggestion._with_open_amounts(left, open_amounts)
                    vals_list.append(Leftover._prepare_leftover_vals(document, line, side, left))
        Leftover.create(vals_list)

    def _log_on_documents(self):
        """Say on every invoice, credit note and payment what was allocated, and why, with a link to the document."""
        bodies = defaultdict(Markup)
        for line in self.line_ids:
            bodies[line.debt_move_id] += line._get_chatter_message("debt")
            bodies[line.credit_move_id] += line._get_chatter_message("credit")
        self.env["account.move"]._log_credit_allocation(bodies)

    # ------------------------------------------------------------------------------------------------------------------
    # Actions: which items, and what to say at the end
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _allocate_documents(self, moves, without_entry=0):
        """Allocate the credits of the partners of these entries; see :meth:`_get_documents_scope`.

        :param moves: ``account.move`` records of any kind
        :param int without_entry: how many payments were selected that have no journal entry
        :return: a client action that shows the result
        """
        self._check_may_allocate()
        outcome = self.env["account.credit.allocation.executor"]._allocate(self._get_documents_scope(moves), "bulk")
        return self._get_notification(outcome, without_entry, name_debts=True)

    @api.model
    def _allocate_partners(self, partners):
        """Allocate everything these partners have outstanding, as customers and as vendors.

        :return: a client action that shows the result
        """
        self._check_may_allocate()
        outcome = self.env["account.credit.allocation.executor"]._allocate(self._get_partners_scope(partners), "bulk")
        return self._get_notification(outcome)

    @api.model
    def _get_documents_scope(self, moves):
        """The partners of these entries. Of a partner with selected invoices only those are settled; of a partner with
        selected payments or credit notes only those are spent.

        :return: :class:`AllocationScope`
        """
        lines = moves._get_open_lines()
        return AllocationScope(
            company_ids=tuple(self.env.companies.ids),
            account_types=tuple(set(lines.mapped("account_type"))),
            partner_ids=tuple({line.partner_id.commercial_partner_id.id or 0 for line in lines}),
            documents=frozenset(lines.move_id.ids),
        )

    @api.model
    def _get_partners_scope(self, partners):
        """:return: :class:`AllocationScope` of all that these partners have outstanding"""
        return AllocationScope(
            company_ids=tuple(self.env.companies.ids), partner_ids=tuple(partners.commercial_partner_id.ids)
        )

    @api.model
    def _check_may_allocate(self):
        """:raise AccessError: the user may not reconcile"""
        self.env["account.partial.reconcile"].check_access("create")

    def action_undo(self):
        """Ask whether to take the document's allocations back, and say what that will do."""
        self.check_access("read")
        return self.line_ids.action_undo()

    def _get_open_action(self):
        """The form of the document, or the list where there are several."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_allocation.account_credit_allocation_action"
        )
        action["context"] = {"create": False}
        if len(self) == 1:
            return {**action, "res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", self.ids)]}

    def action_open_by_partner(self):
        """Open the document's lines, partner by partner."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("By Partner"),
            "res_model": self.line_ids._name,
            "domain": [("allocation_id", "=", self.id)],
            "context": {"group_by": "partner_id"},
            "views": [(False, "list"), (False, "form")],
        }

    # ------------------------------------------------------------------------------------------------------------------
    # On record for good
    # ------------------------------------------------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(document.state != "draft" for document in self):
            raise UserError(
                self.env._(
                    "Only a preview can be deleted. What was allocated stays on record; to take it back, undo it."
                )
            )

    @api.autovacuum
    def _gc_previews(self):
        """Delete previews that nobody applied, and what only offered choices of which none is left.

        What a run left that was no preview, or was applied, is its result, and stays.
        """
        limit = fields.Datetime.now() - relativedelta(days=PREVIEW_DAYS)
        is_mere_preview = Domain("run_id.mode", "=", "preview") & Domain("run_id.is_applying", "=", False)
        is_choice = Domain("line_ids", "=", False) & Domain(
            "suggestion_ids", "any", [("leftover_id.line_id.reconciled", "=", False)]
        )
        of_nobody = Domain("run_id", "=", False) & ~is_choice
        old = Domain("state", "=", "draft") & Domain("create_date", "<", limit) & (is_mere_preview | of_nobody)
        previews = self.sudo().search(old, limit=GC_UNLINK_LIMIT)
        previews.unlink()
        return len(previews), len(previews) == GC_UNLINK_LIMIT  # done, and whether some remain
