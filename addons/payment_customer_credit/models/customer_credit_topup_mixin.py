from odoo import models
from odoo.exceptions import AccessError, UserError

from odoo.addons.account_customer_credit.exceptions import InsufficientCreditError


class CustomerCreditTopupMixin(models.AbstractModel):
    """A top-up: a transaction whose money becomes credit of the customer when, and only when, it is done.

    Its provider can refund it, but only what is unspent of that very payment. It is reserved while the refund is under
    way, so that nobody spends it meanwhile, and settled with the payment that goes out. A refund that a provider merely
    tells of has happened: it is booked, and what was spent is owed.
    """

    _name = "customer.credit.topup.mixin"
    _description = "Top-up of Customer Credit"

    # ------------------------------------------------------------------------------------------------------------------
    # The payment of a top-up
    # ------------------------------------------------------------------------------------------------------------------

    def _prepare_customer_credit_topup_vals(self):
        """Values of the payment that differ from those of another online payment."""
        self.ensure_one()
        values = {
            "credit_allocation_excluded": True,
            "memo": self.env._("Top-up of credit %s", self.reference),
        }
        method_line = self._get_customer_credit_method_line()
        if method_line:
            values["payment_method_line_id"] = method_line.id
        return values

    def _keep_customer_credit_topup(self, payment):
        """The payment of a top-up is credit; an overdraft is settled with it first, and the customer is told."""
        payment.move_id.sudo().customer_credit_kind = "deposit"
        customer = self.partner_id.commercial_partner_id
        customer._credit_settle_overdraft(payment.company_id, payment.currency_id)
        self.env["customer.credit.mail"]._queue("deposit", payment)

    def _get_customer_credit_method_line(self):
        """The method of the payment: that of the provider, else a manual one, which is what a wire transfer has."""
        self.ensure_one()
        provider = self.provider_id
        lines = provider.journal_id.inbound_payment_method_line_ids
        own_lines = lines.filtered(lambda line: line.payment_provider_id == provider)
        return (own_lines or lines.filtered(lambda line: line.code == "manual") or lines)[:1]

    def _with_customer_credit_entry(self):
        """Self, in a context in which the payment gets a journal entry: without one there is no credit in the ledger.

        Where Odoo's accounting is installed, a payment whose method has no outstanding account would have none.
        """
        if self._get_customer_credit_method_line().payment_account_id:
            return self
        return self.with_context(force_payment_move=True)

    # ------------------------------------------------------------------------------------------------------------------
    # Money that nobody confirms online
    # ------------------------------------------------------------------------------------------------------------------

    def action_customer_credit_money_received(self):
        """Confirm the wire transfer of a top-up, so that it becomes credit.

        :raise AccessError: for users who may not add credit
        :raise UserError: when the transaction is no pending top-up by wire transfer
        """
        self.ensure_one()
        if not self.env.user.has_group("account_customer_credit.customer_credit_group_deposit"):
            raise AccessError(self.env._("You are not allowed to add credit."))
        self.check_access("write")
        transaction = self.sudo().with_context(payment_backend_action=True)
        customer = transaction.partner_id.commercial_partner_id
        customer._credit_lock(transaction.company_id)
        if not transaction._awaits_customer_credit_money():
            raise UserError(self.env._("This is no top-up by wire transfer that is waiting for its money."))
        transaction._set_done()
        transaction._post_process()
        return True

    def _awaits_customer_credit_money(self):
        """Whether this is a top-up that somebody has to confirm, since no provider does."""
        self.ensure_one()
        return self.is_customer_credit_topup and self.state == "pending" and self.provider_code == "custom"

    # ------------------------------------------------------------------------------------------------------------------
    # The refund of a top-up
    # ------------------------------------------------------------------------------------------------------------------

    def _is_customer_credit_refund(self):
        return self.operation == "refund" and self.source_transaction_id.is_customer_credit_topup

    def _get_customer_credit_item(self):
        """The receivable item of the payment of this top-up, open or not."""
        self.ensure_one()
        return self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and line.balance <= 0
        )[:1]

    def _reserve_customer_credit_refund(self, amount):
        """Reserve ``amount`` (positive, in the currency of the transaction) from the top-up that is refunded.

        :raise UserError: it is spent, and the refund is yet to be asked for
        """
        self.ensure_one()
        credit = self.source_transaction_id._get_customer_credit_item()
        customer = credit.partner_id.commercial_partner_id
        if not self.env.context.get("customer_credit_refund_is_asked"):
            customer._credit_lock(self.company_id)
            left = min(-credit.amount_residual_currency, customer._get_credit(self.company_id, self.currency_id))
            amount = self.currency_id.round(min(amount, left))
            if amount <= 0:
                return
        try:
            customer._credit_reserve(
                amount,
                self.currency_id,
                self,
                company=self.company_id,
                overdraft=False,
                credits=credit,
                expires=False,
            )
        except InsufficientCreditError as error:
            raise UserError(
                self.env._(
                    "%(amount)s cannot be refunded, as the credit of %(reference)s is spent already.",
                    amount=self.currency_id.format(amount),
                    reference=self.source_transaction_id.reference,
                )
            ) from error

    def _prepare_customer_credit_refund_vals(self):
        """Values of the payment that differ from those of another refund."""
        self.ensure_one()
        source = self.source_transaction_id
        values = {"memo": self.env._("Refund of top-up %s", source.reference)}
        if account := source._get_customer_credit_item().account_id:
            values["destination_account_id"] = account.id
        return values

    def _take_customer_credit_refund(self, payment):
        """The outbound payment of a refund settles what was reserved for it."""
        for reservation in self._get_customer_credit_reservations():
            reservation._credit_settle(payment.move_id)
        # a refund of what was spent, or one that was given up and came all the same, takes what credit there is
        debits = payment.move_id._get_open_lines().filtered(
            lambda line: line.account_type == "asset_receivable" and line.amount_residual_currency > 0
        )
        if debits:
            self.partner_id.commercial_partner_id._credit_lock(payment.company_id)
            debits._credit_consume()
