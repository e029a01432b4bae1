from odoo import fields, models
from odoo.exceptions import AccessError, UserError


class PaymentTransaction(models.Model):
    """A top-up: a transaction whose money becomes credit of the customer when, and only when, it is done."""

    _inherit = "payment.transaction"  # pylint: disable=consider-merging-classes-inherited

    is_customer_credit_topup = fields.Boolean(string="Top-up of Credit", readonly=True, copy=False)

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """What is captured of a top-up is a top-up, as its money is what arrives."""
        if not is_refund and self.is_customer_credit_topup:
            custom_create_values["is_customer_credit_topup"] = True
        return super()._create_child_transaction(amount, is_refund=is_refund, **custom_create_values)

    def _create_payment(self, **extra_create_values):
        """The payment of a top-up is kept as credit; an overdraft is settled with it first."""
        if not self.is_customer_credit_topup:
            return super()._create_payment(**extra_create_values)
        transaction = self._with_customer_credit_entry()
        payment = super(PaymentTransaction, transaction)._create_payment(
            **{**self._prepare_customer_credit_topup_vals(), **extra_create_values}
        )
        payment.move_id.customer_credit_kind = "deposit"
        customer = self.partner_id.commercial_partner_id
        customer._credit_settle_overdraft(payment.company_id, payment.currency_id)
        self.env["customer.credit.mail"]._queue("deposit", payment)
        return payment

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

    # --- money that nobody confirms online ----------------------------------------------------------------------------

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
