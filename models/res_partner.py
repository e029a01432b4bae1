from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    credit_allocation_policy = fields.Selection(
        selection=[
            ("automatic", "Automatic, on posting"),
            ("manual", "Only on request"),
            ("never", "Never by rules"),
        ],
        string="Credit allocation",
        copy=False,
        groups="account.group_account_readonly,account.group_account_invoice",
        help="Empty: as the company's settings say.\n"
        "Automatic: whenever a document of this partner is posted, whatever the settings say.\n"
        "Only on request: by the action or the wizard, never on posting.\n"
        "Never by rules: excluded from every automatic allocation; you can still reconcile by hand.",
    )
    credit_allocation_count = fields.Integer(
        string="Credit Allocations",
        compute="_compute_credit_allocation_count",
        groups="account.group_account_readonly,account.group_account_invoice",
    )

    @api.model
    def _get_credit_setting_fields(self):
        """The fields that say what is done with a partner's credits: a hook. Accounting reads them, and who makes
        invoices may change them."""
        return {"credit_allocation_policy"}

    def _has_field_access(self, field, operation):
        if (
            operation == "write"
            and not self.env.su
            and field.name in self._get_credit_setting_fields()
            and not self.env.user.has_group("account.group_account_invoice")
        ):
            return False
        return super()._has_field_access(field, operation)

    def write(self, vals):
        Trigger = self.env["account.credit.allocation.trigger"]
        # another parent is no case of its own: Odoo writes the new commercial partner on the journal items
        if vals.keys().isdisjoint(("credit_allocation_policy", "is_company")) or not Trigger._may_allocate():
            return super().write(vals)
        before = self._get_commercial_partners_open_to_rules()
        result = super().write(vals)
        after = self._get_commercial_partners_open_to_rules()
        if opened := [contact for contact, commercial in after.items() if commercial and commercial != before[contact]]:
            Trigger._note_opened_by(
                [
                    ("partner_id", "child_of", opened),
                    ("partner_id.commercial_partner_id", "in", [after[contact] for contact in opened]),
                ]
            )
        return result

    def _get_commercial_partners_open_to_rules(self):
        """``{contact id: id of the commercial partner}``, None where rules may never allocate its credits."""
        return {
            contact.id: commercial.id if commercial.credit_allocation_policy != "never" else None
            for contact in self.sudo()
            for commercial in contact.commercial_partner_id
        }

    def _compute_credit_allocation_count(self):
        counts = dict(
            self.env["account.credit.allocation.line"]._read_group(
                [("partner_id", "in", self.commercial_partner_id.ids), ("state", "!=", "planned")],
                ["partner_id"],
                ["allocation_id:count_distinct"],
            )
        )
        for partner in self:
            partner.credit_allocation_count = counts.get(partner.commercial_partner_id, 0)

    def _commercial_fields(self):
        """Credits belong to the commercial entity, so it decides how they are allocated."""
        return super()._commercial_fields() + ["credit_allocation_policy"]

    def action_open_credit_allocations(self):
        """Open the allocation documents of these partners' commercial entities."""
        documents = self.env["account.credit.allocation"].search(
            [("line_ids.partner_id", "in", self.commercial_partner_id.ids), ("state", "!=", "draft")]
        )
        return documents._get_open_action()

    def action_allocate_credits(self):
        """Allocate all outstanding credits of the selected partners, as customers and as vendors.

        :return: a client action that says what was done, what was left and why
        """
        return self.env["account.credit.allocation"]._allocate_partners(self)

    def action_preview_credit_allocation(self):
        """Show what :meth:`action_allocate_credits` would do, as a document that can be applied.

        :return: an action that opens the preview, or says that there is nothing to allocate
        """
        return self.env["account.credit.allocation"]._preview_partners(self)

    @api.model
    def _allocates_on_post(self, line):
        """Whether posting this receivable or payable item starts an allocation for its partner.

        The partner's own policy comes first, then the company's setting for customers or for vendors.
        """
        policy = line.partner_id.commercial_partner_id.sudo().credit_allocation_policy
        if policy:
            return policy == "automatic"
        if line.account_type == "asset_receivable":
            return line.company_id.credit_allocation_receivable
        return line.company_id.credit_allocation_payable
