import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.account_customer_credit.exceptions import InsufficientCreditError

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """A payment with the customer's own credit: confirmed → reserved → done → settled with what it pays.

    A transaction that is not confirmed holds nothing, so that one that was abandoned needs no clearing up.

    A transaction may also buy credit. What is different then, and when that is refunded, is in
    ``customer.credit.topup.mixin``.
    """

    _name = "payment.transaction"
    _inherit = ["payment.transaction", "customer.credit.topup.mixin"]

    is_customer_credit_topup = fields.Boolean(string="Top-up of Credit", readonly=True, copy=False)

    # ------------------------------------------------------------------------------------------------------------------
    # Confirming a payment with credit: the amount is reserved
    # ------------------------------------------------------------------------------------------------------------------

    def _get_specific_rendering_values(self, processing_values):
        if self.provider_code != "customer_credit":
            return super()._get_specific_rendering_values(processing_values)
        return {
            "api_url": "/payment/customer_credit/process",
            "reference": self.reference,
            "csrf_token": request.csrf_token() if request else "",
        }

    def _extract_amount_data(self, payment_data):
        """The amount is that of the transaction: nobody reports another one."""
        if self.provider_code != "customer_credit":
            return super()._extract_amount_data(payment_data)
        return None

    def _apply_updates(self, payment_data):
        """Pay; whoever calls this has made sure that it is the customer who confirms."""
        if self.provider_code != "customer_credit":
            return super()._apply_updates(payment_data)
        return self._pay_with_customer_credit()

    def _pay_with_customer_credit(self):
        """Reserve the amount and confirm the transaction, or set it in error with a sentence for the customer.

        Only a draft is paid: what is repeated does nothing. Two requests at once meet at the lock, and the second one
        is tried again by Odoo on what the first one wrote.
        """
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        customer._credit_lock(self.company_id)
        if self.state != "draft":
            return
        self._settle_what_is_held_already()
        refusal = self._get_customer_credit_refusal()
        if not refusal:
            try:
                with self.env.cr.savepoint():
                    customer._credit_reserve(
                        self.amount, self.currency_id, self, company=self.company_id, expires=False
                    )
            except InsufficientCreditError:
                refusal = self._get_customer_credit_shortage()
            except UserError as error:  # in words for bookkeepers
                _logger.warning("%s was not paid with credit: %s", self.reference, error)
                refusal = self.env._(
                    "Your credit cannot be used at this moment. Please try again later, or contact us."
                )
        if refusal:
            self._set_error(refusal)
        else:
            self._set_done()

    def _get_customer_credit_shortage(self):
        self.ensure_one()
        credit = self.partner_id.commercial_partner_id._get_spendable_credit(self.company_id, self.currency_id)
        return self.env._("Your credit of %s does not cover this payment.", self.currency_id.format(credit))

    def _get_customer_credit_refusal(self):
        """Why this transaction cannot be paid with credit, in a sentence for the customer; else an empty string.

        Whether there is enough credit is asked later, when it is reserved.
        """
        self.ensure_one()
        customer = self.partner_id.commercial_partner_id
        documents = self._get_customer_credit_documents()
        if self.provider_id.state != "enabled" or self.operation != "online_redirect":
            return self.env._("Payment with credit is not available.")
        if not documents or not self.amount > 0:
            return self.env._("There is nothing to be paid with credit here.")
        for document in documents:
            if document.partner_id.commercial_partner_id != customer:
                return self.env._("%s belongs to another customer.", document.display_name)
            if document.company_id != self.company_id or document.currency_id != self.currency_id:
                return self.env._("%s is in another company or currency.", document.display_name)
        if self._takes_early_payment_discount():
            return self.env._("Payments with credit get no discount for early payment. Pay the whole, or another way.")
        due = self._get_customer_credit_due()
        if due is not None and self.currency_id.compare_amounts(self.amount, due) > 0:
            return self._get_customer_credit_excess(due)
        return ""

    def _get_customer_credit_excess(self, due):
        """Why no more than ``due`` can be paid, a sentence for the customer."""
        currency = self.currency_id
        if currency.compare_amounts(due, 0) > 0:
            return self.env._("Only %s is still to be paid.", currency.format(due))
        held = self._get_customer_credit_unsettled()
        if currency.compare_amounts(held, 0) > 0:
            return self.env._(
                "%s of your credit is kept for this already, so nothing is left to pay.", currency.format(held)
            )
        return self.env._("This is paid already.")

    def _takes_early_payment_discount(self):
        """Whether the amount is that of an invoice less its discount: to settle it would need a write-off."""
        self.ensure_one()
        return any(
            (discount := invoice._get_customer_credit_lost_discount())
            and not self.currency_id.compare_amounts(self.amount, invoice.amount_residual - discount)
            for invoice in self.invoice_ids
        )

    def _get_customer_credit_documents(self):
        """What the transaction pays: invoices, and orders where those are installed.

        :return: list of records; each has ``partner_id``, ``company_id`` and ``currency_id``
        """
        self.ensure_one()
        orders = self.sale_order_ids if "sale_order_ids" in self._fields else ()
        return [*self.invoice_ids, *orders]

    def _get_customer_credit_due(self):
        """What is left to pay of the invoices or orders, in the currency of the transaction, or None if not known."""
        self.ensure_one()
        invoices = self.invoice_ids
        if invoices:
            is_due = all(invoice.state == "posted" and invoice.move_type == "out_invoice" for invoice in invoices)
            if not is_due:
                return 0.0
            return max(sum(invoices.mapped("amount_residual")) - self._get_customer_credit_unsettled(), 0.0)
        if "sale_order_ids" in self._fields and self.sale_order_ids:
            return sum(order.amount_total - order.amount_paid for order in self.sale_order_ids)
        return None

    def _get_customer_credit_unsettled(self):
        """What other transactions hold for the invoices of this one, since it could not be settled yet: that needs not
        be paid once more. Zero or more, in the currency of the transaction."""
        self.ensure_one()
        unsettled = 0.0
        for reservation in (self.invoice_ids.transaction_ids - self)._get_customer_credit_reservations():
            amounts = [reservation._get_amount_for(invoice) for invoice in self.invoice_ids]
            held = reservation.amount_held
            unsettled += held if None in amounts else min(sum(max(amount, 0.0) for amount in amounts), held)
        return unsettled

    def _settle_what_is_held_already(self):
        """Pay the invoices of this transaction with what others hold for them, where that could not be settled at the
        time, or somebody has undone it since."""
        try:
            with self.env.cr.savepoint():
                (self.invoice_ids.transaction_ids - self)._settle_customer_credit()
        except UserError as error:
            _logger.info("What is held for %s is not settled: %s", self.reference, error)

    def _get_customer_credit_done_message(self):
        """What this payment has done, for its customer: how much is paid with credit, and what is left to pay."""
        self.ensure_one()
        tx = self.sudo()
        paid, currency = tx.currency_id.format(tx.amount), tx.currency_id
        left = 0.0
        for document in tx._get_customer_credit_documents():
            if document._name == "sale.order":
                left += max(document.amount_total - document.amount_paid, 0.0)
            elif document.state == "posted":
                left += document.amount_residual
        left -= sum(tx._get_customer_credit_reservations().mapped("amount_held")) if tx.invoice_ids else 0.0
        if currency.compare_amounts(left, 0) > 0:
            return self.env._(
                "%(paid)s is paid with your credit, %(left)s is left to pay.", paid=paid, left=currency.format(left)
            )
        return self.env._("%s is paid with your credit.", paid)

    # ------------------------------------------------------------------------------------------------------------------
    # The money arrives: credit settles what it pays, a top-up becomes credit, a refund of a top-up takes it away
    # ------------------------------------------------------------------------------------------------------------------

    def _create_payment(self, **extra_create_values):
        """No payment for credit: the money came long ago. What it pays is settled with what was reserved for it.

        The payments of a top-up and of its refund are made by Odoo, with a journal entry in any case.
        """
        if self.provider_code == "customer_credit":
            self._settle_customer_credit()
            return self.env["account.payment"]
        is_refund = self._is_customer_credit_refund()
        if not is_refund and not self.is_customer_credit_topup:
            return super()._create_payment(**extra_create_values)
        values = (
            self._prepare_customer_credit_refund_vals() if is_refund else self._prepare_customer_credit_topup_vals()
        )
        transaction = self._with_customer_credit_entry()
        payment = super(PaymentTransaction, transaction)._create_payment(**{**values, **extra_create_values})
        if is_refund:
            self._take_customer_credit_refund(payment)
        else:
            self._keep_customer_credit_topup(payment)
        return payment

    def _create_child_transaction(self, amount, is_refund=False, **custom_create_values):
        """What is captured of a top-up is a top-up, as its money is what arrives. What is to be refunded of one is
        reserved before the provider is asked; where the provider tells of a refund, as much of that as is there."""
        if not self.is_customer_credit_topup:
            return super()._create_child_transaction(amount, is_refund=is_refund, **custom_create_values)
        if not is_refund:
            custom_create_values["is_customer_credit_topup"] = True
        child = super()._create_child_transaction(amount, is_refund=is_refund, **custom_create_values)
        if is_refund:
            child._reserve_customer_credit_refund(amount)
        return child

    def _refund(self, amount_to_refund=None):
        """Ask the provider only for what is unspent.

        :raise UserError: when the credit of this top-up is spent
        """
        transaction = self.with_context(customer_credit_refund_is_asked=True)
        return super(PaymentTransaction, transaction)._refund(amount_to_refund=amount_to_refund)

    def _settle_customer_credit(self):
        """Pay the posted invoices of each transaction with what is reserved for it; the rest stays reserved.

        An order may be invoiced to somebody else after it was paid: that is none of the customer's invoices. Whose debt
        one is, its journal items say: the invoice itself names the customer as it was.
        """
        for tx in self:
            customer = tx.partner_id.commercial_partner_id
            invoices = tx.invoice_ids.filtered(
                lambda move, tx=tx, customer=customer: move.state == "posted"
                and move.move_type == "out_invoice"
                and move._get_open_lines().partner_id.commercial_partner_id == customer
                and tx.currency_id.compare_amounts(move.amount_residual, 0) > 0
            ).sorted(lambda move: (move.invoice_date_due or move.date, move.id))
            for reservation in tx._get_customer_credit_reservations() if invoices else ():
                if all(reservation._get_amount_for(invoice) is None for invoice in invoices):
                    reservation._credit_settle(invoices)
                    continue
                for invoice in invoices:
                    amount = reservation._get_amount_for(invoice)
                    if amount is None or amount > 0:
                        reservation._credit_settle(invoice, amount)

    # ------------------------------------------------------------------------------------------------------------------
    # Given back: what fails, and what is needed no longer
    # ------------------------------------------------------------------------------------------------------------------

    def _update_state(self, allowed_states, target_state, state_message):
        """What fails or is cancelled holds no credit any more."""
        updated = super()._update_state(allowed_states, target_state, state_message)
        if target_state in ("cancel", "error"):
            updated._release_customer_credit()
        return updated

    @staticmethod
    def _is_closed_invoice(invoice):
        """Whether there is nothing to pay of an invoice any more, however that came about."""
        return invoice.state == "cancel" or (
            invoice.state == "posted" and invoice.currency_id.is_zero(invoice.amount_residual)
        )

    def _release_unneeded_customer_credit(self):
        """Give back what these transactions hold for invoices that need it no longer."""
        for reservation in self._get_customer_credit_reservations():
            if reservation._get_credit_transaction() and reservation._is_stale():
                reservation._credit_release()

    def _release_customer_credit(self):
        """Give back what is still reserved for these transactions."""
        for reservation in self._get_customer_credit_reservations():
            reservation._credit_release()

    def _get_customer_credit_reservations(self):
        """The reservations that these transactions made and that still hold something."""
        return (
            self.env["customer.credit.reservation"]
            .sudo()
            .search([("origin_model", "=", self._name), ("origin_id", "in", self.ids), ("state", "=", "held")])
        )
