from odoo import fields, models
from odoo.exceptions import UserError


class CustomerCreditTransfer(models.TransientModel):
    """Credit that moves from one customer to another: departments, branches, parent and child."""

    _name = "customer.credit.transfer"
    _inherit = "customer.credit.entry"
    _description = "Transfer Credit"

    _required_group = "account_customer_credit.customer_credit_group_transfer"

    partner_id = fields.Many2one(string="From")
    receiver_id = fields.Many2one("res.partner", string="To", required=True)
    amount = fields.Monetary(required=True)

    def action_transfer(self):
        """Post the entry: debit the giver, credit the receiver, each on the own receivable account.

        :raise AccessError: no right to transfer
        :raise InsufficientCreditError: the giver has less
        :raise UserError: both are one customer, or the amount is not positive
        """
        self._check_may_use()
        self.receiver_id.check_access("read")
        self._check_positive(self.amount)
        giver, receiver = self.partner_id.commercial_partner_id, self.receiver_id.commercial_partner_id
        if giver == receiver:
            raise UserError(
                self.env._("%s is one customer with one credit: there is nothing to transfer.", giver.display_name)
            )
        if not self._use():
            return self._close()
        (giver | receiver).sudo()._credit_lock(self.company_id)
        self._check_enough(self.amount)
        credits, parts = self._take_credits(self.amount)
        balance = sum(balance for _account, _part, balance in parts)
        receivable = receiver._get_credit_account(self.company_id)
        move = self._post_entry(
            "transfer",
            [
                *self._prepare_debits(parts),
                self._prepare_item(receivable, -self.amount, -balance, receiver),
            ],
        )
        self._consume(move, credits)
        receiver.sudo()._credit_settle_overdraft(self.company_id, self.currency_id)
        self._log(move, giver, receiver)
        return self._say_done(
            self.env._(
                "%(amount)s transferred from %(giver)s to %(receiver)s.",
                amount=self.currency_id.format(self.amount),
                giver=giver.display_name,
                receiver=receiver.display_name,
            )
        )

    def _log(self, move, giver, receiver):
        body = self.env._(
            "%(amount)s of credit transferred from %(giver)s to %(receiver)s: %(reason)s (%(entry)s)",
            amount=self.currency_id.format(self.amount),
            giver=giver.display_name,
            receiver=receiver.display_name,
            reason=self.reason,
            entry=move.name,
        )
        for record in (giver, receiver, move):
            record.sudo()._message_log(body=body)
