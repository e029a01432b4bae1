from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CustomerCreditWithdrawalPayer(models.AbstractModel):
    """How a withdrawal is paid, and what becomes of it when its payment is taken back.

    The payment is an outbound customer payment like any other, reconciled with the reserved credit. When it is reset to
    draft, cancelled or rejected, the withdrawal is approved again. Odoo keeps the reconciliation of a draft, and
    removes it when the payment is changed, cancelled or deleted; in either case nobody else can spend the credit. Then
    that payment is confirmed anew, which pays the withdrawal, or it is cancelled and another one is made.

    The way in is ``customer.credit.withdrawal._pay``; ``account.payment`` and ``account.move`` tell what is done to a
    payment later.
    """

    _name = "customer.credit.withdrawal.payer"
    _description = "Payer of Customer Credit Withdrawals"

    # ------------------------------------------------------------------------------------------------------------------
    # Paying
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _pay(self, withdrawal, journal, date, memo, payment_method_line):
        """See ``customer.credit.withdrawal._pay``.

        :param withdrawal: one record, with the rights of the user: so are payment and entry made
        """
        checked = withdrawal._get_checked("account.group_account_invoice")
        checked._lock_in_state("approved")
        checked._check_no_payment()
        checked._check_bank_account(checked.partner_bank_id, checked.partner_id, checked.company_id)
        checked._check_bank_trusted()
        self._check_reserved(checked, checked.amount)
        self._check_backed(checked)
        payment = self._create_payment(withdrawal, journal, date, memo, payment_method_line)
        payment.action_post()
        if not payment.move_id:
            raise UserError(
                self.env._("The payment has no journal entry. Set an outstanding account on %s.", journal.display_name)
            )
        checked.payment_id = payment
        self._settle_with(checked, payment.sudo())
        return payment

    @api.model
    def _create_payment(self, withdrawal, journal, date, memo, payment_method_line):
        """A payment in draft; where the credit lies on several receivable accounts, its entry debits each of them."""
        method_line = payment_method_line or journal._get_available_payment_method_lines("outbound")[:1]
        if not method_line:
            raise UserError(self.env._("%s has no payment method for outgoing payments.", journal.display_name))
        held = self._get_held_by_account(withdrawal)
        payment = (
            self.env["account.payment"]
            .with_company(withdrawal.company_id)
            # after its posting no rule is to spend other credit on it; without an account of its own, a payment method
            # makes an entry only when asked to
            .with_context(skip_credit_allocation=True, force_payment_move=not method_line.payment_account_id)
            .create(self._prepare_payment_vals(withdrawal, journal, date, memo, method_line, next(iter(held))))
        )
        if len(held) > 1:
            payment._generate_journal_entry(
                line_ids=[Command.create(vals) for vals in self._prepare_payment_line_vals(payment, held)]
            )
        return payment

    @api.model
    def _prepare_payment_vals(self, withdrawal, journal, date, memo, payment_method_line, account):
        return {
            "payment_type": "outbound",
            "partner_type": "customer",
            "partner_id": withdrawal.partner_id.id,
            "partner_bank_id": withdrawal.partner_bank_id.id,
            "company_id": withdrawal.company_id.id,
            "journal_id": journal.id,
            "payment_method_line_id": payment_method_line.id,
            "currency_id": withdrawal.currency_id.id,
            "amount": withdrawal.amount,
            "date": date,
            "memo": memo or withdrawal.name,
            "destination_account_id": account.id,
        }

    @api.model
    def _prepare_payment_line_vals(self, payment, held):
        """The items of an entry that pays from several receivable accounts.

        :param dict held: amount, positive and in the currency of the withdrawal, by account
        """
        liquidity, counterpart = payment._prepare_move_line_default_vals()
        own = payment.company_id.currency_id
        balance_left = counterpart["debit"]
        items = [liquidity]
        for index, (account, amount) in enumerate(held.items(), 1):
            share = own.round(counterpart["debit"] * amount / counterpart["amount_currency"])
            balance = balance_left if index == len(held) else share
            balance_left = own.round(balance_left - balance)
            items.append({**counterpart, "account_id": account.id, "amount_currency": amount, "debit": balance})
        return items

    @api.model
    def _get_held_by_account(self, withdrawal):
        """``{account.account: amount}`` of the credit that is reserved, positive, in the currency of the withdrawal."""
        lines = withdrawal.sudo().reservation_id.line_ids.filtered(lambda line: line.amount_residual_currency < 0)
        return {
            account: withdrawal.currency_id.round(-sum(group.mapped("amount_residual_currency")))
            for account, group in lines.grouped("account_id").items()
        }

    @api.model
    def _settle_with(self, withdrawal, payment):
        """Reconcile a posted payment with the reserved credit: the withdrawal is paid.

        :param withdrawal: one record, as superuser, as in all that follows
        """
        self._reconcile_with(withdrawal, payment)
        withdrawal._set_done()

    @api.model
    def _reconcile_with(self, withdrawal, payment):
        """
        :raise UserError: the payment is another one than what was approved, or cannot be reconciled with all of the
            reserved credit
        """
        self._check_payment(withdrawal, payment)
        move, currency = payment.move_id, withdrawal.currency_id
        left = currency.round(withdrawal.amount - withdrawal.reservation_id._get_spent_by_move(move)[move])
        if left <= 0:
            return
        self._check_reserved(withdrawal, left)
        settled = withdrawal.reservation_id._credit_settle(move, left)
        if currency.compare_amounts(settled, left):
            raise UserError(
                self.env._(
                    "Of the credit reserved for %(name)s only %(amount)s can be reconciled with %(payment)s.",
                    name=withdrawal.name,
                    amount=currency.format(settled),
                    payment=payment.display_name,
                )
            )

    # ------------------------------------------------------------------------------------------------------------------
    # What Odoo does with the payment later
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _reopen_of(self, payments):
        """These payments are no longer posted, or were rejected."""
        for withdrawal in self._get_withdrawals_of(payments, "done"):
            withdrawal._lock_in_state("done")
            withdrawal._set_approved_again(withdrawal.payment_id)

    @api.model
    def _settle_of(self, payments):
        """These payments were posted, perhaps once more.

        :raise UserError: one is the payment of an approved withdrawal, but was changed meanwhile
        """
        for withdrawal in self._get_withdrawals_of(payments, "approved"):
            withdrawal._lock_in_state("approved")
            withdrawal._check_bank_trusted()
            self._settle_with(withdrawal, withdrawal.payment_id)
            self._check_backed(withdrawal)  # afterwards: until then the payment itself is an open debit

    @api.model
    def _check_paid_with(self, payments):
        """:raise UserError: one of these has paid a withdrawal, and is not what was approved any more"""
        for withdrawal in self._get_withdrawals_of(payments, "done"):
            self._check_payment(withdrawal, withdrawal.payment_id)

    @api.model
    def _get_withdrawals_of(self, payments, state):
        """The withdrawals in a state that have these payments, as superuser."""
        Withdrawal = self.env["customer.credit.withdrawal"].sudo()
        return Withdrawal.search([("payment_id", "in", payments.ids), ("state", "=", state)])

    # ------------------------------------------------------------------------------------------------------------------
    # What must hold before money leaves
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _check_reserved(self, withdrawal, amount):
        """:raise UserError: somebody has released the credit"""
        if withdrawal.currency_id.compare_amounts(withdrawal.reservation_id.amount_held, amount) < 0:
            raise UserError(
                self.env._(
                    "The credit of %s is no longer reserved. Refuse the withdrawal and request another.",
                    withdrawal.name,
                )
            )

    @api.model
    def _check_backed(self, withdrawal):
        """No overdraft is paid out, and no credit whose money was taken back since it was reserved: a cheque that
        bounced, a card payment that the customer's bank has reclaimed. What was paid in since is used first.

        :raise UserError: the money to be paid out is not there any more
        """
        customer, company, currency = withdrawal.partner_id, withdrawal.company_id, withdrawal.currency_id
        customer._credit_settle_overdraft(company, currency)
        missing = max(withdrawal.reservation_id._get_unbacked_amount(), -customer._get_credit(company, currency))
        if currency.compare_amounts(missing, 0) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s of the credit for %(name)s is not there any more: a payment or credit note was taken "
                    "back, or the customer has overdrawn. Refuse the withdrawal, or wait until the customer has paid.",
                    amount=currency.format(missing),
                    name=withdrawal.name,
                )
            )

    @api.model
    def _check_payment(self, withdrawal, payment):
        """:raise UserError: what the payment sends is not what was approved"""
        same = (
            payment.move_id.state == "posted"
            and payment.payment_type == "outbound"
            and payment.partner_id.commercial_partner_id == withdrawal.partner_id.commercial_partner_id
            and payment.company_id == withdrawal.company_id
            and payment.currency_id == withdrawal.currency_id
            and payment.partner_bank_id == withdrawal.partner_bank_id
            and not withdrawal.currency_id.compare_amounts(payment.amount, withdrawal.amount)
        )
        if not same:
            raise UserError(
                self.env._(
                    "The payment of %(name)s must send %(amount)s to %(bank)s, as approved. "
                    "For anything else cancel it.",
                    name=withdrawal.name,
                    amount=withdrawal.currency_id.format(withdrawal.amount),
                    bank=withdrawal.acc_number,
                )
            )
