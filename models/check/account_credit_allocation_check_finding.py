from odoo import api, fields, models

from .full_reconciliation import rebuild_full_reconciliations

KINDS = [
    ("partial_gone", "Reconciliation is gone"),
    ("partial_undone", "Reconciliation exists, the record says otherwise"),
    ("partial_shared", "One reconciliation in two records"),
    ("partial_items", "Reconciliation of other items"),
    ("partial_amount", "Another amount than recorded"),
    ("partial_debt_amount", "Another amount in the invoice's currency"),
    ("partial_credit_amount", "Another amount in the credit's currency"),
    ("partial_company", "Reconciled across companies"),
    ("partial_account", "Reconciled across accounts"),
    ("partial_number", "Part of another full reconciliation"),
    ("exchange_link", "Another exchange entry than recorded"),
    ("exchange_not_posted", "Exchange entry is not posted"),
    ("exchange_reversed", "Exchange entry is reversed"),
    ("write_off_link", "Write-off belongs to something else"),
    ("write_off_not_posted", "Write-off is not posted"),
    ("write_off_reversed", "Write-off is reversed"),
    ("document_empty", "Document without allocations"),
    ("document_state", "Document says it is not in force"),
    ("document_total", "Total of the document"),
    ("residual", "Open amount"),
    ("residual_currency", "Open amount in foreign currency"),
    ("reconciled_flag", "Marked as reconciled or not"),
    ("overdrawn", "More settled than there was"),
    ("matching_number", "Matching number"),
    ("full_open", "Fully reconciled, yet open"),
    ("full_missing", "Settled, yet not fully reconciled"),
    ("cash_basis_orphan", "Cash basis entry without its payment"),
]
# somebody did this with Odoo's own buttons: the books add up, the record is out of date
WARNINGS = {"exchange_reversed", "write_off_not_posted", "write_off_reversed"}
# figures that Odoo keeps and that follow from others: {kind: (field of the finding, fields of the record)}
COMPUTED = {
    "partial_gone": ("line_id", ("state",)),
    "document_total": ("allocation_id", ("amount_in_force",)),
    "residual": ("item_id", ("amount_residual", "amount_residual_currency", "reconciled")),
    "residual_currency": ("item_id", ("amount_residual", "amount_residual_currency", "reconciled")),
    "reconciled_flag": ("item_id", ("amount_residual", "amount_residual_currency", "reconciled")),
}
# what Odoo derives from the graph of reconciliations
MATCHING = {"partial_number", "matching_number", "full_open", "full_missing"}


