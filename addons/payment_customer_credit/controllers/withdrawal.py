from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.account_customer_credit.exceptions import CustomerError
from odoo.addons.base.models.res_bank import sanitize_account_number

from .customer_credit import (
    get_customer,
    get_sentence,
    parse_amount,
    parse_id,
    parse_text,
    pop_message,
    set_message,
)
from .portal import CustomerCreditPortal

WITHDRAWALS_SHOWN = 50


class CustomerCreditWithdrawalPortal(CustomerCreditPortal):
    """Withdrawal: the customer asks, the amount is reserved at once, somebody of the company decides."""

    @http.route("/my/credit/withdraw", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_credit_withdraw(self, company=None, currency=None, **_kwargs):
        balance = self._get_withdrawal_balance(company, currency)
        return self._render_withdrawal_form(balance, message=pop_message())

    @http.route("/my/credit/withdraw", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_my_credit_withdraw_request(self, company=None, currency=None, amount=None, withdrawable=None, **post):
        """Request a withdrawal. What could be withdrawn when the form was shown must still hold: so the same form that
        is sent twice is one request."""
        balance = self._get_withdrawal_balance(company, currency)
        wanted = parse_amount(amount, balance["currency"])
        shown = parse_amount(withdrawable, balance["currency"])
        customer = get_customer()
        customer._credit_lock(balance["company"])
        if wanted is None:
            error = request.env._("Please enter an amount, such as 50.00.")
        elif shown is None or balance["currency"].compare_amounts(shown, balance["withdrawable"]):
            error = request.env._("Your credit has changed meanwhile. Please check the amount.")
        else:
            error = self._request_withdrawal(balance, wanted, post)
        if error:
            return self._render_withdrawal_form(balance, {"kind": "danger", "text": error}, {"amount": amount, **post})
        set_message("success", request.env._("Your request was sent. The amount is reserved until it is decided."))
        return request.redirect("/my/credit")

    @http.route(
        "/my/credit/withdrawal/<int:withdrawal_id>/cancel",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_my_credit_withdrawal_cancel(self, withdrawal_id, **_post):
        """Take a request back, as long as nobody has decided.

        :raise NotFound: it is none of this customer's
        """
        withdrawal = self._get_withdrawals([("id", "=", withdrawal_id)])
        if not withdrawal:
            raise NotFound()
        get_customer()._credit_lock(withdrawal.company_id)
        try:
            if withdrawal.state != "requested":
                raise CustomerError(request.env._("%s has been decided already.", withdrawal.name))
            with request.env.cr.savepoint():
                withdrawal._cancel_by_customer()
            set_message("success", request.env._("%s is cancelled. Its amount is available again.", withdrawal.name))
        except UserError as error:
            set_message("danger", get_sentence(error))
        return request.redirect("/my/credit")

    def _get_withdrawal_balance(self, company_id, currency_id):
        """The balance to withdraw from.

        :raise NotFound: it is none of the customer's, or the company does not take requests in the portal
        """
        balance = self._get_credit_balance(company_id, currency_id)
        if not balance["company"].customer_credit_portal_withdrawal:
            raise NotFound()
        return balance

    def _request_withdrawal(self, balance, amount, post):
        """Request it, to an account of the customer that exists or was typed.

        :return: why it is refused, a sentence, or None
        """
        try:
            with request.env.cr.savepoint():
                request.env.user.partner_id.sudo()._request_credit_withdrawal(
                    amount,
                    balance["currency"],
                    self._get_withdrawal_account(balance["company"], post),
                    balance["company"],
                    reason=parse_text(post.get("reason"), 500) or None,
                )
        except UserError as error:
            return get_sentence(error)
        return None

    def _get_withdrawal_account(self, company, post):
        """The customer's bank account with the number that was typed, else the one that was chosen.

        The form proposes an account, so a number that was typed is what the customer wants. A new account has to be
        trusted by the company before it pays.
        """
        number = parse_text(post.get("acc_number"), 64)
        if not number:
            if account := self._get_withdrawal_accounts(company).filtered(
                lambda bank: bank.id == parse_id(post.get("bank_id"))
            ):
                return account
            raise CustomerError(request.env._("Please choose a bank account, or enter its number."))
        request.env["customer.credit.withdrawal"]._check_account_number(number)
        if known := self._find_withdrawal_account(number):
            if known not in self._get_withdrawal_accounts(company):
                raise CustomerError(request.env._("This bank account cannot be used. Please enter another one."))
            return known
        Bank = request.env["res.partner.bank"].sudo()
        return Bank.create({"acc_number": number, "partner_id": get_customer().id, "allow_out_payment": False})

    def _find_withdrawal_account(self, number):
        """The customer's bank account with a number that was typed, however it is spaced; also one that is archived, or
        another company's: a customer has a number once."""
        Bank = request.env["res.partner.bank"].sudo().with_context(active_test=False)
        return Bank.search(
            [
                ("partner_id", "=", get_customer().id),
                ("sanitized_acc_number", "=", sanitize_account_number(number)),
            ],
            limit=1,
        )

    def _get_withdrawal_accounts(self, company):
        Bank = request.env["res.partner.bank"].sudo()
        return Bank.search([("partner_id", "=", get_customer().id), ("company_id", "in", (False, company.id))])

    def _render_withdrawal_form(self, balance, message=None, typed=None):
        """:param dict typed: what the customer entered, to be shown again"""
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "customer_credit_withdrawal",
            "balance": balance,
            "accounts": self._get_withdrawal_accounts(balance["company"]),
            "withdrawals": self._get_withdrawals(limit=WITHDRAWALS_SHOWN),
            "message": message,
            "typed": typed or {},
        }
        return request.render("payment_customer_credit.portal_my_credit_withdraw", values)
