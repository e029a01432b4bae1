from odoo import api, fields, models
from odoo.exceptions import UserError


class CustomerCreditWithdrawalRequest(models.TransientModel):
    """The dialog "Withdraw credit": a billing user asks for a customer's credit to be paid out."""

    _name = "customer.credit.withdrawal.request"
    _inherit = "customer.credit.once"
    _description = "Withdraw Customer Credit"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        compute="_compute_currency_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
    )
    amount_withdrawable = fields.Monetary(
        string="May Be Withdrawn",
        compute="_compute_amount_withdrawable",
        help="The available credit; where the company has set it so, less what the customer has overdue.",
    )
    amount = fields.Monetary(required=True)
    available_bank_ids = fields.Many2many("res.partner.bank", compute="_compute_available_bank_ids")
    partner_bank_id = fields.Many2one(
        "res.partner.bank",
        string="Bank Account",
        required=True,
        compute="_compute_partner_bank_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', available_bank_ids)]",
    )
    bank_is_trusted = fields.Boolean(
        related="partner_bank_id.allow_out_payment", related_sudo=False, string="Trusted Bank Account"
    )
    reason = fields.Text()
    withdrawal_id = fields.Many2one("customer.credit.withdrawal", readonly=True)

    @api.depends("company_id")
    def _compute_currency_id(self):
        for dialog in self:
            dialog.currency_id = dialog.company_id.currency_id

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_amount_withdrawable(self):
        for dialog in self:
            customer = dialog.partner_id.commercial_partner_id.sudo()
            dialog.amount_withdrawable = (
                customer._get_withdrawable_credit(dialog.company_id, dialog.currency_id)
                if customer and dialog.currency_id and dialog.company_id in dialog.env.companies
                else 0
            )

    @api.depends("partner_id", "company_id")
    def _compute_available_bank_ids(self):
        Bank = self.env["res.partner.bank"]
        for dialog in self:
            dialog.available_bank_ids = Bank.search(
                [
                    ("partner_id.commercial_partner_id", "=", dialog.partner_id.commercial_partner_id.id),
                    ("company_id", "in", [False, dialog.company_id.id]),
                ]
            )

    @api.depends("available_bank_ids")
    def _compute_partner_bank_id(self):
        """The first account to which money may be sent, else the first."""
        for dialog in self:
            if dialog.partner_bank_id not in dialog.available_bank_ids._origin:
                trusted = dialog.available_bank_ids.filtered("allow_out_payment")
                dialog.partner_bank_id = (trusted or dialog.available_bank_ids)[:1]._origin

    def action_request(self):
        """Reserve the credit and ask for approval.

        :return: an action that opens the withdrawal
        :raise AccessError: the user is no billing user, or may not work in that company
        :raise UserError: see ``res.partner._request_credit_withdrawal``
        """
        self.ensure_one()
        self.check_access("write")
        if self.company_id not in self.env.companies:
            raise UserError(self.env._("Select %s first, among the companies you work in.", self.company_id.name))
        self.partner_id.check_access("read")
        if self._use():
            self.withdrawal_id = self.partner_id._request_credit_withdrawal(
                self.amount, self.currency_id, self.partner_bank_id, self.company_id, self.reason
            )
        return self.withdrawal_id.with_env(self.env)._get_records_action()
