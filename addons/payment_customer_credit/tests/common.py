import re
from unittest import SkipTest

from odoo import Command, fields
from odoo.tests import HttpCase, new_test_user

from odoo.addons.account_credit_allocation.tests.common import AllocationCase


class CreditPaymentCase(AllocationCase):
    """A company that takes credit as a payment, with a customer who logs in to the portal and has 100.00 of credit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("account_payment.enable_portal_payment", "True")
        cls.credit_provider = cls.provider("customer_credit", state="enabled", is_published=True)
        cls.credit_method = cls.credit_provider.payment_method_ids
        cls.contact = cls.env["res.partner"].create(
            {"name": "Brandon", "parent_id": cls.customer.id, "email": "brandon@azure.example.com"}
        )
        cls.portal_user = cls.new_portal_user("brandon", cls.contact)
        cls.stranger_user = cls.new_portal_user("deco", cls.stranger)
        cls.deposit = cls.payment(100, credit_allocation_excluded=True)

    # --- factories ----------------------------------------------------------------------------------------------------

    @classmethod
    def new_portal_user(cls, login, partner):
        return new_test_user(
            cls.env,
            login=login,
            name=partner.name,
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    @classmethod
    def provider(cls, code, company=None, **vals):
        """The company's provider of a kind; made from that of another company where it has none."""
        company = company or cls.company
        Provider = cls.env["payment.provider"].sudo()
        provider = Provider.search([("code", "=", code), ("company_id", "=", company.id)], limit=1)
        if not provider:
            pattern = Provider.search([("code", "=", code)], limit=1)
            if not pattern:
                raise SkipTest(f"There is no provider {code}: these tests need payment_demo and payment_custom.")
            provider = pattern.copy({"company_id": company.id})
        provider.write(vals)
        return provider

    @classmethod
    def transaction(cls, amount, invoices=(), provider=None, partner=None, **vals):
        """A draft transaction of the contact, of the credit provider unless another one is given."""
        provider = provider or cls.credit_provider
        return (
            cls.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.with_context(active_test=False).payment_method_ids[:1].id,
                    "amount": amount,
                    "currency_id": cls.company.currency_id.id,
                    "partner_id": (partner or cls.contact).id,
                    "operation": "online_redirect",
                    "invoice_ids": [Command.set([invoice.id for invoice in invoices])],
                    **vals,
                }
            )
        )

    @classmethod
    def discounted_invoice(cls, amount):
        """An invoice of today, with a discount of 10 % when it is paid within 10 days."""
        term = cls.env["account.payment.term"].create(
            {
                "name": "10 % within 10 days",
                "early_discount": True,
                "discount_percentage": 10,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        return cls.invoice(amount, cls.contact, day=str(fields.Date.today()), invoice_payment_term_id=term.id)

    @classmethod
    def topup(cls, amount, state="done", provider=None, **vals):
        """A top-up with the demo provider, processed and post-processed."""
        provider = provider or cls.provider("demo", state="test", is_published=True)
        vals = {"operation": "online_direct", "is_customer_credit_topup": True, **vals}
        tx = cls.transaction(amount, provider=provider, **vals)
        if state:
            tx._process("demo", {"reference": tx.reference, "simulated_state": state})
            tx._post_process()
        return tx

    @classmethod
    def pay_with_credit(cls, tx):
        """Confirm a transaction as the customer does, and post-process it."""
        tx._process("customer_credit", {"reference": tx.reference})
        tx._post_process()
        return tx

    def reservations(self, origin):
        return (
            self.env["customer.credit.reservation"]
            .sudo()
            .search([("origin_model", "=", origin._name), ("origin_id", "=", origin.id)])
        )

    # --- asserting ----------------------------------------------------------------------------------------------------

    def credit(self, partner=None):
        return (partner or self.customer)._get_credit(self.company, self.company.currency_id)

    def assertCredit(self, amount, partner=None):
        """What the ledger says is available, in the company's currency."""
        self.assertAlmostEqual(self.credit(partner), amount)


class CreditPortalCase(CreditPaymentCase, HttpCase):
    """The same, seen through real requests."""

    csrf_token = None

    def log_in(self, user=None):
        user = user or self.portal_user
        self.authenticate(user.login, user.login)
        self.csrf_token = None

    def get(self, url):
        return self.url_open(url)

    def token(self, url="/my/security"):
        """The CSRF token of this session, as a page has it."""
        if not self.csrf_token:
            self.csrf_token = re.search(r'csrf_token: "(\w+)"', self.get(url).text)[1]
        return self.csrf_token

    def post(self, url, csrf=True, **form):
        """Send a form. It carries a valid token of this session unless ``csrf`` is False."""
        if csrf:
            form["csrf_token"] = self.token()
        return self.url_open(url, data={**form, "form": "1"})

    def pay_by_post(self, tx, **options):
        return self.post("/payment/customer_credit/process", reference=tx.reference, **options)

    def all_reservations(self):
        self.env.invalidate_all()
        return self.env["customer.credit.reservation"].sudo().search([("company_id", "=", self.company.id)])
