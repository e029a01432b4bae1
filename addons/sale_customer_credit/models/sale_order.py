import logging
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

CREDIT_GROUPS = "sales_team.group_sale_salesman,account.group_account_readonly,account.group_account_invoice"


class SaleOrder(models.Model):
    """A customer's credit on the order: how much there is, how much is kept for the order, and a button to use some.

    What is kept for an order pays its invoices, and goes back to the customer when the order needs it no longer.
    """

    _inherit = "sale.order"

    customer_credit_available = fields.Monetary(
        string="Available Credit",
        compute="_compute_customer_credit_available",
        groups=CREDIT_GROUPS,
        help="What the customer has with the company of this order, in its currency, that is reserved for nothing. "
        "Negative when the customer has overdrawn it.",
    )
    customer_credit_reserved = fields.Monetary(
        string="Reserved Credit",
        compute="_compute_customer_credit_reserved",
        groups=CREDIT_GROUPS,
        help="Credit of the customer that is kept for the invoices of this order.",
    )
    customer_credit_usable = fields.Boolean(
        string="Credit Can Be Used", compute="_compute_customer_credit_usable", groups=CREDIT_GROUPS
    )

    @api.depends("partner_id", "partner_invoice_id", "company_id", "currency_id")
    def _compute_customer_credit_available(self):
        partners = {order: order._get_credit_partner() for order in self}
        available = (
            self.env["res.partner"].union(*partners.values()).sudo()._get_available_credit(self.sudo().company_id)
        )
        for order, partner in partners.items():
            order.customer_credit_available = available.get(
                (partner.id, order.company_id.id, order.currency_id.id), 0.0
            )

    @api.depends("partner_id", "currency_id")
    def _compute_customer_credit_reserved(self):
        reserved = defaultdict(float)
        for reservation in self._origin._get_used_credit():
            reserved[reservation.origin_id, reservation.currency_id] += reservation.amount_held
        for order in self:
            order.customer_credit_reserved = reserved[order._origin.id, order.currency_id]

    @api.depends("state", "amount_total", "customer_credit_available")
    def _compute_customer_credit_usable(self):
        for order in self:
            order.customer_credit_usable = (
                order._origin
                and order.state != "cancel"
                and order._get_amount_to_pay_by_credit() > 0
                and order._get_spendable_credit() > 0
            )

    @api.depends("transaction_ids.state", "transaction_ids.amount")
    def _compute_amount_paid(self):
        """Credit that was used for an order counts as paid, as a transaction does.

        Odoo counts what is done, and declares only which transactions there are: whoever has read the order before its
        payment is done, as a payment with credit does, would find the old amount and leave the order unconfirmed.
        """
        computed = super()._compute_amount_paid()
        paid = self._get_amounts_paid_by_credit()
        for order in self:
            order.amount_paid += paid[order._origin.id]
        return computed

    # ------------------------------------------------------------------------------------------------------------------
    # What is kept for the order
    # ------------------------------------------------------------------------------------------------------------------

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

    def _get_used_credit(self):
        """What somebody reserved for these orders by the button, released or not: ``customer.credit.reservation``
        records, as superuser."""
        return self._get_credit_reservations(held=False).filtered(
            lambda reservation: reservation.move_id and reservation.origin_model == self._name
        )

    def _get_amounts_paid_by_credit(self):
        """What credit pays of these orders beyond their transactions: what was reserved by the button and not released,
        less what was released of credit that a transaction had reserved, as Odoo counts that as paid for ever.

        :return: ``{order id: amount}``, in the currency of each order
        """
        amounts = defaultdict(float)
        for reservation in self._origin._get_credit_reservations(held=False).filtered("move_id"):
            by_transaction = reservation.origin_model == "payment.transaction"
            amount = (0.0 if by_transaction else reservation.amount) - reservation.amount_released
            for order in reservation._get_sale_orders() & self._origin:
                amounts[order.id] += reservation.currency_id._convert(
                    amount, order.currency_id, order.company_id, reservation.date
                )
        return amounts

    # ------------------------------------------------------------------------------------------------------------------
    # What may be used for it
    # ------------------------------------------------------------------------------------------------------------------

    def _get_credit_partner(self):
        """Whose credit may be used: the commercial entity of the customer, if that is invoiced, else nobody's."""
        self.ensure_one()
        partner = self.sudo().partner_id.commercial_partner_id
        return partner if self.sudo().partner_invoice_id.commercial_partner_id == partner else partner.browse()

    def _get_spendable_credit(self):
        """What may be spent for this order, an overdraft that is allowed included; zero or more, in its currency."""
        self.ensure_one()
        partner = self._get_credit_partner()
        return partner and partner.sudo()._get_spendable_credit(self.company_id, self.currency_id) or 0.0

    def _get_amount_to_pay_by_credit(self):
        """What nobody has paid of this order yet: not invoiced, or open on its invoices, less what is kept for it and
        what is authorized. Zero or more, in its currency."""
        self.ensure_one()
        order = self.sudo()
        to_pay = order.amount_total - order.amount_invoiced
        for invoice in order._get_open_invoices():
            to_pay += min(invoice.amount_residual, max(invoice._get_sale_order_invoiced_amount(order), 0.0))
        to_pay -= sum(order._get_credit_reservations().mapped("amount_held"))
        to_pay -= sum(order.authorized_transaction_ids.mapped("amount"))
        return max(order.currency_id.round(to_pay), 0.0)

    # ------------------------------------------------------------------------------------------------------------------
    # Using credit, and giving it back
    # ------------------------------------------------------------------------------------------------------------------

    def action_use_credit(self):
        """Ask how much of the customer's credit is to be used for this order.

        :return: an action that opens the dialog
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Use Credit"),
            "res_model": "sale.order.use.credit",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_order_id": self.id},
        }

    def action_release_credit(self):
        """Give back what is reserved for these orders of the customers' credit. Online payments stay with the order.

        :raise AccessError: the user may not change one of the orders
        """
        self._check_may_use_credit()
        for order in self:
            for reservation in order._get_used_credit().filtered(lambda reservation: reservation.state == "held"):
                released = reservation._credit_release()
                order.message_post(
                    body=self.env._(
                        "Credit of %s is no longer reserved for this order.",
                        reservation.currency_id.format(released),
                    )
                )
        self.invalidate_recordset(["amount_paid"])

    def _check_may_use_credit(self):
        """Whoever may change an order may use the customer's credit for it.

        :raise AccessError: the user is neither in sales nor in invoicing, or may not change one of the orders
        """
        self.check_access("write")
        self.env["sale.order.use.credit"].check_access("create")

    def _use_credit(self, amount):
        """Reserve credit of the customer for this order. It pays what is invoiced already, else the next invoices.

        A quotation that waits for a payment, and for nothing else, is confirmed when that covers it, as it is by a
        transaction.

        :param float amount: positive, in the currency of the order
        :return: ``customer.credit.reservation`` record, as superuser
        :raise UserError: the order does not need so much, or the customer does not have it
        """
        self.ensure_one()
        partner = self._get_credit_partner()
        if not partner:
            raise UserError(
                self.env._("%s is invoiced to somebody else than its customer, so no credit can be used.", self.name)
            )
        partner._credit_lock(self.company_id)
        self._check_amount_to_use(amount)
        reservation = partner._credit_reserve(amount, self.currency_id, self, company=self.company_id)
        self.message_post(
            body=self.env._("Credit of %s is reserved for this order.", self.currency_id.format(reservation.amount))
        )
        self._settle_reserved_credit()
        if (
            self.state in ("draft", "sent")
            and self.require_payment
            and not self._has_to_be_signed()
            and self._is_confirmation_amount_reached()
        ):
            self.with_context(send_email=True).action_confirm()
        return reservation

    def _check_amount_to_use(self, amount):
        """:raise UserError: the order is cancelled, or needs less"""
        if self.state == "cancel":
            raise UserError(self.env._("%s is cancelled, so no credit can be used for it.", self.name))
        to_pay = self._get_amount_to_pay_by_credit()
        if self.currency_id.compare_amounts(amount, to_pay) > 0:
            raise UserError(
                self.env._(
                    "Only %(amount)s of %(order)s is still to be paid.",
                    amount=self.currency_id.format(to_pay),
                    order=self.name,
                )
            )

    # ------------------------------------------------------------------------------------------------------------------
    # What is kept pays the invoices of the order, and goes back when none will need it
    # ------------------------------------------------------------------------------------------------------------------

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
                self._release_or_say_why(reservation)
        self.invalidate_recordset(["amount_paid"])

    def _release_or_say_why(self, reservation):
        """Release what is kept for these orders. What goes wrong with that stops neither an invoice nor the order."""
        try:
            with self.env.cr.savepoint():
                reservation._credit_release()
        except UserError as error:
            _logger.warning("%s is not released: %s", reservation.name, error)
            for order in self & reservation._get_sale_orders():
                order.message_post(
                    body=self.env._(
                        "What is reserved by %(reservation)s could not be released: %(reason)s",
                        reservation=reservation.name,
                        reason=error,
                    )
                )

    # ------------------------------------------------------------------------------------------------------------------
    # What becomes of the order
    # ------------------------------------------------------------------------------------------------------------------

    def _action_cancel(self):
        cancelled = super()._action_cancel()
        self._release_unneeded_credit()
        return cancelled

    def action_draft(self):
        """An order that is taken up again has its online payments back, as far as they are still there.

        :raise AccessError: the user may not change one of the orders; Odoo asks only for those that it resets
        """
        if self:
            self.check_access("write")
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
