import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class CustomerCreditReservation(models.Model):
    """Credit of a customer that is kept for something: an order, an online payment, a withdrawal.

    It is an entry in the customer credit journal. Its debit items are reconciled with the customer's open credits at
    once; its credit items, of the same account and partner, are marked with the reservation (``line_ids``). So the
    customer's balance stays what it was, what is available is lower by just the amount, and nobody else can spend it.
    A reservation without an entry marks an open credit as it is, such as the card payment of an order.

    All amounts are positive, in ``currency_id``, and follow from the ledger. ``res.partner._credit_reserve``
    and ``_credit_earmark`` make it; how is in ``customer.credit.reserver``.
    """

    _name = "customer.credit.reservation"
    _description = "Customer Credit Reservation"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", compute="_compute_name", store=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, default=lambda self: self.env.company._credit_allocation_today())
    date_expiry = fields.Date(
        string="Until", readonly=True, help="After this day what is still reserved is released. Empty for never."
    )
    user_id = fields.Many2one("res.users", string="Reserved by", readonly=True, ondelete="set null")
    origin_model = fields.Selection("_selection_origin_model", string="Kind of Origin", readonly=True)
    origin_id = fields.Many2oneReference(model_field="origin_model", readonly=True, index=True)
    origin_label = fields.Char(string="Reserved for", readonly=True, help="What the origin was called at that time.")
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    line_ids = fields.One2many("account.move.line", "credit_reservation_id", string="Reserved Items", readonly=True)

    # an earmark has no entry to read these from: its payment may be spent on something else before and afterwards
    earmark_amount = fields.Monetary(readonly=True, help="What was open of the payment when it was marked.")
    earmark_released = fields.Monetary(readonly=True, help="What was open when the mark was taken off.")
    amount = fields.Monetary(string="Reserved", compute="_compute_amounts", store=True)
    amount_held = fields.Monetary(string="Still Reserved", compute="_compute_amounts", store=True)
    amount_settled = fields.Monetary(string="Spent", compute="_compute_amounts", store=True)
    amount_released = fields.Monetary(string="Released", compute="_compute_amounts", store=True)
    state = fields.Selection(
        [("held", "Held"), ("settled", "Spent"), ("released", "Released")],
        string="Status",
        compute="_compute_amounts",
        store=True,
        index=True,
    )
    age = fields.Integer(string="Days", compute="_compute_age", help="How many days ago it was reserved.")
    is_stale = fields.Boolean(
        string="Stale",
        compute="_compute_is_stale",
        search="_search_is_stale",
        help="Held beyond the day until which it was reserved, or for what needs it no longer.",
    )

    _move_unique = models.UniqueIndex("(move_id) WHERE move_id IS NOT NULL", "An entry makes one reservation.")

    @api.depends("move_id.name", "line_ids.move_id.name", "origin_label")
    def _compute_name(self):
        for reservation in self:
            moves = reservation.move_id or reservation.line_ids.move_id
            reservation.name = ", ".join(moves.mapped("name")) or reservation.origin_label

    @api.depends("line_ids.amount_residual_currency", "line_ids.amount_currency", "earmark_amount", "earmark_released")
    def _compute_amounts(self):
        for reservation in self:
            held = -sum(reservation.line_ids.mapped("amount_residual_currency"))
            if reservation.move_id:
                total = -sum(reservation._get_own_lines().mapped("amount_currency"))
                released = sum(reservation._get_netting_partials().mapped("credit_amount_currency"))
            else:
                total, released = reservation.earmark_amount, 0.0
            released += reservation.earmark_released
            reservation.amount = total
            reservation.amount_held = held
            reservation.amount_released = released
            reservation.amount_settled = total - held - released
            if not reservation.currency_id.is_zero(held):
                reservation.state = "held"
            else:
                spent = not reservation.currency_id.is_zero(reservation.amount_settled)
                reservation.state = "settled" if spent else "released"

    @api.depends("date")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for reservation in self:
            reservation.age = (today - reservation.date).days

    @api.depends("state", "date_expiry")
    def _compute_is_stale(self):
        candidates = self.filtered_domain(self._get_stale_domain())
        for reservation in self:
            reservation.is_stale = reservation in candidates and reservation.sudo()._is_stale()

    @api.model
    def _search_is_stale(self, operator, value):
        if operator != "in":
            return NotImplemented
        stale = self.sudo().search(self._get_stale_domain()).filtered(lambda reservation: reservation._is_stale())
        return Domain("id", "in" if True in value else "not in", stale.ids)

    # ------------------------------------------------------------------------------------------------------------------
    # Its items in the ledger
    # ------------------------------------------------------------------------------------------------------------------

    def _get_own_lines(self):
        """The credit items that were reserved at first; to settle a debt on another account moves them to more."""
        return self.line_ids.filtered(lambda line: not self.move_id or line.move_id == self.move_id).sorted("id")

    def _get_debit_lines(self):
        """The items of the entry that took the credits, each followed in the entry by the one it is reserved on."""
        return (self.move_id.line_ids - self.line_ids).filtered(lambda line: line.amount_currency > 0).sorted("id")

    def _get_netting_partials(self):
        """What was released: the entry's own items, reconciled with each other."""
        return self._get_debit_lines().matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id in self.line_ids
        )

    def _get_unbacked_amount(self):
        """What the entry took from no posted credit, in the currency: an overdraft, or a credit that was reset to
        draft, cancelled or rejected since. Zero or more."""
        self.ensure_one()
        debits = self._get_debit_lines()
        taken = debits.matched_credit_ids
        void = self.env["account.open.item.reader"]._find_void(taken.credit_move_id)
        backed = taken.filtered(lambda partial: (partial.credit_move_id - void).parent_state == "posted")
        return self.currency_id.round(
            sum(debits.mapped("amount_currency")) - sum(backed.mapped("debit_amount_currency"))
        )

    def _get_spent_by_move(self, moves):
        """``{account.move: what it got of this reservation}``, positive, in the currency of the reservation."""
        partials = self.sudo().line_ids.matched_debit_ids
        return {
            move: sum(
                partials.filtered(lambda partial, move=move: partial.debit_move_id.move_id == move).mapped(
                    "credit_amount_currency"
                )
            )
            for move in moves
        }

    # ------------------------------------------------------------------------------------------------------------------
    # What it is for
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _selection_origin_model(self):
        """Any model may be an origin: shown by its name, in the user's language."""
        models = self.env["ir.model"].sudo().search_fetch([("abstract", "=", False)], ["model", "name"])
        return [(model.model, model.name) for model in models]

    def _get_origin(self):
        """The record that the credit is reserved for, an empty recordset or None if it is gone."""
        self.ensure_one()
        return self.env[self.origin_model].browse(self.origin_id).exists() if self.origin_model in self.env else None

    def _may_settle(self, move):
        """Whether an invoice may be paid with it in the list of outstanding credits: a hook for addons that know which
        invoices belong to the origin."""
        self.ensure_one()
        return (self.origin_model, self.origin_id) == (move._name, move._origin.id)

    def _get_amount_for(self, move):
        """How much of an invoice this may pay: a hook for addons whose invoices have parts of other origins.

        :return: positive, in the currency of the reservation; None for all of the invoice
        """
        self.ensure_one()
        return None

    # ------------------------------------------------------------------------------------------------------------------
    # Settling and releasing: the doors. How is in customer.credit.settler and customer.credit.releaser.
    # ------------------------------------------------------------------------------------------------------------------

    def _credit_settle(self, moves, amount=None):
        """Pay documents with what is reserved: the oldest due date first, until either is used up.

        Locks the customer's credit. The credit of a reservation is settled in the order in which it was reserved. The
        customer is told of each invoice that was paid, but not of a payment that was meant for it from the start.

        :param moves: posted invoices, or other entries with an open debit, of the same commercial partner
        :param amount: at most so much, positive, in the currency of the reservation; None for all that is held
        :return: what was settled, in the currency of the reservation
        :raise UserError: a document is another customer's, is not posted, or the amount is not held
        """
        before = self._get_spent_by_move(moves)
        reservation = self._lock_credit()
        settled = reservation.env["customer.credit.settler"]._settle(reservation, moves, amount)
        if reservation.move_id:
            self._notify_of_payments(moves, before)
        return settled

    def _credit_release(self, amount=None):
        """Give back what is reserved: the credits that were taken last come back first.

        Locks the customer's credit.

        :param amount: positive, in the currency of the reservation; None for all that is held
        :return: what was released, in the currency of the reservation
        :raise UserError: so much is not held, or is not held apart from more
        """
        reservation = self._lock_credit()
        if amount is None and not reservation.amount_held:
            return 0.0
        amount = reservation._check_amount(amount)
        reservation.env["customer.credit.releaser"]._release(reservation, amount)
        return amount

    def _lock_credit(self):
        """:return: this one record as superuser and with its company, read anew after the customer's credit was locked
        :raise psycopg2.errors.SerializationFailure: somebody has just spent some; Odoo starts the request again
        """
        self.ensure_one()
        reservation = self.sudo().with_company(self.company_id)
        reservation.partner_id._credit_lock(reservation.company_id)
        reservation.invalidate_recordset()
        return reservation

    def _check_amount(self, amount):
        """:return: the amount, or all that is held
        :raise UserError: so much is not held
        """
        if amount is None:
            return self.amount_held
        amount = self.currency_id.round(amount)
        if amount <= 0 or self.currency_id.compare_amounts(amount, self.amount_held) > 0:
            raise UserError(
                self.env._(
                    "%(held)s is reserved by %(reservation)s. The amount must be positive and no more than that.",
                    held=self.currency_id.format(self.amount_held),
                    reservation=self.name,
                )
            )
        return amount

    def _notify_of_payments(self, moves, before):
        """Queue an e-mail for each invoice that has got more of this reservation than before.

        :param dict before: see :meth:`_get_spent_by_move`
        """
        after = self._get_spent_by_move(moves)
        for invoice in moves.filtered(lambda move: move.is_sale_document(include_receipts=True)):
            spent = self.currency_id.round(after[invoice] - before[invoice])
            if spent > 0:
                self.env["customer.credit.mail"]._queue("payment", self, document=invoice, amount=spent)

    # ------------------------------------------------------------------------------------------------------------------
    # Buttons and schedule
    # ------------------------------------------------------------------------------------------------------------------

    def action_release(self):
        """Give what is still reserved back to the customer.

        :raise AccessError: the user has not the right to release reservations
        :raise UserError: it belongs to something that has to be cancelled instead
        """
        self._check_may_release()
        for reservation in self:
            reservation._credit_release()

    def _check_may_release(self):
        """Whether the current user may release these by a button: a hook for what has a button of its own.

        :raise AccessError: no right to release reservations
        :raise UserError: the credit waits for a withdrawal, which is refused or cancelled instead
        """
        self.check_access("read")
        if not self.env.user.has_group("account_customer_credit.customer_credit_group_release"):
            raise AccessError(self.env._("You may not release reserved credit. Ask an accountant to do it."))
        withdrawal = (
            self.env["customer.credit.withdrawal"]
            .sudo()
            .search([("reservation_id", "in", self.ids), ("state", "in", ("requested", "approved", "done"))], limit=1)
        )
        if withdrawal:
            raise UserError(self.env._("This credit waits for %s. Refuse or cancel that.", withdrawal.name))

    def action_open_origin(self):
        """Open what the credit is reserved for."""
        self.ensure_one()
        self.check_access("read")
        origin = self._get_origin()
        if not origin:
            raise UserError(self.env._("%s does not exist any more.", self.origin_label))
        return {
            "type": "ir.actions.act_window",
            "res_model": origin._name,
            "res_id": origin.id,
            "views": [(False, "form")],
        }

    @api.model
    def _cron_release_stale(self):
        """Release what was reserved until yesterday or earlier, each in a transaction of its own."""
        stale = self.search(self._get_stale_domain(), order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(stale))
        for reservation in stale:
            try:
                with self.env.cr.savepoint():
                    if reservation._is_stale():
                        reservation._credit_release()
            except UserError:
                _logger.warning("The stale reservation %s could not be released", reservation.name, exc_info=True)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _get_stale_domain(self):
        days = self.env["res.company"]._get_all_by(lambda company: company._get_local_today())
        expired = Domain.OR(
            Domain("company_id", "in", companies.ids) & Domain("date_expiry", "<", today)
            for today, companies in days.items()
        )
        return Domain("state", "=", "held") & expired

    def _is_stale(self):
        """Whether it may be released by itself now: a hook for what knows more of the origin than its date."""
        self.ensure_one()
        return bool(self.date_expiry and self.date_expiry < self.company_id._get_local_today())
