from odoo import api, fields, models
from odoo.exceptions import UserError


class CustomerCreditDeposit(models.TransientModel):
    """Money that a customer pays in to have credit: an inbound payment that no rule spends."""

    _name = "customer.credit.deposit"
    _inherit = "customer.credit.wizard"
    _description = "Add Credit"
    _check_company_auto = True

    _required_group = "account_customer_credit.customer_credit_group_deposit"

    amount = fields.Monetary(required=True)
    journal_id = fields.Many2one(
        "account.journal",
        required=True,
        compute="_compute_journal_id",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        check_company=True,
        domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Where the money arrives.",
    )
    memo = fields.Char(help="Stands on the payment, and in the customer's movements.")
    keep_as_credit = fields.Boolean(
        default=True,
        help="No rule spends it on invoices; the customer, and you, still can. What the customer has overdrawn is "
        "settled in any case.",
    )

    @api.depends("company_id")
    def _compute_journal_id(self):
        """The first of the company; a branch may have none of its own, and uses those of its parents."""
        Journal = self.env["account.journal"]
        for wizard in self:
            company = wizard.company_id
            journals = Journal.search(
                [*Journal._check_company_domain(company), ("type", "in", ("bank", "cash", "credit"))]
            )
            wizard.journal_id = journals.sorted(lambda journal, own=company: journal.company_id != own)[:1]

    def action_deposit(self):
        """Post the payment. What the customer overdrew is settled with it at once.

        :raise AccessError: no right to add credit
        :raise UserError: the amount is not positive, or the payment would make no journal entry
        """
        self._check_may_use()
        self._check_positive(self.amount)
        if not self._use():
            return self._close()
        payment = self._create_payment()
        self.partner_id.sudo()._credit_settle_overdraft(self.company_id, self.currency_id)
        self._notify_customer("deposit", payment)
        return self._say_done(
            self.env._(
                "%(amount)s added. %(customer)s now has %(available)s.",
                amount=self.currency_id.format(self.amount),
                customer=self.partner_id.commercial_partner_id.display_name,
                available=self.currency_id.format(self._get_available()),
            )
        )

    def _prepare_payment_vals(self):
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.commercial_partner_id.id,
            "company_id": self.company_id.id,
            "journal_id": self.journal_id.id,
            "currency_id": self.currency_id.id,
            "amount": self.amount,
            "date": self.date,
            "memo": self.memo or self.env._("Customer credit"),
            "credit_allocation_excluded": self.keep_as_credit,
        }

    def _create_payment(self):
        """The posted payment, made with the rights of the current user."""
        payment = self.env["account.payment"].with_company(self.company_id).create(self._prepare_payment_vals())
        if not payment.outstanding_account_id:
            # without an entry there would be no credit: where the method has no account of its own, that of the chart
            payment.outstanding_account_id = payment._get_outstanding_account("inbound")
        payment.action_post()
        if not payment.move_id:
            raise UserError(
                self.env._(
                    "Payments of the journal %s make no journal entry, so they give no credit. "
                    "Set an outstanding account on its payment method.",
                    self.journal_id.display_name,
                )
            )
        payment.move_id.sudo().customer_credit_kind = "deposit"
        return payment
