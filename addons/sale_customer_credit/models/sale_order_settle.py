from odoo import api, models
from odoo.fields import Domain


class SaleOrder(models.Model):
    """What is kept for an order pays its invoices, and goes back to the customer when the order needs it no longer."""

    _inherit = "sale.order"  # pylint: disable=consider-merging-classes-inherited

    def _get_credit_reservations(self, held=True):
        """What is, or was, kept for these orders: reserved for one of them, or by an online transaction that pays one.

        :param bool held: only where something is still held
        :return: ``customer.credit.reservation`` records, as superuser, oldest first
        """
        transactions = self.sudo().transaction_ids
        transactions |= transactions.child_transaction_ids
        domain = Domain([("origin_model", "=", self._name), ("origin_id", "in", self.ids)]) | Domain(
            [
                ("origin_model", "=", "payment.transaction"),
                ("origin_id", "in", transactions.filtered(lambda transaction: transaction.state == "done").ids),
            ]
        )
        if held:
            domain &= Domain("state", "=", "held")
        return self.env["customer.credit.reservation"].sudo().search(domain, order="id")

    def _awaits_invoice(self):
        """Whether anything of this order will still be invoiced, or only is in a draft."""
        self.ensure_one()
        if self.state != "sale":
            return self.state != "cancel"
        return self.invoice_status not in ("invoiced", "upselling") or any(
            invoice.state == "draft" for invoice in self.invoice_ids
        )

    def _has_to_be_settled(self):
        """Whether a payment of this order has anything to pay, now or later."""
        self.ensure_one()
        return self._awaits_invoice() or (self.state == "sale" and bool(self._get_open_invoices()))

    def _get_open_invoices(self):
        """The posted invoices of this order with something to pay, the oldest first, as superuser."""
        return (
            self.sudo()
            .invoice_ids.filtered(
                lambda invoice: invoice.move_type == "out_invoice"
                and invoice.state == "posted"
                and not invoice.currency_id.is_zero(invoice.amount_residual)
            )
            .sorted(lambda invoice: (invoice.invoice_date_due or invoice.date, invoice.id))
        )

    def _settle_reserved_credit(self):
        """Pay the posted invoices of these orders from what is kept for them, and release what none will need."""
        for order in self.sudo():
            if reservations := order._get_credit_reservations():
                for invoice in order._get_open_invoices():
                    invoice._pay_from_reserved_credit(reservations)
        self._release_unneeded_credit()

    def _release_unneeded_credit(self):
        """Make free what is kept for these orders, where all orders that it is for are invoiced or cancelled."""
        for reservation in self._get_credit_reservations():
            if not reservation._is_needed_by_orders():
                reservation._credit_release()
        self.invalidate_recordset(["amount_paid"])

    # ------------------------------------------------------------------------------------------------------------------
    # What becomes of the order
    # ------------------------------------------------------------------------------------------------------------------

    def _action_cancel(self):
        cancelled = super()._action_cancel()
        self._release_unneeded_credit()
        return cancelled

    def action_draft(self):
        """An order that is taken up again has its online payments back, as far as they are still there."""
        drafted = super().action_draft()
        for transaction in self.sudo().transaction_ids:
            for paid in transaction | transaction.child_transaction_ids:
                paid._earmark_payment()
        self._settle_reserved_credit()
        return drafted

    @api.ondelete(at_uninstall=False)
    def _unlink_releases_credit(self):
        for reservation in self._get_credit_reservations():
            if not reservation._is_needed_by_orders(other_than=self):
                reservation._credit_release()

    def write(self, vals):
        """Credit that was used for an order goes back to its owner when somebody else is to be invoiced."""
        written = super().write(vals)
        if "partner_id" in vals or "partner_invoice_id" in vals:
            for order in self:
                for reservation in order._get_credit_reservations():
                    if (
                        not reservation._is_online_payment()
                        and reservation.partner_id.commercial_partner_id != order._get_credit_partner()
                    ):
                        reservation._credit_release()
        return written
