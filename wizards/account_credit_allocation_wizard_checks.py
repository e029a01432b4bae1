from odoo import api, models
from odoo.exceptions import UserError

from ..matching.open_item import DEBT, NO_EXCHANGE_JOURNAL, RESERVED, TOO_LARGE, VOID
from ..models.engine.open_item_reader import PAYABLE


class AccountCreditAllocationWizardChecks(models.AbstractModel):
    """Everything the wizard refuses, each in one sentence that says what is wrong and what to do about it.

    The same checks run when the window is opened and, on what the ledger says then, when the amounts are allocated.
    """

    _name = "account.credit.allocation.wizard.checks"
    _description = "What the Allocation Wizard Refuses"

    @api.model
    def _check_document(self, moves, side):
        """Refuse documents that cannot be allocated whatever is open of them.

        :raise UserError: why
        :raise AccessError: the user may not read the document, or not in the companies at work
        """
        if len(moves) != 1:
            raise UserError(self.env._("Amounts are typed for one document at a time. Open a single one."))
        moves.check_access("read")
        if moves.state == "draft":
            raise UserError(self.env._("%s is a draft. Confirm it first.", moves.display_name))
        if moves.state != "posted":
            raise UserError(
                self.env._("%s is cancelled. Nothing can be allocated to it or from it.", moves.display_name)
            )
        label = moves.name
        if not all(line.partner_id for line in moves._get_open_lines()):
            raise UserError(self.env._("%s has no customer or vendor. Allocations need one.", label))
        if side == DEBT and moves.move_type in ("out_refund", "in_refund"):
            raise UserError(
                self.env._(
                    "%(number)s is a credit note: it is a credit itself, so credits are not allocated to it. "
                    "Use “%(button)s” instead.",
                    number=label,
                    button=self._get_invoice_button(moves),
                )
            )
        # other addons spread revenue or expenses over time by entries of their own
        if "deferred_move_ids" in moves._fields and moves.deferred_move_ids:
            raise UserError(
                self.env._(
                    "%s has deferred entries, which depend on how it is paid. Allocate it with the outstanding "
                    "amounts below its total instead.",
                    label,
                )
            )

    @api.model
    def _check_items(self, move, side, targets, others):
        """Refuse documents whose open items leave nothing to decide.

        :param list targets: open items of the document on ``side``
        :param list others: open items that it may be allocated with
        :raise UserError: why
        """
        label = move.name
        if not targets:
            raise UserError(self._get_nothing_open_message(move, side, label))
        if len({(target.group, target.currency) for target in targets}) > 1:
            raise UserError(
                self.env._(
                    "%s has open items on several accounts, of several partners or in several currencies. Allocate "
                    "them from the documents on the other side.",
                    label,
                )
            )
        blocked = {target.blocked for target in targets}
        if VOID in blocked:
            raise UserError(
                self.env._(
                    "The payment %s was rejected or cancelled, so there is nothing to allocate. If the money came "
                    "after all, reset it to draft and confirm it.",
                    label,
                )
            )
        if RESERVED in blocked:
            raise UserError(self.env._("%s is reserved for its own order or online payment.", label))
        if TOO_LARGE in blocked:
            raise UserError(
                self.env._("%s is too large to be counted to the cent. If that is a mistake, correct it.", label)
            )
        if NO_EXCHANGE_JOURNAL in blocked:
            raise UserError(self._get_no_exchange_journal_message(label))
        if not others:
            partner = self.env["res.partner"].browse(targets[0].group.partner).display_name
            if side == DEBT:
                raise UserError(self.env._("%s has no outstanding credit that could be allocated.", partner))
            if self._is_payable(move):
                raise UserError(self.env._("%s has no open bill that could be settled.", partner))
            raise UserError(self.env._("%s has no open invoice that could be settled.", partner))

    @api.model
    def _is_payable(self, move):
        """Whether what is open of a document is a matter with a vendor."""
        return move._get_open_lines()[:1].account_type == PAYABLE

    @api.model
    def _get_invoice_button(self, move):
        """What the button is called that opens the window on a credit; see the forms of entries and payments."""
        return self.env._("Allocate to bills") if self._is_payable(move) else self.env._("Allocate to invoices")

    @api.model
    def _get_nothing_open_message(self, move, side, label):
        """Why a document has no open items on a side: it is settled, or it stands on the other side."""
        if not move._get_open_lines():
            return self.env._("Nothing of %s is open any more.", label)
        if side == DEBT:
            return self.env._(
                "%(number)s is a credit, it is not owed. Use “%(button)s” instead.",
                number=label,
                button=self._get_invoice_button(move),
            )
        return self.env._("%s is owed, it is not a credit. Use “Allocate credits” instead.", label)

    @api.model
    def _get_no_exchange_journal_message(self, label):
        return self.env._(
            "%s is in a foreign currency, and the company has no journal or accounts for exchange gains and losses. "
            "Set them in the accounting settings first.",
            label,
        )

    def _check_unchanged(self, targets, others):
        """Refuse amounts that were typed for a ledger that has changed since.

        :raise UserError: the document, or a line with an amount, is not as it was when the window was opened
        """
        shown = {int(item_id): residual for item_id, residual in self.residuals.items()}
        residuals = {item.id: item.residual for item in targets + others}
        used = self.line_ids.filtered("amount")
        others_shown = set(self.line_ids.item_id.ids)
        targets_shown = {item_id: residual for item_id, residual in shown.items() if item_id not in others_shown}
        if targets_shown != {target.id: target.residual for target in targets}:
            raise UserError(self._get_changed_message(self.label))
        for line in used:
            if residuals.get(line.item_id.id) != shown[line.item_id.id]:
                raise UserError(self._get_changed_message(line.label))

    def _get_changed_message(self, label):
        return self.env._(
            "%s was changed by somebody else since you opened this window. Close it and open it again.", label
        )

    def _check_outcome(self, outcome):
        """Take everything back unless all was executed.

        :raise UserError: why it was not
        """
        refused = outcome.credits_left + outcome.debts_left
        if not refused and outcome.documents:
            return
        message = next((left.message for left in refused if left.message), "")
        raise UserError(
            message
            or self.env._(
                "Somebody else is working with %s, or with something it is allocated with, at this moment. Try again.",
                self.label,
            )
        )
