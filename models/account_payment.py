from odoo import fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    _inherit = "account.payment"

    credit_allocation_excluded = fields.Boolean(
        string="No automatic allocation",
        copy=False,
        tracking=True,
        help="This payment is left out when credits are allocated by rules: on posting and in bulk. "
        "You can still reconcile it by hand.",
    )
    credit_allocation_count = fields.Integer(
        string="Credit Allocations",
        compute="_compute_credit_allocation_count",
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    credit_allocation_side = fields.Selection(
        related="move_id.credit_allocation_side", groups="account.group_account_invoice"
    )

    def write(self, vals):
        unmarked = self.browse()
        if not vals.get("credit_allocation_excluded", True):
            unmarked = self.filtered("credit_allocation_excluded")
        result = super().write(vals)
        self.env["account.credit.allocation.trigger"]._note_opened(unmarked.move_id.line_ids)
        return result

    def _compute_credit_allocation_count(self):
        documents = self.move_id._get_credit_allocations_by_move()
        for payment in self:
            payment.credit_allocation_count = len(documents[payment.move_id.id])

    def action_open_credit_allocations(self):
        """Open the allocation documents that spent something of these payments."""
        return self.move_id.action_open_credit_allocations()

    def action_allocate_credits(self):
        """Spend what is left of the selected payments on the open invoices of their partners.

        :return: a client action that says what was done, what was left and why
        """
        return self.env["account.credit.allocation"]._allocate_documents(self.move_id, self._count_without_entry())

    def action_preview_credit_allocation(self):
        """Show what :meth:`action_allocate_credits` would do, as a document that can be applied.

        :return: an action that opens the preview, or says that there is nothing to allocate
        """
        return self.env["account.credit.allocation"]._preview_documents(self.move_id, self._count_without_entry())

    def _count_without_entry(self):
        """How many payments were made that have no journal entry, and so no open item."""
        return len(self.filtered(lambda payment: payment.state in ("in_process", "paid") and not payment.move_id))

    def action_open_credit_wizard(self):
        """See ``account.move``: for money that was paid out to a customer, or came back from a vendor."""
        self._check_has_entry()
        return self.move_id.action_open_credit_wizard()

    def action_open_invoice_wizard(self):
        """See ``account.move``."""
        self._check_has_entry()
        return self.move_id.action_open_invoice_wizard()

    def _check_has_entry(self):
        """:raise UserError: one of the payments has no journal entry, so that nothing of it is open in the books"""
        for payment in self.filtered(lambda payment: not payment.move_id):
            if payment.state == "draft":
                raise UserError(self.env._("%s is a draft. Confirm it first.", payment.display_name))
            raise UserError(
                self.env._(
                    "%s has no journal entry, so there is nothing to allocate. It is matched on the bank transaction.",
                    payment.display_name,
                )
            )
