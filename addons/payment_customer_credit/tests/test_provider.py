from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..hooks import _remove_customer_credit_provider, _setup_customer_credit_provider
from .common import CreditPaymentCase


@tagged("post_install", "-at_install")
class TestProvider(CreditPaymentCase):
    """Customer credit as a provider: without a journal, and offered to whom it belongs only."""

    def offered(self, amount=100, user=None, partner=None, company=None, context=(), **options):
        """Whether credit is among the payment methods of a payment: of an invoice, unless something else is said."""
        if not context and "invoice_id" not in options:
            options["invoice_id"] = self.invoice(10, partner or self.contact).id
        Provider = self.env(user=user or self.portal_user)["payment.provider"].sudo()
        providers = Provider.with_context(**dict(context))._get_compatible_providers(
            (company or self.company).id,
            (partner or self.contact).id,
            amount,
            currency_id=self.company.currency_id.id,
            **options,
        )
        return "customer_credit" in providers.mapped("code")

    def test_it_is_disabled_until_somebody_enables_it(self):
        company = self.env["res.company"].create({"name": "New company"})
        provider = self.provider("customer_credit", company=company)
        self.assertRecordValues(provider, [{"state": "disabled", "is_published": False}])

    def test_the_settings_lead_to_the_provider_of_the_company(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.company_id, self.company)
        action = settings.action_open_customer_credit_provider()
        self.assertEqual((action["res_model"], action["res_id"]), ("payment.provider", self.credit_provider.id))
        self.env["payment.provider"].search([("code", "=", "customer_credit")]).code = "none"
        self.assertEqual(settings.action_open_customer_credit_provider()["res_model"], "payment.provider")

    def test_it_has_no_journal_and_no_method_of_payments(self):
        self.assertFalse(self.credit_provider.journal_id)
        self.assertFalse(self.env["account.payment.method"].search([("code", "=", "customer_credit")]))
        self.assertFalse(
            self.env["account.payment.method.line"].search([("payment_provider_id", "=", self.credit_provider.id)])
        )

    def test_enabling_it_activates_its_method(self):
        self.env["payment.provider"].search([("code", "=", "customer_credit")]).state = "disabled"
        self.assertFalse(self.credit_method.active)
        self.credit_provider.state = "enabled"
        self.assertTrue(self.credit_method.active)

    def test_real_credit_has_no_test_mode(self):
        with self.assertRaises(ValidationError):
            self.credit_provider.state = "test"

    def test_it_is_offered_to_a_customer_with_enough_credit(self):
        self.assertTrue(self.offered(100))
        self.assertFalse(self.offered(100.01))

    def test_it_is_not_offered_without_credit(self):
        self.assertFalse(self.offered(0.01, user=self.stranger_user, partner=self.stranger))
        self.assertFalse(self.offered(0, user=self.stranger_user, partner=self.stranger))

    def test_it_is_never_offered_to_the_public(self):
        self.assertFalse(self.offered(10, user=self.env.ref("base.public_user")))

    def test_it_is_not_offered_for_somebody_elses_payment(self):
        self.assertFalse(self.offered(10, user=self.stranger_user))
        self.assertFalse(self.offered(10, partner=self.stranger))

    def test_it_is_not_offered_for_somebody_elses_document(self):
        invoice = self.invoice(10, self.stranger)
        self.assertFalse(self.offered(10, invoice_id=invoice.id))
        self.assertFalse(self.offered(10, context={"customer_credit_partner_id": self.stranger.id}))
        self.assertTrue(self.offered(10, invoice_id=self.invoice(10).id))

    def test_it_is_not_offered_for_nothing(self):
        """A link to pay some amount names no document that it would settle."""
        self.assertFalse(self.offered(10, invoice_id=None))
        self.assertFalse(self.offered(10, invoice_id=self.invoice(10).id + 10_000))

    def test_after_an_uninstallation_the_old_providers_are_taken_up_again(self):
        env = self.env(su=True)  # as the hooks
        Provider = env["payment.provider"]
        theirs = self.provider("customer_credit", company=env["res.company"].create({"name": "Other company"}))
        tx = self.pay_with_credit(self.transaction(60, [self.invoice(60)]))
        ours, known = self.credit_provider.sudo(), Provider.search([])
        _remove_customer_credit_provider(env)
        self.assertEqual({ours.code, theirs.code}, {"none"})
        # the data of the addon are deleted and made anew, as far as nothing keeps them
        main = env.ref("payment_customer_credit.payment_provider_customer_credit")
        made = Provider.create(
            {
                "name": "Customer Credit",
                "code": "customer_credit",
                "company_id": main.company_id.id,
                "module_id": main.module_id.id,
                "redirect_form_view_id": env.ref("payment_customer_credit.redirect_form").id,
                "payment_method_ids": [Command.set(self.credit_method.ids)],
            }
        )
        names = [("module", "=", "payment_customer_credit"), ("name", "=", "payment_provider_customer_credit")]
        env["ir.model.data"].search(names).res_id = made.id
        env.flush_all()
        _setup_customer_credit_provider(env)
        self.assertEqual(Provider.search([]), known)
        self.assertEqual((ours.code, theirs.code, tx.provider_code), ("customer_credit",) * 3)
        self.assertEqual(env.ref("payment_customer_credit.payment_provider_customer_credit"), main)
        ours.write({"state": "enabled", "is_published": True})
        self.assertTrue(self.offered(10))
        self.assertEqual(self.pay_with_credit(self.transaction(10, [self.invoice(10)])).state, "done")

    def test_it_is_not_offered_in_another_company(self):
        other = self.setup_other_company(name="Other company")["company"]
        self.provider("customer_credit", company=other, state="enabled", is_published=True)
        self.assertFalse(self.offered(10, company=other))

    def test_it_saves_no_card_and_is_no_express_checkout(self):
        self.assertFalse(self.offered(10, force_tokenization=True))
        self.assertFalse(self.offered(10, is_express_checkout=True))
        self.assertFalse(self.offered(0, is_validation=True))

    def test_credit_cannot_be_bought_with_credit(self):
        self.assertFalse(self.offered(10, context={"customer_credit_topup": True}))

    def test_nonsense_in_the_payment_context_is_no_document(self):
        for nonsense in ("abc", None, -1, "1; DROP TABLE", 10**20):
            self.offered(10, invoice_id=nonsense)

    def test_it_cannot_be_refunded_by_a_button(self):
        self.assertEqual(self.credit_provider.support_refund, "none")
