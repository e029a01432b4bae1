from collections import defaultdict

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..engine.expected_conflicts import try_lock


class AccountCreditAllocationLineUndo(models.AbstractModel):
    """Taking allocations back: all of a document, or some lines of any documents.

    Odoo itself removes the reconciliations and reverses the exchange and cash-basis entries that they led to. The lines
    stay and tell who took them back, and when.
    """

    _name = "account.credit.allocation.line.undo"
    _description = "Taking Allocations Back"

    def action_undo(self):
        """Ask whether to take these allocations back, and say what that will do.

        :return: an action that opens the dialog
        :raise UserError: there is nothing to undo; see :meth:`_check_may_undo`
        """
        self._check_may_undo()
        return self.env["account.credit.allocation.undo"]._open(self)

    def _undo(self, exclude_credits=False):
        """Take the allocations back, all of them or, when one cannot be taken back, none.

        Needs the user's own right to remove reconciliations. What somebody has removed meanwhile is passed over.

        :param bool exclude_credits: whether the credits are then left out of automatic allocation
        :return: the lines that were taken back; together with each allocation goes what was written off with it
        :raise UserError: there is nothing to undo, somebody else is using an item, or Odoo refuses
        """
        with self.env.cr.savepoint():
            lines = self._with_write_offs()
            lines._lock_for_undo()
            self._check_may_undo()
            lines = lines.filtered(lambda line: line.state == "done")
            lines._remove_reconciliations()
            lines.sudo().write({"undone_date": fields.Datetime.now(), "undone_user_id": self.env.uid})
            documents = (self | lines).allocation_id.sudo()
            documents.filtered(lambda document: "done" not in document.line_ids.mapped("state")).state = "undone"
            lines.sudo()._log_undo()
            if exclude_credits:
                lines._exclude_credits()
        return lines

    def _check_may_undo(self):
        """A hook for addons whose allocations must not be taken back by themselves.

        :raise AccessError: the user may not remove reconciliations, or not see the document
        :raise UserError: nothing of it can be undone
        """
        self.env["account.partial.reconcile"].check_access("unlink")
        self.check_access("read")
        if not self:
            raise UserError(self.env._("There is no allocation to undo."))
        if "planned" in self.mapped("state"):
            raise UserError(self.env._("A preview has not allocated anything yet. Discard it instead."))
        if set(self.mapped("state")) == {"undone"}:
            last = self.sorted("undone_date")[-1]
            raise UserError(
                self.env._(
                    "%(user)s has undone this already, on %(date)s.",
                    user=last.sudo().undone_user_id.name or self.env._("Somebody"),
                    date=format_datetime(self.env, last.undone_date),
                )
            )
        items = (self.debt_line_id + self.credit_line_id).sudo()
        if other := items.company_id - self.env.companies:
            # native reconciliation would not find, and not reverse, the entries of a company that is not selected
            raise UserError(
                self.env._(
                    "Also select %s among your companies: the entries to be reversed are in several companies.",
                    ", ".join(other.mapped("name")),
                )
            )

    def _with_write_offs(self):
        """These lines, and what was written off of the same items in the same documents: a difference that was too
        small to be kept open is none any more when the payment that left it is taken back."""
        lines = self
        for document, selected in self.grouped("allocation_id").items():
            items = set((selected.debt_line_id + selected.credit_line_id).ids)
            lines |= document.line_ids.filtered(
                lambda line, items=items: line.write_off_move_id
                and (line.debt_line_id.id in items or line.credit_line_id.id in items)
            )
        return lines

    def _lock_for_undo(self):
        """Lock the lines and their journal items, and read again what somebody else may have changed.

        :raise UserError: somebody else is using one of them
        :raise psycopg2.errors.SerializationFailure: somebody else has just changed one; Odoo tries again
        """
        items = self.debt_line_id + self.credit_line_id
        locked_items = try_lock(items)
        if try_lock(self.sudo()) != self.sudo() or locked_items != items:
            raise UserError(
                self.env._(
                    "Somebody else is working on these documents at this moment: %s. Nothing was changed; try again.",
                    ", ".join(dict.fromkeys((items - locked_items or items).move_id.mapped("name"))),
                )
            )
        self.invalidate_recordset(["partial_id", "state", "undone_date"])

    def _remove_reconciliations(self):
        """Newest first. What this posts starts no allocation: it would take the credits again.

        A write-off that is no part of its reconciliation, as somebody has changed the database, is left alone.
        """
        partials = self.partial_id.sorted("id", reverse=True).with_context(skip_credit_allocation=True)
        write_offs = self.write_off_move_id & (self.debt_move_id | self.credit_move_id)
        write_offs = write_offs.with_context(skip_credit_allocation=True)
        partials.unlink()
        drafts = write_offs.filtered(lambda move: move.state == "draft")  # somebody reset them: they count for nothing
        drafts.button_cancel()
        write_offs -= drafts
        write_offs._reverse_moves(
            [
                {
                    "date": move._get_accounting_date(move.date, move._affect_tax_report()),
                    "ref": self.env._("Reversal of: %s", move.name),
                }
                for move in write_offs
            ],
            cancel=True,
        )

    def _exclude_credits(self):
        """Leave the payments, credit notes and entries out of automatic allocation, with the rights of the user."""
        for move in self.credit_move_id - self.write_off_move_id:
            move._get_credit_allocation_chatter().credit_allocation_excluded = True

    def _get_entries_to_reverse(self):
        """The posted entries that Odoo reverses when the lines are undone.

        :return: ``(exchange entries, cash-basis entries, write-off entries)``, ``account.move`` records
        """
        lines = self.filtered(lambda line: line.state == "done")
        cash_basis = self.env["account.move"].search([("tax_cash_basis_rec_id", "in", lines.partial_id.ids)])
        return tuple(
            moves.filtered(lambda move: move.state == "posted")
            for moves in (lines.partial_id.exchange_move_id, cash_basis, lines.write_off_move_id)
        )

    def _log_undo(self):
        """Say on every invoice, credit note and payment that it is open again."""
        bodies = defaultdict(Markup)
        for line in self:
            bodies[line.debt_move_id] += line._get_undo_message("debt")
            bodies[line.credit_move_id] += line._get_undo_message("credit")
        self.env["account.move"]._log_credit_allocation(bodies)

    def _get_undo_message(self, side):
        """One paragraph for the chatter of the line's debt or credit."""
        self.ensure_one()
        other = self.credit_move_id if side == "debt" else self.debt_move_id
        values = {
            "amount": self[f"{side}_currency_id"].format(self[f"{side}_amount"]),
            "other": other._get_credit_allocation_chatter()._get_html_link(),
            "document": self.allocation_id._get_html_link(),
            "user": self.undone_user_id.name,
        }
        if side == "debt":
            text = self.env._("%(document)s undone by %(user)s: %(amount)s from %(other)s is open again.", **values)
        else:
            text = self.env._("%(document)s undone by %(user)s: %(amount)s for %(other)s is open again.", **values)
        return Markup("<p>%s</p>") % text
