from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.controllers.portal import PaymentPortal

from .customer_credit import get_customer, parse_amount, parse_id


class CustomerCreditTopUp(PaymentPortal):
    """Top-up: choose an amount, pay it as anything else is paid online, and have it as credit once it is paid."""

    @http.route("/my/credit/top-up", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_credit_topup(self, amount=None, **_kwargs):
        """Ask for an amount, then show the payment form.

        :raise NotFound: the company does not offer it
        """
        company = self._get_topup_company()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "customer_credit_topup",
            "company": company,
            "currency": company.currency_id,
            "typed_amount": amount,
        }
        if amount is not None:
            wanted = parse_amount(amount, company.currency_id)
            error = company._get_customer_credit_topup_error(wanted)
            values.update({"error": error} if error else self._get_topup_payment_values(company, wanted))
        return request.render("payment_customer_credit.portal_my_credit_topup", values)

    @http.route("/my/credit/top-up/transaction", type="jsonrpc", auth="user", website=True, sitemap=False)
    def portal_my_credit_topup_transaction(self, provider_id, amount, access_token, **kwargs):
        """Create the transaction of a top-up; what the form says is checked again.

        :raise ValidationError: the amount, or the provider, is none that the company accepts
        :raise Forbidden: the form was made for somebody else, or another amount
        """
        company, partner = self._get_topup_company(), request.env.user.partner_id
        currency = company.currency_id
        amount = parse_amount(amount, currency)
        if error := company._get_customer_credit_topup_error(amount):
            raise ValidationError(error)
        if not payment_utils.check_access_token(access_token, partner.id, amount, currency.id):
            raise Forbidden()
        if provider_id not in self._get_topup_providers(company, amount).ids:
            raise ValidationError(request.env._("This payment method is not available for a top-up."))
        self._validate_transaction_kwargs(kwargs)
        kwargs.pop("is_validation", None)
        tx_sudo = self._create_transaction(
            provider_id=provider_id,
            amount=amount,
            currency_id=currency.id,
            partner_id=partner.id,
            reference_prefix=payment_utils.singularize_reference_prefix(prefix="CREDIT"),
            custom_create_values={"is_customer_credit_topup": True},
            **kwargs,
        )
        tx_sudo.landing_route = f"/my/credit/top-up/{tx_sudo.id}"
        return tx_sudo._get_processing_values()

    @http.route("/my/credit/top-up/<int:tx_id>", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_credit_topup_result(self, tx_id, **_kwargs):
        """What became of a top-up: done, waiting for the money (with the bank details), or failed.

        :raise NotFound: it is none of this customer's
        """
        tx_sudo = request.env["payment.transaction"].sudo()
        tx_sudo = tx_sudo.search([("id", "=", parse_id(tx_id)), ("is_customer_credit_topup", "=", True)])
        customer = get_customer()
        if not tx_sudo or tx_sudo.partner_id.commercial_partner_id != customer:
            raise NotFound()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "customer_credit_topup",
            "tx": tx_sudo,
            "credit": customer._get_credit(tx_sudo.company_id, tx_sudo.currency_id),
        }
        return request.render("payment_customer_credit.portal_my_credit_topup_result", values)

    @staticmethod
    def _get_topup_company():
        """The current company, as superuser.

        :raise NotFound: it does not offer top-ups
        """
        company = request.env.company.sudo()
        if not company.customer_credit_topup:
            raise NotFound()
        return company

    @staticmethod
    def _get_topup_providers(company, amount, report=None):
        """Every online payment but credit itself, as superuser. Those of a parent company would credit the parent."""
        providers_sudo = (
            request.env["payment.provider"]
            .sudo()
            .with_context(customer_credit_topup=True)
            ._get_compatible_providers(
                company.id,
                request.env.user.partner_id.id,
                amount,
                currency_id=company.currency_id.id,
                report=report,
            )
        )
        return providers_sudo.filtered(lambda provider: provider.company_id == company)

    def _get_topup_payment_values(self, company, amount):
        """What the native payment form needs."""
        partner, currency, report = request.env.user.partner_id, company.currency_id, {}
        providers_sudo = self._get_topup_providers(company, amount, report)
        methods_sudo = request.env["payment.method"].sudo()
        tokens_sudo = request.env["payment.token"].sudo()
        return {
            "amount": amount,
            "partner_id": partner.id,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo._get_compatible_payment_methods(
                providers_sudo.ids, partner.id, currency_id=currency.id, report=report
            ),
            "tokens_sudo": tokens_sudo._get_available_tokens(providers_sudo.ids, partner.id),
            "availability_report": report,
            "transaction_route": "/my/credit/top-up/transaction",
            "landing_route": "/my/credit",
            "access_token": payment_utils.generate_access_token(partner.id, amount, currency.id),
            "company_mismatch": not self._can_partner_pay_in_company(partner, company),
            "expected_company": company,
            "show_tokenize_input_mapping": self._compute_show_tokenize_input_mapping(providers_sudo),
        }
