from odoo import Command, api, fields, models

from ..exceptions import InsufficientCreditError


class CustomerCreditEntry(models.AbstractModel):
    """Credit that is given or taken by an entry in the customer credit journal, for a reason."""

    _name = "customer.credit.entry"
    _inherit = "customer.credit.wizard"
    _description = "Customer Credit Entry"

    reason = fields.Char(required=True, help="Stands on the entry, in the customer's movements and in the chatter.")
    keep_as_credit = fields.Boolean(
        default=True, help="No rule spends it on invoices; the customer, and you, still can."
    )

    def _get_refusal(self):
        return self.env._("You may not correct or move the credit of customers. Ask an accountant to do it.")

    def _check_enough(self, amount):
        """Call it when the credit is locked. Corrections and transfers never overdraw.

        :raise InsufficientCreditError: the customer has less than ``amount``
        """
        available = self._get_available()
        if self.currency_id.compare_amounts(amount, available) > 0:
            raise InsufficientCreditError(
                self.env._(
                    "%(customer)s has %(available)s of credit, so %(amount)s cannot be taken away.",
                    customer=self.partner_id.commercial_partner_id.display_name,
                    available=self.currency_id.format(available),
                    amount=self.currency_id.format(amount),
                )
            )

    def _take_credits(self, amount):
        """The open credits from which an amount is taken, after what is overdrawn was settled.

        :return: ``(credits, parts)``: ``account.move.line`` records as superuser, the oldest first, and a list of
            ``(account, amount, balance)``, the balance in the company's currency at the credits' own rates
        """
        partner = self.partner_id.commercial_partner_id.sudo().with_company(self.company_id)
        partner._credit_settle_overdraft(self.company_id, self.currency_id)
        credits = self.env["account.move.line"]._get_free_credits(partner, self.company_id, self.currency_id)
        reserver = partner.env["customer.credit.reserver"]
        parts = reserver._prepare_parts(partner, credits, amount, self.company_id, self.currency_id)
        own = self.currency_id == self.company_id.currency_id
        return credits, [(account, part, part if own else balance) for account, part, balance in parts]

    def _prepare_debits(self, parts):
        """The receivable items that take credit away, one for each part."""
        partner = self.partner_id.commercial_partner_id
        return [self._prepare_item(account, part, balance, partner) for account, part, balance in parts]

    def _prepare_item(self, account, amount, balance, partner=None):
        """A journal item; debit when positive.

        :param float amount: in the currency of the window
        :param float balance: in the company's currency
        """
        return Command.create(
            {
                "account_id": account.id,
                "partner_id": partner and partner.id,
                "currency_id": self.currency_id.id,
                "amount_currency": amount,
                "balance": balance,
                "name": self.reason,
            }
        )

    def _post_entry(self, kind, items):
        """The posted entry, made with the rights of the current user.

        :param str kind: of the movement, see ``account.move.customer_credit_kind``
        :param list items: see :meth:`_prepare_item`
        """
        move = (
            self.env["account.move"]
            .with_company(self.company_id)
            .create(
                {
                    "move_type": "entry",
                    "company_id": self.company_id.id,
                    "journal_id": self.company_id._get_customer_credit_journal().id,
                    "currency_id": self.currency_id.id,
                    "date": self.date,
                    "ref": self.reason,
                    "credit_allocation_excluded": self.keep_as_credit,
                    "line_ids": items,
                }
            )
        )
        move.sudo().customer_credit_kind = kind
        move.action_post()
        return move

    @api.model
    def _consume(self, move, credits):
        """Let the receivable debits of the entry take the credits that they were made for."""
        debits = move.sudo().line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and line.amount_currency > 0
        )
        debits._credit_consume(credits)
