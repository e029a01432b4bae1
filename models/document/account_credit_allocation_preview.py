from odoo import api, fields, models
from odoo.exceptions import UserError

from ...matching.open_item import CHANGED, Group, Leftover
from ..engine.allocation_planner import GroupPlan
from ..engine.open_item_reader import PAYABLE

# how many partners a message names
NAMED_AT_MOST = 5


class AccountCreditAllocationPreview(models.AbstractModel):
    """What a document can do while it is a preview: a plan written down as a draft, which is applied or discarded.

    A preview reserves nothing. Applying it reads all items again; partners of whom anything has changed are left.
    """

    _name = "account.credit.allocation.preview"
    _description = "Preview of a Credit Allocation"

    # ------------------------------------------------------------------------------------------------------------------
    # Making a preview
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _preview_documents(self, moves, without_entry=0):
        """What :meth:`_allocate_documents` would do with these entries, as draft documents.

        :return: an action that opens them, or one that says why there are none
        """
        self._check_may_allocate()
        return self._preview_scope(self._get_documents_scope(moves), without_entry, name_debts=True)

    @api.model
    def _preview_partners(self, partners):
        """What :meth:`_allocate_partners` would do, as draft documents; see :meth:`_preview_documents`."""
        self._check_may_allocate()
        return self._preview_scope(self._get_partners_scope(partners))

    @api.model
    def _preview_scope(self, scope, without_entry=0, *, name_debts=False):
        plans = self.env["account.credit.allocation.planner"]._plan(scope)
        if documents := self._create_preview(plans, "bulk"):
            return documents._get_open_action()
        # without a single match nothing is executed: this only tells what is left
        outcome = self.env["account.credit.allocation.executor"]._execute_plans(plans)
        return self._get_notification(outcome, without_entry, name_debts=name_debts)

    @api.model
    def _create_preview(self, plans, origin):
        """Write plans down without executing them: one draft for each company that owns a debt.

        :param list plans: :class:`GroupPlan` records
        :param str origin: see ``origin``
        :return: the drafts, in the rights of the current user; none where there is nothing to allocate or to choose
        """
        left = [leftover for _group, plan in plans for leftover in plan.credits_left + plan.debts_left]
        by_company = {company: [] for company in self._get_choice_companies(left)}
        partners = self.env["res.partner"].sudo()
        for _group, plan in sorted(plans, key=lambda entry: partners.browse(entry.group.partner).name or ""):
            for company, vals in self.env["account.credit.allocation.line"]._list_planned_vals(plan):
                by_company.setdefault(company, []).append(vals)
        documents = self._create_drafts(by_company, origin)
        for document in documents:
            document.line_ids = [fields.Command.create(vals) for vals in by_company[document.company_id]]
        documents._add_leftovers(
            [leftover for _group, plan in plans for leftover in plan.credits_left],
            [leftover for _group, plan in plans for leftover in plan.debts_left],
        )
        return documents.sudo(self.env.su)

    # ------------------------------------------------------------------------------------------------------------------
    # Applying or discarding it
    # ------------------------------------------------------------------------------------------------------------------

    def action_apply(self):
        """Allocate what the preview shows. Partners of whom anything has changed since are left, and named.

        :return: a client action that says what was done
        :raise UserError: it was applied already, or nothing of it could be allocated
        """
        self.ensure_one()
        self._lock_draft()
        outcome, notes = self._apply_plans()
        if not outcome.executed:
            raise UserError(
                "\n".join([self.env._("Nothing of this preview could be allocated; it stays as it is."), *notes])
            )
        return self._get_notification(outcome, notes=notes)

    def _apply_plans(self, quiet=False):
        """Execute what the preview shows, which has been locked. It stays as it is when nothing of it can be executed.

        :param bool quiet: see :meth:`AllocationExecutor._execute`
        :return: ``(outcome, notes)``: :class:`AllocationOutcome`, and a sentence for each partner of whom something has
            changed; where nothing could be executed also for each reason why
        """
        plans, changes = self._rebuild_plans()
        notes = self._name_changes(changes)
        outcome = self.env["account.credit.allocation.executor"]._execute_plans(
            plans, quiet=quiet, rule_ids=self.sudo().run_id.rule_ids.ids or None
        )
        if not outcome.executed:
            notes += self._list_refusals(outcome)
        self._list_changed(changes, outcome)
        if outcome.executed:
            self._set_done(outcome)
        outcome.documents = self
        return outcome, notes

    @api.model
    def _name_changes(self, changes):
        """A sentence for each partner of whom something has changed; of many only the first."""
        notes = [f"{lines.partner_id.name}: {' '.join(sentences)}" for lines, sentences in changes.items()]
        more = len(notes) - NAMED_AT_MOST
        if more > 0:
            notes[NAMED_AT_MOST:] = [self.env._("More partners of whom something has changed: %s.", more)]
        return notes

    @api.model
    def _list_refusals(self, outcome):
        """What the executor refused, a sentence for each reason."""
        reasons = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        refused = outcome.credits_left + outcome.debts_left
        return sorted({f"{reasons[left.reason]}. {left.message}".strip() for left in refused})

    def action_discard(self):
        """Delete the preview.

        :return: an action that opens the list of documents, of vendors where it is about none but these
        :raise UserError: it was applied meanwhile
        """
        self._lock_draft()
        items = self.sudo().line_ids.debt_line_id | self.sudo().leftover_ids.line_id
        is_vendor = set(items.mapped("account_type")) == {PAYABLE}
        self.sudo().unlink()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"account_credit_allocation.account_credit_allocation_action{'_vendor' if is_vendor else ''}"
        )
        return {**action, "target": "main"}

    def _lock_draft(self):
        """
        :raise AccessError: the user may not reconcile, or not see the document
        :raise UserError: it is gone or no preview any more, or somebody else is about to apply or discard it
        """
        self._check_may_allocate()
        self.exists().check_access("read")
        self._lock_in_state("draft")

    def _rebuild_plans(self):
        """The plans that the lines show, made of the items as they are in the books now.

        :return: ``(plans, changes)``: a :class:`GroupPlan` for each partner and account of whom nothing has changed,
            and ``{allocation lines of a partner and account: sentences that say what has changed}``
        """
        self.ensure_one()
        items = self.env["account.open.item.recheck"]._read_items(self.line_ids.partner_id)
        plans, changes = [], {}
        for (partner, account), lines in self.line_ids.grouped(lambda line: (line.partner_id, line.account_id)).items():
            group = Group(self.company_id.sudo().root_id.id, account.id, partner.id)
            if sentences := lines._find_changes(group, items):
                changes[lines] = sentences
            else:
                plans.append(GroupPlan(group, lines._rebuild_plan(items)))
        return plans, changes

    def _list_changed(self, changes, outcome):
        """Add the items of partners of whom something has changed to what is left."""
        recheck = self.env["account.open.item.recheck"]
        for lines, sentences in changes.items():
            message = " ".join(sentences)
            for items, entries in (
                (lines.debt_line_id, outcome.debts_left),
                (lines.credit_line_id, outcome.credits_left),
            ):
                for item in map(recheck._prepare_bare_item, items):
                    entries.append(Leftover(item, item.residual, CHANGED, message=message))

    def _get_item_companies(self):
        """The companies of these documents, and of all items that they are about."""
        lines = self.sudo().line_ids
        return self.sudo().company_id | (lines.debt_line_id | lines.credit_line_id).company_id

    def _set_done(self, outcome):
        """Make the preview the record of what was executed of it."""
        Line = self.env["account.credit.allocation.line"]
        document = self.sudo()
        executed_ids = []
        residuals = Line._list_residual_vals([executed.match for executed in outcome.executed])
        planned = document.line_ids._map_planned()
        for executed, residual_vals in zip(outcome.executed, residuals, strict=True):
            debt, credit = executed.match.debt.id, executed.match.credit.id
            line = next(planned[key] for key in ((debt, credit), debt, credit) if key in planned)
            line.write({**Line._prepare_allocation_vals(executed), **residual_vals})
            executed_ids += line.ids
        executed_lines = document.line_ids.browse(executed_ids)
        not_executed = document.line_ids - executed_lines
        items = not_executed.debt_line_id | not_executed.credit_line_id
        document.leftover_ids.search([("allocation_id", "=", document.id), ("line_id", "in", items.ids)]).unlink()
        not_executed.unlink()
        document.write(self._prepare_done_vals(self.company_id))
        for suggestion, lines in executed_lines.filtered("suggestion_id").grouped("suggestion_id").items():
            suggestion._set_chosen(document, lines)
        document._add_leftovers(outcome.credits_left, outcome.debts_left)
        document._log_on_documents()
