from odoo import api, fields, models
from odoo.exceptions import UserError


class CustomerCreditAdjustment(models.TransientModel):
    """A goodwill credit, or a correction in either direction, against an account."""

    _name = "customer.credit.adjustment"
    _inherit = "customer.credit.entry"
    _description = "Update Credit"
    _check_company_auto = True

    _required_group = "account_customer_credit.customer_credit_group_adjust"

    mode = fields.Selection(
        [("amount", "Add or take away"), ("balance", "Set the balance")], required=True, default="amount"
    )
    amount = fields.Monetary(help="Positive gives credit, negative takes it away.")
    new_balance = fields.Monetary(help="What the customer shall have afterwards.")
    known_credit = fields.Monetary(
        compute="_compute_known_credit", precompute=True, store=True, readonly=False, compute_sudo=False
    )
    difference = fields.Monetary(compute="_compute_difference", help="What the entry gives or takes away.")
    account_id = fields.Many2one(
        "account.account",
        string="Counterpart Account",
        required=True,
        check_company=True,
        domain="[('account_type', 'not in', ('asset_receivable', 'liability_payable', 'off_balance'))]",
        help="What is given away, such as an expense account for goodwill.",
    )

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_known_credit(self):
        """What the user saw: a new balance means nothing where the old one has changed since."""
        for wizard in self:
            wizard.known_credit = wizard._get_available()

    @api.depends("mode", "amount", "new_balance", "known_credit")
    def _compute_difference(self):
        for wizard in self:
            wizard.difference = wizard.amount if wizard.mode == "amount" else wizard.new_balance - wizard.known_credit

    def action_adjust(self):
        """Post the entry: it gives credit, or takes some away and consumes the oldest.

        :raise AccessError: no right to correct balances
        :raise InsufficientCreditError: more would be taken than there is
        :raise UserError: nothing would change, or the credit has changed since the window showed it
        """
        self._check_may_use()
        if not self._use():
            return self._close()
        partner = self.partner_id.commercial_partner_id.sudo()
        partner._credit_lock(self.company_id)
        if self.mode == "balance" and self.currency_id.compare_amounts(self.known_credit, self._get_available()):
            raise UserError(
                self.env._(
                    "The credit has changed meanwhile: it is %s now. Open the window again.",
                    self.currency_id.format(self._get_available()),
                )
            )
        difference = self.currency_id.round(self.difference)
        if self.currency_id.is_zero(difference):
            raise UserError(self.env._("The credit would stay what it is. Enter an amount."))
        move = self._give(difference) if difference > 0 else self._take(-difference)
        partner._message_log(
            body=self.env._(
                "Credit changed by %(amount)s: %(reason)s (%(entry)s)",
                amount=self.currency_id.format(difference),
                reason=self.reason,
                entry=move.name,
            )
        )
        return self._say_done(
            self.env._(
                "%(customer)s now has %(available)s.",
                customer=partner.display_name,
                available=self.currency_id.format(self._get_available()),
            )
        )

    def _give(self, amount):
        """Debit the account, credit the customer; what the customer overdrew is settled with it."""
        partner = self.partner_id.commercial_partner_id
        receivable = partner._get_credit_account(self.company_id)
        balance = self.currency_id._convert(amount, self.company_id.currency_id, self.company_id, self.date)
        move = self._post_entry(
            "adjustment",
            [
                self._prepare_item(self.account_id, amount, balance),
                self._prepare_item(receivable, -amount, -balance, partner),
            ],
        )
        partner.sudo()._credit_settle_overdraft(self.company_id, self.currency_id)
        return move

    def _take(self, amount):
        """Debit the customer, credit the account; the debit takes the oldest credits."""
        self._check_enough(amount)
        credits, parts = self._take_credits(amount)
        balance = sum(balance for _account, _part, balance in parts)
        move = self._post_entry(
            "adjustment", [*self._prepare_debits(parts), self._prepare_item(self.account_id, -amount, -balance)]
        )
        self._consume(move, credits)
        return move
