from odoo import models
from odoo.exceptions import UserError

from odoo.addons.account_customer_credit.exceptions import InsufficientCreditError


class PaymentTransaction(models.Model):
    """The refund of a top-up by its provider: only what is unspent of that very payment can go back.

    It is reserved while the refund is under way, so that nobody spends it meanwhile, and settled with the payment that
    goes out. A refund that a provider merely tells of has happened: it is booked, and what was spent is owed.
    """

    _inherit = "payment.transaction"  # pylint: disable=consider-merging-classes-inherited

    def _refund(self, amount_to_refund=None):
        """Ask the provider only for what is unspent.

        :raise UserError: when the credit of this top-up is spent
        """
        transaction = self.with_context(customer_credit_refund_is_asked=True)
        return super(PaymentTransaction, transaction)._refund(amount_to_refund=amount_to_refund)

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """Reserve what is to be refunded, before the provider is asked. Where the provider tells of a refund, as much
        of that as is there."""
        child = super()._create_child_transaction(amount, is_refund=is_refund, **custom_create_values)
        if is_refund and self.is_customer_credit_topup:
            child._reserve_customer_credit_refund(amount)
        return child

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

    def _create_payment(self, **extra_create_values):
        """The outbound payment of a refund settles what was reserved for it."""
        if not self._is_customer_credit_refund():
            return super()._create_payment(**extra_create_values)
        source = self.source_transaction_id
        values = {"memo": self.env._("Refund of top-up %s", source.reference)}
        if account := source._get_customer_credit_item().account_id:
            values["destination_account_id"] = account.id
        transaction = self._with_customer_credit_entry()
        payment = super(PaymentTransaction, transaction)._create_payment(**{**values, **extra_create_values})
        for reservation in self._get_customer_credit_reservations():
            reservation._credit_settle(payment.move_id)
        # a refund of what was spent, or one that was given up and came all the same, takes what credit there is
        debits = payment.move_id._get_open_lines().filtered(
            lambda line: line.account_type == "asset_receivable" and line.amount_residual_currency > 0
        )
        if debits:
            self.partner_id.commercial_partner_id._credit_lock(payment.company_id)
            debits._credit_consume()
        return payment

    def _is_customer_credit_refund(self):
        return self.operation == "refund" and self.source_transaction_id.is_customer_credit_topup

    def _get_customer_credit_item(self):
        """The receivable item of the payment of this top-up, open or not."""
        self.ensure_one()
        return self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable" and line.balance <= 0
        )[:1]
