from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .customer_credit_withdrawal import POSTED_PAYMENT_STATES


class CustomerCreditWithdrawal(models.Model):
    """How a withdrawal is paid, and what becomes of it when its payment is taken back.

    The payment is an outbound customer payment like any other, reconciled with the reserved credit. When it is reset to
    draft, cancelled or rejected, the withdrawal is approved again. Odoo keeps the reconciliation of a draft, and
    removes it when the payment is changed, cancelled or deleted; in either case nobody else can spend the credit. Then
    that payment is confirmed anew, which pays the withdrawal, or it is cancelled and another one is made.
    """

    _inherit = "customer.credit.withdrawal"  # pylint: disable=consider-merging-classes-inherited

    payment_state = fields.Selection(related="payment_id.state", string="Status of the Payment", tracking=False)
    is_unreconciled = fields.Boolean(
        compute="_compute_is_unreconciled",
        help="It was paid, but the payment is no longer reconciled with the reserved credit.",
    )

    @api.depends("state", "amount", "reservation_id.amount_settled")
    def _compute_is_unreconciled(self):
        for withdrawal in self.sudo():
            settled = withdrawal.reservation_id.amount_settled
            withdrawal.is_unreconciled = (
                withdrawal.state == "done" and withdrawal.currency_id.compare_amounts(settled, withdrawal.amount) < 0
            )

    def action_open_payment_dialog(self):
        """Ask for the journal and the date of the payment. A payment that was made and confirmed already is used."""
        self.ensure_one()
        withdrawal = self._get_checked("account.group_account_invoice")
        payment = withdrawal.payment_id
        if payment.state in POSTED_PAYMENT_STATES and payment.move_id.state == "posted":
            withdrawal._lock_in_state("approved")
            withdrawal._settle_with(payment)
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
            withdrawal._reconcile_with(withdrawal.payment_id)

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
        :raise UserError: it is not approved, has been paid, its bank account is not trusted, its credit is no longer
            reserved, or the payment cannot be booked
        """
        withdrawal = self._get_checked("account.group_account_invoice")
        withdrawal._lock_in_state("approved")
        withdrawal._check_no_payment()
        withdrawal._check_bank_account(withdrawal.partner_bank_id, withdrawal.partner_id, withdrawal.company_id)
        withdrawal._check_bank_trusted()
        withdrawal._check_reserved(withdrawal.amount)
        withdrawal._check_backed()
        payment = self._create_payment(journal, date, memo, payment_method_line)
        payment.action_post()
        if not payment.move_id:
            raise UserError(
                self.env._("The payment has no journal entry. Set an outstanding account on %s.", journal.display_name)
            )
        withdrawal.payment_id = payment
        withdrawal._settle_with(payment.sudo())
        return payment

    def _create_payment(self, journal, date, memo, payment_method_line):
        """A payment in draft; where the credit lies on several receivable accounts, its entry debits each of them."""
        method_line = payment_method_line or journal._get_available_payment_method_lines("outbound")[:1]
        if not method_line:
            raise UserError(self.env._("%s has no payment method for outgoing payments.", journal.display_name))
        held = self._get_held_by_account()
        payment = (
            self.env["account.payment"]
            .with_company(self.company_id)
            # after its posting no rule is to spend other credit on it; without an account of its own, a payment method
            # makes an entry only when asked to
            .with_context(skip_credit_allocation=True, force_payment_move=not method_line.payment_account_id)
            .create(self._prepare_payment_vals(journal, date, memo, method_line, next(iter(held))))
        )
        if len(held) > 1:
            payment._generate_journal_entry(
                line_ids=[Command.create(vals) for vals in self._prepare_payment_line_vals(payment, held)]
            )
        return payment

    def _prepare_payment_vals(self, journal, date, memo, payment_method_line, account):
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": self.partner_id.id,
            "partner_bank_id": self.partner_bank_id.id,
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "payment_method_line_id": payment_method_line.id,
            "currency_id": self.currency_id.id,
            "amount": self.amount,
            "date": date,
            "memo": memo or self.name,
            "destination_account_id": account.id,
        }

    def _prepare_payment_line_vals(self, payment, held):
        """The items of an entry that pays from several receivable accounts.

        :param dict held: amount, positive and in the currency of the withdrawal, by account
        """
        liquidity, counterpart = payment._prepare_move_line_default_vals()
        own = self.company_id.currency_id
        balance_left = counterpart["debit"]
        items = [liquidity]
        for index, (account, amount) in enumerate(held.items(), 1):
            share = own.round(counterpart["debit"] * amount / counterpart["amount_currency"])
            balance = balance_left if index == len(held) else share
            balance_left = own.round(balance_left - balance)
            items.append({**counterpart, "account_id": account.id, "amount_currency": amount, "debit": balance})
        return items

    def _get_held_by_account(self):
        """``{account.account: amount}`` of the credit that is reserved, positive, in the currency of the withdrawal."""
        lines = self.sudo().reservation_id.line_ids.filtered(lambda line: line.amount_residual_currency < 0)
        return {
            account: self.currency_id.round(-sum(group.mapped("amount_residual_currency")))
            for account, group in lines.grouped("account_id").items()
        }

    def _settle_with(self, payment):
        """Reconcile a posted payment with the reserved credit: the withdrawal is paid."""
        self._reconcile_with(payment)
        self._set_done()

    def _reconcile_with(self, payment):
        """
        :raise UserError: the payment is another one than what was approved, or cannot be reconciled with all of the
            reserved credit
        """
        self._check_payment(payment)
        move = payment.move_id
        left = self.currency_id.round(self.amount - self.reservation_id._get_spent_by_move(move)[move])
        if left <= 0:
            return
        self._check_reserved(left)
        settled = self.reservation_id._credit_settle(move, left)
        if self.currency_id.compare_amounts(settled, left):
            raise UserError(
                self.env._(
                    "Of the credit reserved for %(name)s only %(amount)s can be reconciled with %(payment)s.",
                    name=self.name,
                    amount=self.currency_id.format(settled),
                    payment=payment.display_name,
                )
            )

    def _set_done(self):
        self.write({"state": "done", "date_paid": fields.Datetime.now()})
        self.env["customer.credit.mail"]._queue("withdrawal_paid", self)

    def _set_approved_again(self, payment):
        """The payment was taken back."""
        self.write({"state": "approved", "date_paid": False})
        self._message_log(body=self.env._("%s was taken back. The credit stays reserved.", payment._get_html_link()))

    # ------------------------------------------------------------------------------------------------------------------
    # What Odoo does with the payment later
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _reopen_of(self, payments):
        """These payments are no longer posted, or were rejected."""
        paid = self.sudo().search([("payment_id", "in", payments.ids), ("state", "=", "done")])
        for withdrawal in paid:
            withdrawal._lock_in_state("done")
            withdrawal._set_approved_again(withdrawal.payment_id)

    @api.model
    def _settle_of(self, payments):
        """These payments were posted, perhaps once more.

        :raise UserError: one is the payment of an approved withdrawal, but was changed meanwhile
        """
        approved = self.sudo().search([("payment_id", "in", payments.ids), ("state", "=", "approved")])
        for withdrawal in approved:
            withdrawal._lock_in_state("approved")
            withdrawal._check_bank_trusted()
            withdrawal._settle_with(withdrawal.payment_id)
            withdrawal._check_backed()  # afterwards: until then the payment itself is an open debit

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

    def _check_reserved(self, amount):
        """:raise UserError: somebody has released the credit"""
        if self.currency_id.compare_amounts(self.reservation_id.amount_held, amount) < 0:
            raise UserError(
                self.env._(
                    "The credit of %s is no longer reserved. Refuse the withdrawal and request another.", self.name
                )
            )

    def _check_backed(self):
        """No overdraft is paid out, and no credit whose money was taken back since it was reserved: a cheque that
        bounced, a card payment that the customer's bank has reclaimed. What was paid in since is used first.

        :raise UserError: the money to be paid out is not there any more
        """
        self.ensure_one()
        self.partner_id._credit_settle_overdraft(self.company_id, self.currency_id)
        missing = max(
            self.reservation_id._get_unbacked_amount(), -self.partner_id._get_credit(self.company_id, self.currency_id)
        )
        if self.currency_id.compare_amounts(missing, 0) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s of the credit for %(name)s is not there any more: a payment or credit note was taken "
                    "back, or the customer has overdrawn. Refuse the withdrawal, or wait until the customer has paid.",
                    amount=self.currency_id.format(missing),
                    name=self.name,
                )
            )

    @api.model
    def _check_paid_with(self, payments):
        """:raise UserError: one of these has paid a withdrawal, and is not what was approved any more"""
        for withdrawal in self.sudo().search([("payment_id", "in", payments.ids), ("state", "=", "done")]):
            withdrawal._check_payment(withdrawal.payment_id)

    def _check_payment(self, payment):
        """:raise UserError: what the payment sends is not what was approved"""
        same = (
            payment.move_id.state == "posted"
            and payment.payment_type == "outbound"
            and payment.partner_id.commercial_partner_id == self.partner_id.commercial_partner_id
            and payment.company_id == self.company_id
            and payment.currency_id == self.currency_id
            and payment.partner_bank_id == self.partner_bank_id
            and not self.currency_id.compare_amounts(payment.amount, self.amount)
        )
        if not same:
            raise UserError(
                self.env._(
                    "The payment of %(name)s must send %(amount)s to %(bank)s, as approved. "
                    "For anything else cancel it.",
                    name=self.name,
                    amount=self.currency_id.format(self.amount),
                    bank=self.acc_number,
                )
            )
