from odoo import api, fields, models


class CustomerCreditWithdrawalPayment(models.TransientModel):
    """The dialog in which a billing user pays an approved withdrawal."""

    _name = "customer.credit.withdrawal.payment"
    _description = "Pay Withdrawal of Customer Credit"

    withdrawal_id = fields.Many2one("customer.credit.withdrawal", required=True, readonly=True, ondelete="cascade")
    # all with the user's own rights: the id of the withdrawal comes from a client, who may have guessed it, and what a
    # compute has read as superuser stays in the cache for whatever is asked next
    company_id = fields.Many2one(related="withdrawal_id.company_id", related_sudo=False)
    currency_id = fields.Many2one(related="withdrawal_id.currency_id", related_sudo=False)
    partner_id = fields.Many2one(related="withdrawal_id.partner_id", related_sudo=False)
    amount = fields.Monetary(related="withdrawal_id.amount", related_sudo=False)
    partner_bank_id = fields.Many2one(related="withdrawal_id.partner_bank_id", related_sudo=False)
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        compute="_compute_journal_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit')), ('company_id', 'parent_of', company_id),"
        " ('outbound_payment_method_line_ids', '!=', False)]",
    )
    available_payment_method_line_ids = fields.Many2many(
        "account.payment.method.line", compute="_compute_available_payment_method_line_ids"
    )
    payment_method_line_id = fields.Many2one(
        "account.payment.method.line",
        string="Payment Method",
        required=True,
        compute="_compute_payment_method_line_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        domain="[('id', 'in', available_payment_method_line_ids)]",
    )
    date = fields.Date(string="Payment Date", required=True, default=fields.Date.context_today)
    memo = fields.Char(compute="_compute_memo", compute_sudo=False, store=True, readonly=False, precompute=True)

    @api.depends("withdrawal_id")
    def _compute_journal_id(self):
        """The first bank journal of the company that sends money in the currency of the withdrawal."""
        for dialog in self:
            withdrawal = dialog.withdrawal_id
            journals = self.env["account.journal"].search(
                [
                    *self.env["account.journal"]._check_company_domain(withdrawal.company_id),
                    ("type", "in", ("bank", "cash", "credit")),
                    ("outbound_payment_method_line_ids", "!=", False),
                ]
            )
            dialog.journal_id = journals.sorted(
                lambda journal, withdrawal=withdrawal: (
                    (journal.currency_id or journal.company_id.currency_id) != withdrawal.currency_id,
                    journal.type != "bank",
                )
            )[:1]

    @api.depends("journal_id")
    def _compute_available_payment_method_line_ids(self):
        for dialog in self:
            dialog.available_payment_method_line_ids = dialog.journal_id._get_available_payment_method_lines("outbound")

    @api.depends("journal_id")
    def _compute_payment_method_line_id(self):
        for dialog in self:
            dialog.payment_method_line_id = dialog.available_payment_method_line_ids[:1]._origin

    @api.depends("withdrawal_id")
    def _compute_memo(self):
        for dialog in self:
            dialog.memo = dialog.withdrawal_id.name

    def action_pay(self):
        """Post the payment and reconcile it with the reserved credit.

        :raise UserError: see ``customer.credit.withdrawal._pay``
        """
        self.ensure_one()
        self.withdrawal_id._pay(self.journal_id, self.date, self.memo, self.payment_method_line_id)
        return {"type": "ir.actions.act_window_close"}
