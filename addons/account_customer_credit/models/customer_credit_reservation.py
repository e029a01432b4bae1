import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

_logger = logging.getLogger(__name__)


class CustomerCreditReservation(models.Model):
    """Credit of a customer that is kept for something: an order, an online payment, a withdrawal.

    It is an entry in the customer credit journal. Its debit items are reconciled with the customer's open credits at
    once; its credit items, of the same account and partner, are marked with the reservation (``line_ids``). So the
    customer's balance stays what it was, what is available is lower by just the amount, and nobody else can spend it.
    A reservation without an entry marks an open credit as it is, such as the card payment of an order.

    All amounts are positive, in ``currency_id``, and follow from the ledger.
    """

    _name = "customer.credit.reservation"
    _description = "Customer Credit Reservation"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", compute="_compute_name", store=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today)
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
        draft or cancelled since. Zero or more."""
        self.ensure_one()
        debits = self._get_debit_lines()
        backed = debits.matched_credit_ids.filtered(lambda partial: partial.credit_move_id.parent_state == "posted")
        return self.currency_id.round(
            sum(debits.mapped("amount_currency")) - sum(backed.mapped("debit_amount_currency"))
        )

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
    # Reserving
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _make(self, partner, company, currency, origin, *, move=None, lines=None, expires=False):
        """Write the record, as superuser. The credit items are marked, and the ledger does the rest.

        :param lines: the open credit items to mark; those of the entry if there is one
        :param bool expires: whether it may be released by itself
        """
        days = company.sudo().customer_credit_reservation_days if expires else 0
        today = fields.Date.context_today(self)
        reservation = self.sudo().create(
            {
                "partner_id": partner.commercial_partner_id.id,
                "company_id": company.id,
                "currency_id": currency.id,
                "date_expiry": today + timedelta(days=days) if days else False,
                "user_id": self.env.uid,
                "origin_model": origin._name,
                "origin_id": origin.id,
                "origin_label": origin.sudo().display_name,
                "move_id": move and move.id,
                "earmark_amount": 0.0 if move else -sum(lines.sudo().mapped("amount_residual_currency")),
            }
        )
        lines.sudo().credit_reservation_id = reservation
        return reservation

    @api.model
    def _prepare_entry_vals(self, partner, company, currency, parts, label):
        """Values of the entry: for each part a debit item and, right after it, the credit item that is reserved.

        :param list parts: ``(account, amount, balance)``, positive, the balance in the company's currency; None for
            the balance at today's rate
        """
        commands = []
        for account, amount, balance in parts:
            for sign in (1, -1):
                vals = {
                    "account_id": account.id,
                    "partner_id": partner.commercial_partner_id.id,
                    "currency_id": currency.id,
                    "amount_currency": sign * amount,
                    "name": label,
                }
                commands.append(Command.create(vals if balance is None else {**vals, "balance": sign * balance}))
        return {
            "move_type": "entry",
            "company_id": company.id,
            "journal_id": company._get_customer_credit_journal().id,
            "date": fields.Date.context_today(self),
            "currency_id": currency.id,
            "ref": label,
            "line_ids": commands,
        }

    # ------------------------------------------------------------------------------------------------------------------
    # Settling
    # ------------------------------------------------------------------------------------------------------------------

    def _credit_settle(self, moves, amount=None):
        """Pay documents with what is reserved: the oldest due date first, until either is used up.

        Locks the customer's credit. The credit of a reservation is settled in the order in which it was reserved.

        :param moves: posted invoices, or other entries with an open debit, of the same commercial partner
        :param amount: at most so much, positive, in the currency of the reservation; None for all that is held
        :return: what was settled, in the currency of the reservation
        :raise UserError: a document is another customer's, is not posted, or the amount is not held
        """
        self.ensure_one()
        self = self.sudo().with_company(self.company_id)
        self.partner_id._credit_lock(self.company_id)
        self.invalidate_recordset()
        debts = moves.sudo()._get_open_lines().filtered(lambda line: line.amount_residual_currency > 0)
        self._check_debts(moves, debts)
        left = held = self._check_amount(amount)
        with self.env.cr.savepoint():
            # what needs no entry to change the account first
            for same_account in (True, False):
                for debt in debts.sorted(lambda debt: (debt.date_maturity or debt.date, debt.id)):
                    for line in self.line_ids.sorted("id"):
                        if (line.account_id == debt.account_id) == same_account:
                            left = self.currency_id.round(left - self._settle_item(debt, line, left, amount))
        return self.currency_id.round(held - left)

    def _settle_item(self, debt, line, left, amount):
        """Settle one debt with one reserved item, as far as both are open.

        :param left: at most so much, in the currency of the reservation
        :param amount: None where everything may be used: across currencies nothing is then left of a rounding
        :return: what was settled, in the currency of the reservation
        """
        held = self.currency_id.round(min(-line.amount_residual_currency, left))
        if held <= 0 or debt.reconciled:
            return 0.0
        if debt.currency_id == line.currency_id:
            held = min(held, debt.amount_residual_currency)
        before = self.amount_held
        triples = [(debt, line, held if amount is not None or debt.currency_id == line.currency_id else None)]
        if debt.account_id != line.account_id:
            triples = self._change_account(debt, line, held)
        executor = self.env["account.credit.allocation.executor"]
        for triple in triples:
            executor._match_credit([triple], "reserved")
        return self.currency_id.round(before - self.amount_held)

    def _change_account(self, debt, line, amount):
        """Book reserved credit from its own receivable account to that of the debt, at the rate it is booked at.

        :return: what is to be matched then: triples, see ``account.credit.allocation.executor._match_credit``
        """
        balance = line.company_currency_id.round(line.balance * amount / line.amount_currency)
        vals = self._prepare_entry_vals(
            self.partner_id, self.company_id, self.currency_id, [(line.account_id, amount, balance)], line.name
        )
        vals["line_ids"][1][2]["account_id"] = debt.account_id.id
        move = self.env["account.move"].with_context(skip_credit_allocation=True).create(vals)
        move._post(soft=False)
        debit = move.line_ids.filtered(lambda item: item.amount_currency > 0)
        credit = move.line_ids - debit
        credit.credit_reservation_id = self
        return [(debit, line, amount), (debt, credit, amount)]

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

    def _check_debts(self, moves, debts):
        """:raise UserError: one of the documents cannot be paid with this reservation"""
        for move in moves:
            if move.state != "posted":
                raise UserError(self.env._("%s is not posted, so it cannot be paid.", move.display_name))
        customer = self.partner_id.commercial_partner_id  # a contact may have got another company since
        if strangers := debts.filtered(lambda line: line.partner_id.commercial_partner_id != customer):
            raise UserError(
                self.env._(
                    "%(document)s is not a document of %(customer)s.",
                    document=strangers[0].move_id.name,
                    customer=self.partner_id.display_name,
                )
            )

    # ------------------------------------------------------------------------------------------------------------------
    # Buttons and schedule; how a reservation is released is in customer_credit_reservation_release.py
    # ------------------------------------------------------------------------------------------------------------------

    def action_release(self):
        """Give what is still reserved back to the customer.

        :raise AccessError: the user has not the right to release reservations
        :raise UserError: it belongs to something that has to be cancelled instead
        """
        self._check_may_release()
        for reservation in self:
            reservation._credit_release()

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
        return Domain([("state", "=", "held"), ("date_expiry", "<", fields.Date.context_today(self))])

    def _is_stale(self):
        """Whether it may be released by itself now: a hook for what knows more of the origin than its date."""
        self.ensure_one()
        return bool(self.date_expiry and self.date_expiry < fields.Date.context_today(self))
