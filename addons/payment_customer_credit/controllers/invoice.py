from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.account_payment.controllers.portal import PortalAccount

from .customer_credit import ask_to_owe, get_customer, get_owed, parse_amount, pop_message, pop_question, set_message
from .payment import confirm_credit_payment


class CustomerCreditInvoicePortal(PortalAccount):
    """Pay an open invoice with credit, wholly or in part."""

    def _get_common_page_view_values(self, invoices_data, access_token=None, **kwargs):
        """Whose invoice it is, and what is left of it, decides whether credit is among the payment methods."""
        request.update_context(
            customer_credit_partner_id=invoices_data["partner"].id,
            customer_credit_amount=invoices_data["amount_residual"],
        )
        return super()._get_common_page_view_values(invoices_data, access_token=access_token, **kwargs)

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        request.update_context(customer_credit_discount=invoice.sudo()._get_customer_credit_lost_discount())
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        values["customer_credit_message"] = pop_message()
        values["customer_credit_offer"] = self._get_credit_offer(invoice.sudo(), pop_question(invoice.id))
        return values

    @http.route(
        "/my/credit/invoice/<int:invoice_id>/pay",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_invoice_pay_with_credit(self, invoice_id, amount=None, due=None, owed=None, **_post):
        """Pay so much of an invoice with credit. What was due when the page was shown must still be due: so the same
        form that is sent twice pays once. What goes beyond the credit is asked first: the page names it as owed, and
        the form then sends it along.

        :raise NotFound: it is no open invoice of this customer, or credit is no payment method of its company
        """
        try:
            invoice_sudo = self._document_check_access("account.move", invoice_id).sudo()
        except (AccessError, MissingError) as error:
            raise NotFound() from error
        if not self._is_own_invoice(invoice_sudo):
            raise NotFound()
        get_customer()._credit_lock(invoice_sudo.company_id)
        currency = invoice_sudo.currency_id
        wanted = parse_amount(amount, currency)
        offer = self._get_credit_offer(invoice_sudo, wanted)
        if error := self._get_offer_error(offer, currency, wanted, parse_amount(due, currency)):
            set_message("danger", error)
        elif offer["owed"] and currency.compare_amounts(offer["owed"], parse_amount(owed, currency) or 0.0):
            ask_to_owe(invoice_sudo.id, wanted)
        else:
            self._pay_invoice_with_credit(invoice_sudo, offer)
        return request.redirect(invoice_sudo.get_portal_url())

    @staticmethod
    def _get_offer_error(offer, currency, wanted, due):
        """Why so much cannot be paid, a sentence for the customer; else an empty string."""
        if wanted is None:
            return request.env._("Please enter an amount, such as 50.00.")
        if not offer or due is None or currency.compare_amounts(due, offer["due"]):
            return request.env._("The invoice or your credit has changed meanwhile. Please check the amount.")
        if currency.compare_amounts(wanted, offer["amount"]) > 0:
            return request.env._("At most %s can be paid with credit.", currency.format(offer["amount"]))
        return ""

    def _pay_invoice_with_credit(self, invoice_sudo, offer):
        """Pay what the customer wants, and say what was done or why it failed."""
        currency, wanted = offer["currency"], offer["wanted"]
        tx_sudo = self._create_transaction(
            provider_id=offer["provider"].id,
            payment_method_id=offer["provider"].payment_method_ids[:1].id,
            token_id=None,
            amount=wanted,
            currency_id=currency.id,
            partner_id=request.env.user.partner_id.id,
            flow="redirect",
            tokenization_requested=False,
            landing_route=invoice_sudo.get_portal_url(),
            custom_create_values={"invoice_ids": [Command.set(invoice_sudo.ids)]},
        )
        confirm_credit_payment(tx_sudo)
        if tx_sudo.state != "done":
            set_message("danger", tx_sudo.state_message)
        elif offer["owed"]:
            text = request.env._(
                "%(paid)s of this invoice is paid. That is more than your credit: you owe %(owed)s of it.",
                paid=currency.format(wanted),
                owed=currency.format(offer["owed"]),
            )
            set_message("success", text)
        else:
            text = request.env._("%s of your credit was used for this invoice.", currency.format(wanted))
            set_message("success", text)

    @staticmethod
    def _is_own_invoice(invoice_sudo):
        return (
            not request.env.user._is_public()
            and invoice_sudo.move_type == "out_invoice"
            and invoice_sudo.commercial_partner_id == get_customer()
            and bool(request.env["payment.provider"]._get_customer_credit_provider(invoice_sudo.company_id))
        )

    def _get_credit_offer(self, invoice_sudo, wanted=None):
        """What the customer may pay of an invoice with credit, or None.

        Amounts are in the currency of the invoice: ``credit`` available, ``due`` open, ``amount`` payable, ``wanted``
        what the customer typed, else what the credit covers, ``owed`` what of that goes beyond the credit,
        ``lost_discount`` what another payment today would get off.
        """
        if not self._is_own_invoice(invoice_sudo) or not invoice_sudo._has_to_be_paid():
            return None
        company, currency = invoice_sudo.company_id, invoice_sudo.currency_id
        spendable = get_customer()._get_spendable_credit(company, currency)
        if currency.compare_amounts(spendable, 0) <= 0:
            return None
        credit, due = get_customer()._get_credit(company, currency), invoice_sudo.amount_residual
        wanted = wanted or min(due, max(credit, 0.0))
        return {
            "provider": request.env["payment.provider"]._get_customer_credit_provider(company),
            "credit": credit,
            "due": due,
            "amount": min(due, spendable),
            "wanted": wanted,
            "owed": get_owed(wanted, credit, currency),
            "lost_discount": invoice_sudo._get_customer_credit_lost_discount(),
            "currency": currency,
        }
