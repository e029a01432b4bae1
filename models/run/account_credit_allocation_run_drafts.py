from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang


class AccountCreditAllocationRunDrafts(models.Model):
    """What becomes of the drafts that a preview has made: applied, discarded, or made anew for those partners of whom
    something has changed meanwhile."""

    _inherit = "account.credit.allocation.run"

    is_applying = fields.Boolean(
        string="Applied", readonly=True, copy=False, help="The drafts of the preview have been, or are being, applied."
    )
    next_run_id = fields.Many2one(
        "account.credit.allocation.run",
        string="Previewed Again in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The new preview for the partners of whom nothing could be applied.",
    )

    def action_apply(self):
        """Apply the drafts of a preview in the background. Partners of whom anything has changed are left, and named.

        :raise UserError: there is nothing to apply
        """
        self._check_may_run()
        self._lock_in_state("done")
        drafts = self._get_drafts()
        if not drafts:
            raise UserError(self.env._("There is no draft left to apply."))
        self.sudo().write({"is_applying": True, "user_id": self.env.uid})
        self._reopen_rows(drafts)
        self._go_on()

    def action_discard(self):
        """Delete the drafts of a preview. What was applied of it stays.

        :raise UserError: there is nothing to discard, or somebody else is applying or discarding one of the drafts
        """
        self._check_may_run()
        self._lock_in_state("done")
        drafts = self._get_drafts()
        if not drafts:
            raise UserError(self.env._("There is no draft left to discard."))
        lines = drafts.line_ids
        text = self.env._(
            "%(user)s has discarded the drafts: %(pairs)s allocations (%(amount)s).",
            user=self.env.user.name,
            pairs=len(lines),
            amount=formatLang(self.env, sum(lines.mapped("amount")), currency_obj=self.company_currency_id),
        )
        if self.is_applying:
            self._drop_plans(drafts)
        else:
            drafts.sudo(False)._lock_draft()
            drafts.unlink()
            self.invalidate_recordset()
            self.sudo().row_ids.write({"allocated_count": 0, "amount": 0, "left_count": 0})
            self.sudo().leftover_ids.unlink()
        self.sudo()._store_totals()
        self._log(text)

    def action_preview_again(self):
        """Make a new preview for the partners of whom nothing could be applied; what their drafts show is discarded.

        :return: an action that opens the new run
        :raise UserError: the preview has not been applied, or all of it could be
        """
        self._check_may_run()
        self._lock_in_state("done")
        partners = self.sudo().failed_row_ids.partner_id
        if not self.is_applying or not partners:
            raise UserError(self.env._("All that this preview shows has been applied, or nothing yet."))
        run = self.copy(
            {
                "partner_scope": "partners",
                "partner_ids": [fields.Command.set(partners.ids)],
                "category_ids": [fields.Command.clear()],
            }
        )
        self._drop_plans(self._get_drafts())
        run.action_start()
        self.sudo().next_run_id = run
        return run._get_records_action()

    def _get_drafts(self):
        """The drafts that can still be applied or discarded. Once the preview was applied, those with nothing but
        leftovers are part of the result.

        :return: ``account.credit.allocation`` with all rights
        """
        drafts = self.sudo().allocation_ids.filtered(lambda document: document.state == "draft")
        return drafts.filtered("line_ids") if self.is_applying else drafts

    def _drop_plans(self, drafts):
        """Delete what could not be applied of these drafts, and the drafts unless they say what else was left."""
        if not drafts:
            return
        drafts.sudo(False)._lock_draft()
        drafts.line_ids.unlink()
        drafts.filtered(lambda draft: not draft.leftover_ids).unlink()
        self.invalidate_recordset()
