from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...exceptions import CustomerError, InsufficientCreditError
from .customer_credit_approval_mixin import APPROVE_GROUP

# what was asked for, is approved and is paid must be one and the same
FIXED_FIELDS = {"partner_id", "company_id", "currency_id", "amount", "partner_bank_id", "acc_number", "requested_by"}
OPEN_STATES = ("requested", "approved")
MAX_REQUESTS = 10  # of one customer, that wait for a decision
POSTED_PAYMENT_STATES = ("in_process", "paid")


class CustomerCreditWithdrawal(models.Model):
    """Credit that a customer wants to be paid out: requested and reserved at once, approved by somebody else, paid.

    Users read it only: everything that changes one is a method here, which checks who may, locks the row, and writes as
    superuser. How it is paid, and what becomes of it when its payment is taken back, is in
    ``customer.credit.withdrawal.payer``.
    """

    _name = "customer.credit.withdrawal"
    _description = "Customer Credit Withdrawal"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "account.credit.allocation.lock",
        "customer.credit.approval.mixin",
    ]
    _order = "date_requested desc, id desc"
    _mail_post_access = "read"

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, index="trigram")
    state = fields.Selection(
        [
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("done", "Paid"),
            ("refused", "Refused"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default="requested",
        tracking=True,
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The commercial entity, to which the credit belongs.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Who asked, and who gets the e-mails.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    amount = fields.Monetary(required=True, readonly=True)
    partner_bank_id = fields.Many2one(
        "res.partner.bank",
        string="Bank Account",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="Where the money goes. It must be trusted before the withdrawal can be approved.",
    )
    acc_number = fields.Char(
        string="Account Number", required=True, readonly=True, help="As it was when the withdrawal was requested."
    )
    bank_is_trusted = fields.Boolean(related="partner_bank_id.allow_out_payment", string="Trusted Bank Account")
    reason = fields.Text(readonly=True)
    refusal_reason = fields.Text(string="Refused Because", readonly=True, copy=False)
    requested_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="set null")
    date_requested = fields.Datetime(string="Requested on", required=True, readonly=True, copy=False, index=True)
    approved_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="set null")
    date_approved = fields.Datetime(string="Approved on", readonly=True, copy=False)
    date_paid = fields.Datetime(string="Paid on", readonly=True, copy=False)
    reservation_id = fields.Many2one(
        "customer.credit.reservation",
        string="Reserved Credit",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    payment_id = fields.Many2one(
        "account.payment", readonly=True, copy=False, index="btree_not_null", ondelete="set null"
    )
    payment_state = fields.Selection(related="payment_id.state", string="Status of the Payment", tracking=False)
    is_unreconciled = fields.Boolean(
        compute="_compute_is_unreconciled",
        help="It was paid, but the payment is no longer reconciled with the reserved credit.",
    )
    can_approve = fields.Boolean(compute="_compute_can_approve")
    can_cancel = fields.Boolean(compute="_compute_can_approve")

    _name_uniq = models.UniqueIndex("(company_id, name)", "The number of a withdrawal must be unique in its company.")
    _amount_positive = models.Constraint("CHECK(amount > 0)", "The amount of a withdrawal must be positive.")

    @api.depends("state", "requested_by", "partner_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        """What the buttons show; :meth:`action_approve` and :meth:`action_cancel` check again."""
        for withdrawal in self:
            withdrawal.can_approve = withdrawal.state == "requested" and withdrawal._may_approve(self.env.user)
            withdrawal.can_cancel = withdrawal.state in OPEN_STATES and withdrawal.requested_by == self.env.user

    @api.depends("state", "amount", "reservation_id.amount_settled")
    def _compute_is_unreconciled(self):
        for withdrawal in self.sudo():
            settled = withdrawal.reservation_id.amount_settled
            withdrawal.is_unreconciled = (
                withdrawal.state == "done" and withdrawal.currency_id.compare_amounts(settled, withdrawal.amount) < 0
            )

    # ------------------------------------------------------------------------------------------------------------------
    # On record for good
    # ------------------------------------------------------------------------------------------------------------------

    def write(self, vals):
        if FIXED_FIELDS & set(vals):
            raise UserError(self.env._("What a withdrawal is about cannot be changed. Cancel it and request another."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Withdrawals stay on record. Cancel the withdrawal instead."))

    # ------------------------------------------------------------------------------------------------------------------
    # The life of a withdrawal
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _request(self, partner, amount, currency, bank, company, reason=None):
        """See ``res.partner._request_credit_withdrawal``."""
        customer = partner.commercial_partner_id
        amount = currency.round(amount)
        if amount <= 0:
            raise CustomerError(self.env._("The amount of a withdrawal must be positive."))
        customer._credit_lock(company)
        self._check_bank_account(bank, customer, company)
        self._check_requests(customer, company)
        withdrawable = customer._get_withdrawable_credit(company, currency)
        if currency.compare_amounts(amount, withdrawable) > 0:
            raise InsufficientCreditError(self.env._("At most %s can be withdrawn.", currency.format(withdrawable)))
        withdrawal = self.with_context(mail_create_nosubscribe=True).create(
            {
                "name": company._next_credit_allocation_number(company._credit_allocation_today(), self._name),
                "partner_id": customer.id,
                "contact_id": partner.id,
                "company_id": company.id,
                "currency_id": currency.id,
                "amount": amount,
                "partner_bank_id": bank.id,
                "acc_number": bank.acc_number,
                "reason": reason,
                "requested_by": self.env.uid,
                "date_requested": fields.Datetime.now(),
            }
        )
        withdrawal.reservation_id = customer._credit_reserve(
            amount, currency, withdrawal, company=company, overdraft=False, expires=False
        )
        withdrawal._schedule_approval()
        self.env["customer.credit.mail"]._queue("withdrawal_requested", withdrawal)
        return withdrawal.with_context(mail_create_nosubscribe=False)

    @api.model
    def _check_requests(self, customer, company):
        """:raise CustomerError: so many requests of the customer wait already that approvers would drown in them"""
        domain = [("partner_id", "=", customer.id), ("company_id", "=", company.id), ("state", "=", "requested")]
        if self.sudo().search_count(domain, limit=MAX_REQUESTS) >= MAX_REQUESTS:
            raise CustomerError(
                self.env._(
                    "%s requests wait for a decision already. Wait until they are decided, or cancel one.", MAX_REQUESTS
                )
            )

    def action_approve(self):
        """Agree to the payment, as somebody else than whoever asked for it.

        :raise AccessError: the user may not approve
        :raise UserError: it is not waiting for approval, was requested by the user, or its bank account is not trusted
        """
        for withdrawal in self._get_checked(APPROVE_GROUP):
            withdrawal._lock_in_state("requested")
            withdrawal._check_approver()
            withdrawal._check_bank_account(withdrawal.partner_bank_id, withdrawal.partner_id, withdrawal.company_id)
            withdrawal._check_bank_trusted()
            withdrawal.env["customer.credit.withdrawal.payer"]._check_backed(withdrawal)
            withdrawal._set_approved()

    def action_open_refusal(self):
        """Ask why, before the withdrawal is refused."""
        self._get_checked(APPROVE_GROUP)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_customer_credit.customer_credit_withdrawal_refusal_action"
        )
        return {**action, "context": {"default_withdrawal_id": self.id}}

    def action_refuse(self, reason=None):
        """Do not pay: the credit is available again. Also after the approval, as long as it is not paid.

        :param str reason: told to the customer
        :raise AccessError: the user may not approve, so neither refuse
        :raise UserError: it was decided already, or there is a payment of it
        """
        for withdrawal in self._get_checked(APPROVE_GROUP):
            withdrawal._lock_in_state(*OPEN_STATES)
            withdrawal._check_no_payment()
            withdrawal.reservation_id._credit_release()
            withdrawal._set_refused(reason)

    def action_cancel(self):
        """Withdraw one's own request: the credit is available again.

        :raise AccessError: somebody else requested it
        :raise UserError: it was decided already, or there is a payment of it
        """
        for withdrawal in self._get_checked("account.group_account_invoice"):
            if withdrawal.requested_by != self.env.user:
                raise AccessError(
                    self.env._("%s was requested by somebody else. Refuse it instead.", withdrawal.display_name)
                )
            withdrawal._cancel()

    def _cancel_by_customer(self):
        """The customer does not want the money any more. Whoever calls this checks that it is the own one.

        :raise UserError: it was decided already, or there is a payment of it
        """
        self.sudo()._cancel()

    def _cancel(self):
        self.ensure_one()
        self._lock_in_state(*OPEN_STATES)
        self._check_no_payment()
        self.reservation_id._credit_release()
        self._set_cancelled()

    # ------------------------------------------------------------------------------------------------------------------
    # Paying an approved withdrawal
    # ------------------------------------------------------------------------------------------------------------------

    def action_open_payment_dialog(self):
        """Ask for the journal and the date of the payment. A payment that was made and confirmed already is used."""
        self.ensure_one()
        withdrawal = self._get_checked("account.group_account_invoice")
        payment = withdrawal.payment_id
        if payment.state in POSTED_PAYMENT_STATES and payment.move_id.state == "posted":
            withdrawal._lock_in_state("approved")
            withdrawal.env["customer.credit.withdrawal.payer"]._settle_with(withdrawal, payment)
            return False
        withdrawal._check_no_payment()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_customer_credit.customer_credit_withdrawal_payment_action"
        )
        return {**action, "context": {"default_withdrawal_id": self.id}}

    def action_reconcile(self):
        """Reconcile the payment with the reserved credit again, after somebody has undone that."""
        for withdrawal in self._get_checked("account.group_account_invoice"):
            withdrawal._lock_in_state("done")
            withdrawal.env["customer.credit.withdrawal.payer"]._reconcile_with(withdrawal, withdrawal.payment_id)

    def action_open_payment(self):
        """The form of the payment."""
        self.ensure_one()
        return self.payment_id._get_records_action()

    def _pay(self, journal, date, memo=None, payment_method_line=None):
        """Send the money: an outbound payment, posted with the user's own rights, and reconciled with the credit.

        :param journal: ``account.journal`` of type bank, cash or credit
        :param date date: of the payment
        :param str memo: for the bank transaction; the number of the withdrawal when empty
        :param payment_method_line: ``account.payment.method.line``; the journal's first one when empty
        :return: the ``account.payment``
        :raise AccessError: the user is no billing user
        :raise UserError: it is not approved, has been paid, its bank account is not trusted, its credit is no longer
            reserved, or the payment cannot be booked
        """
        self.ensure_one()
        return self.env["customer.credit.withdrawal.payer"]._pay(self, journal, date, memo, payment_method_line)

    # ------------------------------------------------------------------------------------------------------------------
    # States: nothing else writes them
    # ------------------------------------------------------------------------------------------------------------------

    def _set_approved(self):
        self.write({"state": "approved", "approved_by": self.env.uid, "date_approved": fields.Datetime.now()})
        self._finish_approval()
        self.env["customer.credit.mail"]._queue("withdrawal_approved", self)

    def _set_done(self):
        self.write({"state": "done", "date_paid": fields.Datetime.now()})
        self.env["customer.credit.mail"]._queue("withdrawal_paid", self)

    def _set_approved_again(self, payment):
        """The payment was taken back."""
        self.write({"state": "approved", "date_paid": False})
        self._message_log(body=self.env._("%s was taken back. The credit stays reserved.", payment._get_html_link()))

    def _set_refused(self, reason):
        self.write({"state": "refused", "refusal_reason": reason})
        if reason:
            self._message_log(body=self.env._("Refused because: %s", reason))
        self._finish_approval()
        self.env["customer.credit.mail"]._queue("withdrawal_refused", self)

    def _set_cancelled(self):
        self.state = "cancelled"
        self._finish_approval()

    # ------------------------------------------------------------------------------------------------------------------
    # Who, when and where to
    # ------------------------------------------------------------------------------------------------------------------

    def _get_checked(self, group):
        """These withdrawals as superuser, after a look at the user's rights.

        :param str group: XML id of the group that the user must be in
        :raise AccessError: the user is not, or may not read one of them
        """
        self.check_access("read")
        if not self.env.user.has_group(group):
            raise AccessError(
                self.env._("Only users of the group %s can do this.", self.env.ref(group).sudo().display_name)
            )
        return self.sudo()

    @api.model
    def _check_bank_account(self, bank, customer, company):
        """:raise UserError: there is no such account, or it belongs to somebody else, or to another company"""
        if not bank or not bank.active:
            raise CustomerError(self.env._("Choose the bank account to which the credit is to be paid."))
        self._check_account_number(bank.acc_number)
        if bank.partner_id.commercial_partner_id != customer.commercial_partner_id or bank.company_id not in (
            self.env["res.company"],
            company,
        ):
            raise CustomerError(
                self.env._(
                    "The bank account %(bank)s does not belong to %(customer)s.",
                    bank=bank.acc_number,
                    customer=customer.display_name,
                )
            )

    @api.model
    def _check_account_number(self, number):
        """:raise UserError: it is no number of a bank account, as it has neither a letter nor a digit"""
        if not any(map(str.isalnum, number or "")):
            raise CustomerError(self.env._("Enter the number of the bank account, with its letters and digits."))

    def _check_bank_trusted(self):
        """:raise UserError: money may not be sent to the bank account, or it is not the one of the request"""
        bank = self.partner_bank_id
        if bank.acc_number != self.acc_number:
            raise UserError(
                self.env._(
                    "The number of the bank account was changed after %s was requested. Refuse it and request another.",
                    self.display_name,
                )
            )
        if not bank.allow_out_payment:
            raise UserError(
                self.env._(
                    "The bank account %s is not trusted. Verify it with the customer, then allow Send Money on it.",
                    bank.acc_number,
                )
            )

    def _check_no_payment(self):
        """:raise UserError: there is a payment of this withdrawal, so that it might be paid twice"""
        payment = self.payment_id
        if payment and payment.state != "canceled":
            raise UserError(
                self.env._(
                    "The payment %(payment)s of %(name)s exists already. Confirm it, or cancel it first.",
                    payment=payment.display_name,
                    name=self.name,
                )
            )
