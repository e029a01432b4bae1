from odoo import api, models
from odoo.fields import Domain


class CustomerCreditReservation(models.Model):
    _inherit = "customer.credit.reservation"

    def _get_credit_transaction(self):
        """The payment with credit that this is reserved for, as superuser; none where it is for something else."""
        self.ensure_one()
        origin = self.sudo()._get_origin()
        is_payment = origin and origin._name == "payment.transaction" and origin.provider_code == "customer_credit"
        return origin if is_payment else self.env["payment.transaction"].sudo()

    def _may_settle(self, move):
        """What is reserved by a payment with credit may be assigned to the invoices of that payment."""
        origin = self._get_origin()
        if origin and origin._name == "payment.transaction":
            return move in origin.sudo().invoice_ids
        return super()._may_settle(move)

    @api.model
    def _get_stale_domain(self):
        """Also what was paid for invoices that need it no longer: see :meth:`_is_stale`."""
        return super()._get_stale_domain() | Domain(
            [("state", "=", "held"), ("origin_model", "=", "payment.transaction")]
        )

    def _is_stale(self):
        """The credit that paid invoices goes back when all of them are cancelled, deleted, or settled with something
        else."""
        transaction = self._get_credit_transaction()
        if transaction.state == "done":
            orders = transaction.sale_order_ids if "sale_order_ids" in transaction._fields else ()
            if not orders and all(map(transaction._is_closed_invoice, transaction.invoice_ids)):
                return True
        return super()._is_stale()
