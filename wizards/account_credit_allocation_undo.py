from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import format_date, format_list

# how many documents one sentence names
NAMED_AT_MOST = 10


class AccountCreditAllocationUndo(models.TransientModel):
    """The dialog before allocations are taken back: it says what that will do, and does it."""

    _name = "account.credit.allocation.undo"
    _description = "Undo Credit Allocations"

    line_ids = fields.Many2many(
        "account.credit.allocation.line",
        "account_credit_allocation_undo_line_rel",
        "undo_id",
        "line_id",
        string="Allocations",
        readonly=True,
    )
    summary = fields.Html(compute="_compute_summary")
    exclude_credits = fields.Boolean(
        string="Leave these credits out of automatic allocation",
        default=True,
        help="Sets No automatic allocation on the payments and credit notes. You can still allocate them by hand, and "
        "remove the mark on the document.",
    )

    @api.model
    def _open(self, lines):
        """The action that opens the dialog.

        :param lines: ``account.credit.allocation.line`` records, also such as were taken back already
        """
        dialog = self.create({"line_ids": [Command.set(lines._with_write_offs().ids)]})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Undo Allocations"),
            "res_model": self._name,
            "res_id": dialog.id,
            "views": [(self.env.ref("account_credit_allocation.account_credit_allocation_undo_view_form").id, "form")],
            "target": "new",
        }

    def action_undo(self):
        """Take the allocations back.

        :return: a client action that says what was done and closes the dialog
        """
        self.ensure_one()
        undone = self.line_ids._undo(exclude_credits=self.exclude_credits)
        if undone:
            message = self.env._(
                "Allocations taken back: %(count)s (%(total)s).", count=len(undone), total=_format_total(undone)
            )
        else:
            message = self.env._("Somebody had removed these reconciliations already; nothing was left to undo.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Undone") if undone else self.env._("Nothing to undo"),
                "message": message,
                "type": "success" if undone else "info",
                "next": {
                    "type": "ir.actions.act_window_close",
                    "infos": {"done": True},
                },
            },
        }

    @api.depends("line_ids")
    def _compute_summary(self):
        for dialog in self:
            sentences = [*dialog._get_undo_sentences(), *dialog._get_entry_sentences(), *dialog._get_passed_sentences()]
            dialog.summary = Markup("<ul class='mb-0'>%s</ul>") % Markup().join(
                Markup("<li>%s</li>") % sentence for sentence in sentences
            )

    def _get_undo_sentences(self):
        """What is taken back, and which invoices and credits are then open again."""
        lines = self.line_ids.filtered(lambda line: line.state == "done")
        if not lines:
            return
        yield self.env._("Allocations taken back: %(count)s, %(total)s.", count=len(lines), total=_format_total(lines))
        for side, sentence in (
            ("debt", self.env._("Invoices open again: %(count)s, %(documents)s.")),
            ("credit", self.env._("Credits outstanding again: %(count)s, %(documents)s.")),
        ):
            # the entry of a write-off is reversed, it is not open again
            of_side = lines.filtered(lambda line, side=side: line[f"{side}_move_id"] != line.write_off_move_id)
            yield sentence % {
                "count": len(of_side[f"{side}_move_id"]),
                "documents": self._name_documents(of_side, side),
            }

    def _name_documents(self, lines, side):
        """Each document of one side with what is taken back of it; of many only the total.

        :param str side: ``debt`` or ``credit``
        """
        by_move = lines.grouped(f"{side}_move_id")
        if len(by_move) > NAMED_AT_MOST:
            return _format_total(lines)
        names = []
        for move, group in by_move.items():
            amount, currency = sum(group.mapped(f"{side}_amount")), group[f"{side}_currency_id"][:1]
            names.append(f"{move.name} ({currency.format(amount)})")
        return format_list(self.env, names)

    def _get_entry_sentences(self):
        """Which entries Odoo reverses, and on which date where their own is locked."""
        exchange, cash_basis, write_off = self.line_ids._get_entries_to_reverse()
        if exchange:
            yield self.env._("Exchange difference entries reversed: %s.", self._name_entries(exchange))
        if cash_basis:
            yield self.env._("Cash basis tax entries reversed: %s.", self._name_entries(cash_basis))
        if write_off:
            yield self.env._("Write-off entries reversed: %s.", self._name_entries(write_off))
        dates = {}
        for move in exchange + cash_basis + write_off:
            affects_tax = move._affect_tax_report()
            if locks := move._get_violated_lock_dates(move.date, affects_tax):
                day = move._get_accounting_date(move.date, affects_tax, lock_dates=locks)
                dates.setdefault((day, move.company_id._format_lock_dates(locks)), []).append(move.name)
        for (day, locks), names in dates.items():
            yield self.env._(
                "The period of %(entries)s is locked (%(locks)s): the reversal will be dated %(date)s.",
                entries=self._shorten(names),
                locks=locks,
                date=format_date(self.env, day),
            )

    def _name_entries(self, moves):
        return self._shorten(moves.mapped("name"))

    def _shorten(self, names):
        return str(len(names)) if len(names) > NAMED_AT_MOST else format_list(self.env, names)

    def _get_passed_sentences(self):
        """What was taken back before."""
        removed = self.line_ids.filtered(lambda line: line.state == "removed")
        undone = self.line_ids.filtered(lambda line: line.state == "undone")
        if removed:
            yield self.env._(
                "Removed by hand before, nothing to do: %s.", self._shorten(removed.mapped("display_name"))
            )
        if undone:
            yield self.env._("Undone before, nothing to do: %s.", self._shorten(undone.mapped("display_name")))


def _format_total(lines):
    """The sum of allocation lines, in the currency of each company."""
    return ", ".join(
        currency.format(sum(group.mapped("amount"))) for currency, group in lines.grouped("company_currency_id").items()
    )
