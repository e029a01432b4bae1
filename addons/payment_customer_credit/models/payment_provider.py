from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command

from odoo.addons.account_customer_credit.models.balance.context_ids import get_ids
from odoo.addons.payment import utils as payment_utils


class PaymentProvider(models.Model):
    """Customer credit as a provider of its own, so that whatever takes online payments takes credit.

    No money moves, so it has no journal and makes no ``account.payment``: its transactions reserve credit and settle
    what they pay with it (see the transaction).
    """

    _inherit = "payment.provider"

    code = fields.Selection(
        selection_add=[("customer_credit", "Customer Credit")], ondelete={"customer_credit": "set default"}
    )

    @api.constrains("code", "state")
    def _check_customer_credit_state(self):
        if self.filtered(lambda provider: provider.code == "customer_credit" and provider.state == "test"):
            raise ValidationError(
                self.env._("Customer credit has no test mode, as it spends real credit: enable or disable it.")
            )

    # --- no journal ---------------------------------------------------------------------------------------------------

    @api.depends("code", "state", "company_id")
    def _compute_journal_id(self):
        credit_providers = self.filtered(lambda provider: provider.code == "customer_credit")
        credit_providers.journal_id = False
        return super(PaymentProvider, self - credit_providers)._compute_journal_id()

    def _ensure_payment_method_line(self, allow_create=True):
        if self.code == "customer_credit":
            return None
        return super()._ensure_payment_method_line(allow_create=allow_create)

    @api.model
    def _setup_payment_method(self, code):
        if code == "customer_credit":
            return None
        return super()._setup_payment_method(code)

    def _check_existing_payment(self, payment_method):
        """No method, no payment: a search for the method that is none would find payments without any."""
        return bool(payment_method) and super()._check_existing_payment(payment_method)

    def _get_default_payment_method_codes(self):
        self.ensure_one()
        return {"customer_credit"} if self.code == "customer_credit" else super()._get_default_payment_method_codes()

    # --- who may use it -----------------------------------------------------------------------------------------------

    @api.model
    def _get_compatible_providers(
        self,
        company_id,
        partner_id,
        amount,
        currency_id=None,
        force_tokenization=False,
        is_express_checkout=False,
        is_validation=False,
        report=None,
        **kwargs,
    ):
        """Credit is offered to the logged-in customer who has enough of it, for payments of that customer's own.

        In the context, never from the browser: ``customer_credit_partner_id`` is the customer of the document that is
        to be paid, ``customer_credit_amount`` what is left of it, ``customer_credit_discount`` what is taken off for an
        early payment, ``customer_credit_topup`` says that credit is bought.
        """
        providers = super()._get_compatible_providers(
            company_id,
            partner_id,
            amount,
            currency_id=currency_id,
            force_tokenization=force_tokenization,
            is_express_checkout=is_express_checkout,
            is_validation=is_validation,
            report=report,
            **kwargs,
        )
        credit_providers = providers.filtered(lambda provider: provider.code == "customer_credit")
        if not credit_providers:
            return providers
        refused = credit_providers
        if not (force_tokenization or is_express_checkout or is_validation):
            amount = self.env.context.get("customer_credit_amount", amount)
            payers = self._get_customer_credit_payers(partner_id, **kwargs)
            currency = self.env["res.currency"].browse(currency_id or ())
            refused = credit_providers.filtered(
                lambda provider: not provider._can_spend_customer_credit(company_id, payers, amount, currency)
            )
        payment_utils.add_to_report(
            report, refused, available=False, reason=self.env._("not enough credit of the customer's own")
        )
        return providers - refused

    @api.model
    def _get_customer_credit_payers(self, partner_id, **kwargs):
        """The commercial partners whose payment it is: of who pays, and of each document that is paid. None where no
        document is named: credit settles documents.

        :param int partner_id: who pays
        :param dict kwargs: the payment context, with the ids of documents
        """
        partners = self.env["res.partner"].sudo()
        partners = partners.browse(get_ids(self.env.context.get("customer_credit_partner_id"))).exists()
        for model, name in (("account.move", "invoice_id"), ("sale.order", "sale_order_id")):
            document_id = kwargs.get(name)
            if model in self.env and str(document_id).isdecimal():
                partners += self.env[model].sudo().browse(int(document_id)).exists().partner_id
        return partners and (partners + partners.browse(partner_id).exists()).commercial_partner_id

    def _can_spend_customer_credit(self, company_id, payers, amount, currency):
        """Whether the current user may pay ``amount`` for ``payers`` with credit.

        :param int company_id: of what is paid; credit is spent in the company that owes it only
        :param payers: commercial partners, see :meth:`_get_customer_credit_payers`
        :param float amount: in ``currency``
        """
        self.ensure_one()
        user, context = self.env.user, self.env.context
        if user._is_public() or context.get("customer_credit_topup") or context.get("customer_credit_discount"):
            return False
        if self.company_id.id != company_id:
            return False
        customer = user.partner_id.commercial_partner_id
        currency = currency or self.company_id.currency_id
        spendable = customer.sudo()._get_spendable_credit(self.company_id, currency) if payers == customer else 0.0
        return currency.compare_amounts(spendable, 0) > 0 and currency.compare_amounts(spendable, amount) >= 0

    @api.model
    def _get_customer_credit_provider(self, company):
        """The provider with which the current user may pay invoices of ``company`` with credit, or none."""
        provider = self.sudo().search(
            [("code", "=", "customer_credit"), ("company_id", "=", company.id), ("state", "=", "enabled")], limit=1
        )
        return provider if provider.is_published or self.env.user._is_internal() else provider.browse()

    # --- uninstalled and installed again ------------------------------------------------------------------------------

    @api.model
    def _take_up_credit_providers(self):
        """Make the providers that an earlier uninstallation left behind, as their transactions need them, what they
        were; those that the installation has made beside them go."""
        made = self.env.ref("payment_customer_credit.payment_provider_customer_credit")
        left = self.search([("code", "=", "none"), ("module_id", "=", made.module_id.id)])
        for provider in left:
            provider.write(
                {
                    "code": made.code,
                    "redirect_form_view_id": made.redirect_form_view_id.id,
                    "payment_method_ids": [Command.set(made.with_context(active_test=False).payment_method_ids.ids)],
                }
            )
        if known := left.filtered(lambda provider: provider.company_id == made.company_id)[:1]:
            domain = [("module", "=", "payment_customer_credit"), ("name", "=", "payment_provider_customer_credit")]
            self.env["ir.model.data"].search(domain).res_id = known.id
            self.env["ir.model.data"].flush_model()  # names are looked up in the database
            made.unlink()
