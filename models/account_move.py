from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..matching.open_item import CREDIT, DEBT
from .engine.document_names import SQUASHED
from .engine.open_item_reader import PAYABLE, RECEIVABLE, AllocationScope


class AccountMove(models.Model):
    _inherit = "account.move"

    credit_allocation_excluded = fields.Boolean(
        string="No automatic allocation",
        copy=False,
        tracking=True,
        help="This document is left out when credits are allocated by rules: on posting and in bulk. "
        "You can still reconcile it by hand.",
    )
    credit_allocation_count = fields.Integer(
        string="Credit Allocations",
        compute="_compute_credit_allocation_count",
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    credit_allocation_available = fields.Boolean(
        string="Credit Available",
        compute="_compute_credit_allocation_available",
        search="_search_credit_allocation_available",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Something of it is open, and its partner has an outstanding credit on the same account that is neither "
        "excluded, reserved nor void, though perhaps in another currency.",
    )

    credit_allocation_side = fields.Selection(
        [(DEBT, "Credits can be allocated to it"), (CREDIT, "It can be allocated to invoices")],
        compute="_compute_credit_allocation_side",
        groups="account.group_account_invoice",
        help="Empty where there is nothing to allocate by hand.",
    )

    # whether a payer names what is somebody else's: numbers by their letters and digits, as payers write them
    _credit_allocation_number_idx = models.Index(f"({SQUASHED.format('name')})")
    _credit_allocation_payment_reference_idx = models.Index(
        f"({SQUASHED.format('payment_reference')}) WHERE payment_reference <> name"
    )

    def _compute_credit_allocation_count(self):
        documents = self._get_credit_allocations_by_move()
        for move in self:
            move.credit_allocation_count = len(documents[move.id])

    @api.depends("state", "line_ids.reconciled", "line_ids.amount_residual_currency")
    @api.depends_context("allowed_company_ids")
    def _compute_credit_allocation_side(self):
        for move in self:
            open_items = move._get_open_lines().filtered("partner_id")
            sides = {line._get_open_item_side() for line in open_items}
            move.credit_allocation_side = (
                sides.pop() if len(sides) == 1 and open_items[0]._has_open_counterpart() else False
            )

    def _compute_credit_allocation_available(self):
        available = self.search([("id", "in", self.ids), ("credit_allocation_available", "=", True)])
        for move in self:
            move.credit_allocation_available = move._origin in available

    def _search_credit_allocation_available(self, operator, value):
        if operator != "in":
            return NotImplemented
        scope = AllocationScope(company_ids=tuple(self.env.companies.ids))
        moves = self.env["account.open.item.reader"]._get_moves_with_credit_sql(scope)
        return [("id", "in" if True in value else "not in", moves)]

    def _get_credit_allocations_by_move(self):
        """``{move id: documents that allocated something of it}``, as far as the user may read them; no previews."""
        documents = defaultdict(self.env["account.credit.allocation"].browse)
        Line = self.env["account.credit.allocation.line"]
        for side in ("debt_move_id", "credit_move_id"):
            for move, allocation in Line._read_group(
                [(side, "in", self.ids), ("state", "!=", "planned")], [side, "allocation_id"]
            ):
                documents[move.id] |= allocation
        return documents

    def action_open_credit_allocations(self):
        """Open the allocation documents that settled something of these entries, or with them."""
        self.check_access("read")
        documents = self.env["account.credit.allocation"].union(*self._get_credit_allocations_by_move().values())
        return documents._get_open_action()

    def action_allocate_credits(self):
        """Allocate outstanding credits to the selected invoices, or spend the selected credits on open invoices.

        :return: a client action that says what was done, what was left and why
        """
        return self.env["account.credit.allocation"]._allocate_documents(self)

    def action_open_credit_wizard(self):
        """Let the user type what to allocate to this invoice, bill or other debt, from each credit of its partner.

        :return: an action that opens the wizard
        :raise UserError: nothing can be allocated, and why
        """
        return self.env["account.credit.allocation.wizard"]._open(self, DEBT)

    def action_open_invoice_wizard(self):
        """Let the user type what to allocate of this credit to each open invoice of its partner.

        :return: an action that opens the wizard
        :raise UserError: nothing can be allocated, and why
        """
        return self.env["account.credit.allocation.wizard"]._open(self, CREDIT)

    def action_preview_credit_allocation(self):
        """Show what :meth:`action_allocate_credits` would do, as a document that can be applied.

        :return: an action that opens the preview, or says that there is nothing to allocate
        """
        return self.env["account.credit.allocation"]._preview_documents(self)

    def _get_open_lines(self):
        """The posted receivable and payable items of these entries that are not settled yet."""
        return self.line_ids.filtered(
            lambda line: line.parent_state == "posted"
            and line.account_type in (RECEIVABLE, PAYABLE)
            and not line.reconciled
        )

    def _has_cash_basis_taxes(self):
        """Whether tax becomes due when this document is paid."""
        self.ensure_one()
        return bool(
            self.company_id.tax_exigibility
            and "on_payment" in self.line_ids.tax_ids.flatten_taxes_hierarchy().mapped("tax_exigibility")
        )

    def _get_credit_allocation_chatter(self):
        """The record that users see this entry as: a payment has a chatter of its own, its entry stays silent."""
        self.ensure_one()
        return self.origin_payment_id or self

    @api.model
    def _log_credit_allocation(self, bodies):
        """Log notes, all of those of one model and company at once.

        :param dict bodies: ``{move: body}``, markup without anything from outside that is not escaped
        """
        batches = defaultdict(dict)
        for move, body in bodies.items():
            record = move._get_credit_allocation_chatter()
            batches[record._name, record.company_id][record.id] = body
        for (model, _company), batch in batches.items():
            self._log_copies(model, batch)

    @api.model
    def _log_copies(self, model, bodies):
        """Log one note the usual way; the others are copies of its row with another document and another text.

        To create a note takes a third as long as to reconcile a pair. What is created besides a note, by addons that
        extend ``mail.message``, is created for the first one only.

        :param str model: of the documents, which are of one company
        :param dict bodies: ``{document id: body}``
        """
        first, *others = bodies
        message = self.env[model].browse(first)._message_log_batch(bodies={first: bodies[first]})
        message.flush_recordset()
        columns = [
            SQL.identifier(name)
            for name, field in message._fields.items()
            if field.store and field.column_type and name not in ("id", "res_id", "body", "message_id")
        ]
        for batch in split_every(1000, others):
            values = SQL(", ").join(
                SQL(
                    "(%s, %s, %s)",
                    document,
                    message._fields["body"].convert_to_column(bodies[document], message),
                    message._get_message_id({"model": model, "res_id": document}),
                )
                for document in batch
            )
            self.env.cr.execute(
                SQL(
                    "INSERT INTO mail_message (res_id, body, message_id, %(columns)s)"
                    " SELECT note.document, note.body, note.message_id, %(columns)s"
                    " FROM (VALUES %(values)s) AS note (document, body, message_id), mail_message"
                    " WHERE mail_message.id = %(copied)s",
                    columns=SQL(", ").join(columns),
                    values=values,
                    copied=message.id,
                )
            )
        self.env[model].browse(others).invalidate_recordset(["message_ids"])

    def write(self, vals):
        unmarked = self.browse()
        if not vals.get("credit_allocation_excluded", True):
            unmarked = self.filtered("credit_allocation_excluded")
        result = super().write(vals)
        self.env["account.credit.allocation.trigger"]._note_opened(unmarked.line_ids)
        return result

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        self.env["account.credit.allocation.trigger"]._note_posted(posted)
        return posted
