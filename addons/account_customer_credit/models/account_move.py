from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    customer_credit_kind = fields.Selection(
        [("deposit", "Added Credit"), ("adjustment", "Correction"), ("transfer", "Transfer")],
        string="Customer Credit Movement",
        copy=False,
        readonly=True,
        help="What this entry was to the customer's credit, as the movements of customer credit say it. "
        "Empty: as the kind of document says.",
    )
    customer_credit_summary = fields.Char(
        string="Available Credit",
        compute="_compute_customer_credit_summary",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="What the customer has and may spend, in each currency. Empty where there is nothing.",
    )

    # ------------------------------------------------------------------------------------------------------------------
    # What the customer has, shown on an invoice that is to be paid
    # ------------------------------------------------------------------------------------------------------------------

    @api.depends("commercial_partner_id", "company_id", "move_type", "state", "payment_state")
    def _compute_customer_credit_summary(self):
        """Of customer invoices that are not paid yet: others have no use for it."""
        self.customer_credit_summary = False
        payable = self.filtered(
            lambda move: move.move_type in ("out_invoice", "out_receipt")
            and move.state != "cancel"
            and move.payment_state in ("not_paid", "partial")
            and move.commercial_partner_id
        )
        for company, moves in payable.grouped("company_id").items():
            amounts = moves.commercial_partner_id._get_credit_by_currency(company)
            for move in moves:
                credit = amounts.get(move.commercial_partner_id._origin.id, {})
                if any(not currency.is_zero(amount) for currency, amount in credit.items()):
                    partner = move.partner_id.with_company(company)
                    move.customer_credit_summary = partner._format_credit(credit)

    # ------------------------------------------------------------------------------------------------------------------
    # Reserved credit is offered to its own invoice only
    # ------------------------------------------------------------------------------------------------------------------

    def _compute_payments_widget_to_reconcile_info(self):
        computed = super()._compute_payments_widget_to_reconcile_info()
        for move in self:
            widget = move.invoice_outstanding_credits_debits_widget
            if not widget:
                continue
            lines = self.env["account.move.line"].browse([offer["id"] for offer in widget["content"]])
            reserved = lines.filtered(lambda line, move=move: not line._may_settle(move))
            if reserved:
                content = [offer for offer in widget["content"] if offer["id"] not in reserved.ids]
                move.invoice_outstanding_credits_debits_widget = content and {**widget, "content": content}
        return computed

    def js_assign_outstanding_line(self, line_id):
        self.check_access("write")
        line = self.env["account.move.line"].browse(line_id)
        line.check_access("write")
        if not line._may_settle(self):
            raise UserError(
                self.env._(
                    "%(credit)s is reserved for %(origin)s.",
                    credit=line.move_id.name,
                    origin=line.sudo().credit_reservation_id.origin_label,
                )
            )
        return super().js_assign_outstanding_line(line_id)

    # ------------------------------------------------------------------------------------------------------------------
    # The entry of a reservation
    # ------------------------------------------------------------------------------------------------------------------

    def button_draft(self):
        if self:  # who may change no entries may still press a button that finds none
            self.check_access("write")
        self._check_reserves_nothing()
        return super().button_draft()

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self._check_reserves_nothing()
        return super()._reverse_moves(default_values_list=default_values_list, cancel=cancel)

    def _check_reserves_nothing(self):
        """What reserves credit is released by its reservation. An entry that is not posted reserves nothing any more,
        and can be posted again.

        :raise UserError: one of the entries is that of a reservation, or has moved its credit to another account
        """
        posted = self.sudo().filtered(lambda move: move.state == "posted")
        Reservation = self.env["customer.credit.reservation"].sudo()
        reservation = Reservation.search([("move_id", "in", posted.ids)], limit=1)
        # an earmark has no entry: it is on a payment, which may be taken back
        moved = posted.line_ids.filtered(lambda line: line.credit_reservation_id.move_id)
        if reservation := reservation or moved.credit_reservation_id[:1]:
            self.check_access("read")
            raise UserError(
                self.env._(
                    "%(entry)s reserves credit for %(origin)s. Release the reservation instead.",
                    entry=reservation.name,
                    origin=reservation.origin_label,
                )
            )

    # ------------------------------------------------------------------------------------------------------------------
    # The entry of a payment that paid a withdrawal
    # ------------------------------------------------------------------------------------------------------------------

    def _has_field_access(self, field, operation):
        """What an entry was to a customer's credit is said by the window that makes it, as superuser: the customer
        reads it, and to correct is another right than to take in money."""
        if field.name == "customer_credit_kind" and operation == "write" and not self.env.su:
            return False
        return super()._has_field_access(field, operation)

    def write(self, vals):
        """However the entry of a payment is taken back, the withdrawal that it paid is not paid any more; and however
        the entry of a reservation would be, it stays.

        :raise UserError: see :meth:`_check_reserves_nothing`
        """
        is_taken_back = vals.get("state") in ("draft", "cancel")
        if is_taken_back:
            self._check_reserves_nothing()
        written = super().write(vals)
        if is_taken_back and (payments := self.origin_payment_id):
            self.env["customer.credit.withdrawal.payer"]._reopen_of(payments)
        return written