class AccountCreditAllocationCheckFinding(models.Model):
    """One thing that is wrong: where, what was expected, what was found, and what to do about it."""

    _name = "account.credit.allocation.check.finding"
    _description = "Finding of a Credit Allocation Check"
    _order = "check_id.id desc, severity, id"
    _rec_name = "kind"

    check_id = fields.Many2one(
        "account.credit.allocation.check", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="cascade")
    kind = fields.Selection(KINDS, string="Problem", required=True, readonly=True, index=True)
    severity = fields.Selection(
        [("error", "Error"), ("warning", "Warning")],
        compute="_compute_severity",
        store=True,
        help="Error: the books or the record are wrong.\n"
        "Warning: the books add up, but an entry of an allocation was changed afterwards.",
    )
    allocation_id = fields.Many2one(
        "account.credit.allocation", string="Document", readonly=True, index="btree_not_null", ondelete="set null"
    )
    line_id = fields.Many2one(
        "account.credit.allocation.line",
        string="Allocation",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    item_id = fields.Many2one(
        "account.move.line", string="Journal Item", readonly=True, index="btree_not_null", ondelete="set null"
    )
    partial_id = fields.Many2one(
        "account.partial.reconcile",
        string="Reconciliation",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, index="btree_not_null", ondelete="set null"
    )
    expected = fields.Char(readonly=True)
    found = fields.Char(readonly=True)
    place = fields.Char(string="Where", compute="_compute_place")
    problem = fields.Char(string="What is Wrong", compute="_compute_texts")
    remedy = fields.Char(string="What to Do", compute="_compute_texts")
    can_recompute = fields.Boolean(compute="_compute_texts")

    @api.depends("kind")
    def _compute_severity(self):
        warnings = self._get_warnings()
        for finding in self:
            finding.severity = "warning" if finding.kind in warnings else "error"

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_texts(self):
        problems, remedies = self._get_problem_texts(), self._get_remedy_texts()
        recomputable = self._get_computed_fields().keys() | MATCHING
        for finding in self:
            finding.problem = problems[finding.kind]
            finding.remedy = remedies[finding.kind]
            finding.can_recompute = finding.kind in recomputable

    @api.depends("line_id", "allocation_id", "item_id", "move_id")
    def _compute_place(self):
        for finding in self:
            line, document = finding.line_id, finding.allocation_id
            if line.debt_label and line.credit_label:  # a document may have hundreds
                finding.place = f"{document.display_name}: {line.debt_label} ← {line.credit_label}"
            elif document:
                finding.place = document.display_name
            else:
                item = finding.item_id
                move = item.move_id or finding.move_id
                siblings = move.line_ids.filtered(lambda other, item=item: other.account_id == item.account_id)
                finding.place = f"{move.name}: {item.name}" if len(siblings) > 1 and item.name else move.name

    @api.model
    def _get_warnings(self):
        """The kinds that are warnings: the books add up."""
        return WARNINGS

    @api.model
    def _get_computed_fields(self):
        """``{kind: (field of the finding, fields of that record)}`` for what can be computed again."""
        return COMPUTED

    @api.model
    def _prepare_finding_vals(self, problem):
        """
        :param Problem problem: as the database tells it
        """
        texts = [problem.expected, problem.found]
        if problem.currency_id:
            currency = self.env["res.currency"].browse(problem.currency_id)
            texts = [text and currency.format(float(text)) for text in texts]
        return {
            "company_id": problem.company_id,
            "kind": problem.kind,
            "allocation_id": problem.allocation_id,
            "line_id": problem.allocation_line_id,
            "item_id": problem.item_id,
            "partial_id": problem.partial_id,
            "move_id": problem.move_id,
            "expected": texts[0],
            "found": texts[1],
        }

    def action_open(self):
        """Open the record that is to be looked at: the allocation, else its document, else the journal entry.

        :return: an action, or False when the record is gone
        """
        self.ensure_one()
        self.check_access("read")
        if self.line_id:
            return self.line_id._get_records_action()
        if document := self.allocation_id:
            return document._get_open_action()
        if move := self.move_id or self.item_id.move_id:
            return move._get_records_action()
        return False

    def _recompute(self):
        """Let Odoo compute again what follows from other figures; needs all rights."""
        for kind, (name, field_names) in self._get_computed_fields().items():
            records = self.filtered(lambda finding, kind=kind: finding.kind == kind)[name]
            for field_name in field_names:
                self.env.add_to_compute(records._fields[field_name], records)
            records.flush_recordset(field_names)
            records.modified(field_names)
        # only when the open amounts are right again can be seen what is reconciled in full
        if items := self.filtered(lambda finding: finding.kind in MATCHING or finding.can_recompute).item_id:
            rebuild_full_reconciliations(items)
        self.env.flush_all()

    # ------------------------------------------------------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _get_problem_texts(self):
        """``{kind: what is wrong}``, in the user's language."""
        return {
            "partial_gone": self.env._(
                "The record says that the allocation is in force, but its reconciliation is gone."
            ),
            "partial_undone": self.env._(
                "The reconciliation exists, but the record says that it was taken back or never made."
            ),
            "partial_shared": self.env._("Several allocations in force name the same reconciliation."),
            "partial_items": self.env._("The reconciliation settles other journal items than the record says."),
            "partial_amount": self.env._(
                "The reconciliation has another amount than the record, in the company's currency."
            ),
            "partial_debt_amount": self.env._(
                "The reconciliation settled another amount of the invoice than the record says."
            ),
            "partial_credit_amount": self.env._(
                "The reconciliation used another amount of the credit than the record says."
            ),
            "partial_company": self.env._(
                "Two journal items of companies that do not share their books are reconciled."
            ),
            "partial_account": self.env._("Two journal items on different accounts are reconciled."),
            "partial_number": self.env._(
                "The reconciliation and its journal items belong to different full reconciliations."
            ),
            "exchange_link": self.env._("The reconciliation has another exchange entry than the record, or none."),
            "exchange_not_posted": self.env._("The exchange entry of an allocation in force is not posted."),
            "exchange_reversed": self.env._("The exchange entry of an allocation in force has been reversed."),
            "write_off_link": self.env._("The write-off that the record names is not part of the reconciliation."),
            "write_off_not_posted": self.env._("The write-off of an allocation in force is not posted."),
            "write_off_reversed": self.env._("The write-off of an allocation in force has been reversed."),
            "document_empty": self.env._("The document says that something was allocated, but has no allocations."),
            "document_state": self.env._("The document says that it is not in force, but some of its allocations are."),
            "document_total": self.env._("The document's total in force is not the sum of its allocations in force."),
            "residual": self.env._("The open amount is not what the reconciliations leave of the journal item."),
            "residual_currency": self.env._(
                "The open amount is not what the reconciliations leave of it in its own currency."
            ),
            "reconciled_flag": self.env._(
                "The journal item is marked as reconciled though open, or the other way round."
            ),
            "overdrawn": self.env._("More of the journal item is settled than there was."),
            "matching_number": self.env._("The matching number does not tell how the journal item is reconciled."),
            "full_open": self.env._("The journal item belongs to a full reconciliation, but something of it is open."),
            "full_missing": self.env._(
                "All that is reconciled with the journal item is settled, but is no full reconciliation."
            ),
            "cash_basis_orphan": self.env._(
                "Tax was booked for a payment that is no longer reconciled with its invoice."
            ),
        }

    @api.model
    def _get_remedy_texts(self):
        """``{kind: what to do}``, in the user's language."""
        recompute = self.env._(
            "Press Recompute. If the next check finds it again, a program writes to the database without Odoo: ask "
            "whoever runs your server."
        )
        again = self.env._(
            "Open the entry, remove this reconciliation and allocate again. The record then says that it was removed."
        )
        restore = self.env._(
            "Reset the reversal to draft and cancel it. If the allocation was wrong, undo it afterwards."
        )
        gone = self.env._("Press Recompute to correct the record; then allocate again what still belongs together.")
        return {
            "partial_gone": gone,
            "partial_undone": again,
            "partial_shared": again,
            "partial_items": again,
            "partial_amount": again,
            "partial_debt_amount": again,
            "partial_credit_amount": again,
            "partial_company": again,
            "partial_account": again,
            "partial_number": recompute,
            "exchange_link": self.env._(
                "Undo the allocation and allocate again: Odoo then books the exchange entry anew."
            ),
            "exchange_not_posted": self.env._("Post the exchange entry."),
            "exchange_reversed": restore,
            "write_off_link": self.env._("Undo the allocation and allocate again."),
            "write_off_not_posted": self.env._("Post the write-off again, or undo the allocation."),
            "write_off_reversed": restore,
            "document_empty": self.env._(
                "Nothing in Odoo deletes allocations; they cannot be brought back. Ask who has changed the database."
            ),
            "document_state": self.env._(
                "Open the document's allocations and undo them. Nothing in Odoo does this: ask who has changed the "
                "database."
            ),
            "document_total": recompute,
            "residual": recompute,
            "residual_currency": recompute,
            "reconciled_flag": recompute,
            "overdrawn": again,
            "matching_number": recompute,
            "full_open": recompute,
            "full_missing": recompute,
            "cash_basis_orphan": self.env._(
                "Reverse the cash basis entry. If payment and invoice belong together, reconcile them again."
            ),
        }
