from odoo import Command
from odoo.tests import tagged

from .test_wizard import WizardCase


@tagged("post_install", "-at_install")
class TestWizardOnlinePayment(WizardCase):
    """What belongs to an online payment that is under way is not for the wizard, even where it is excluded as well."""

    def setUp(self):
        super().setUp()
        if "payment.transaction" not in self.env:
            self.skipTest("online payments are not installed")
        provider = self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "company_id": self.company.id}
        )
        self.paid_by_card, self.other_invoice = self.invoice(80), self.invoice(90)
        self.credit = self.payment(50)
        self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": "card",
                "amount": 80,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(self.paid_by_card.ids)],
            }
        )._set_pending()

    def test_invoice_with_a_card_payment_under_way_is_refused(self):
        self.assertRefused("is reserved for its own order or online payment", self._open_invoice)
        self.paid_by_card.credit_allocation_excluded = True
        self.assertRefused("is reserved for its own order or online payment", self._open_invoice)

    def test_invoice_with_a_card_payment_under_way_is_not_listed(self):
        for excluded in (False, True):
            self.paid_by_card.credit_allocation_excluded = excluded
            wizard = self.allocate_to_invoices(self.credit)
            self.assertEqual(wizard.line_ids.item_id.move_id, self.other_invoice)

    def _open_invoice(self):
        self.allocate_credits_to(self.paid_by_card)
