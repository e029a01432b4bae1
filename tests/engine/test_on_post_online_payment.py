from odoo import Command
from odoo.tests import tagged

from ..common import OnPostCase


class OnlinePaymentCase(OnPostCase):
    """A provider, and a customer with an old invoice of 200."""

    def setUp(self):
        super().setUp()
        if "payment.transaction" not in self.env:
            self.skipTest("online payments are not installed")
        self.provider = self.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "company_id": self.company.id}
        )
        self._create_dummy_payment_method_for_provider(provider=self.provider, journal=self.bank_journal)
        self.old = self.invoice(200, day="2024-01-10")
        self.commit()

    def transaction(self, amount, **vals):
        return self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": f"card-{amount}",
                "amount": amount,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "operation": "online_direct",
                **vals,
            }
        )

    def paid_order(self, amount):
        if "sale.order" not in self.env:
            self.skipTest("sales are not installed")
        self.env.user.group_ids |= self.env.ref("sales_team.group_sale_salesman_all_leads")
        product = self.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": product.id, "price_unit": amount})],
            }
        )
        transaction = self.transaction(amount, sale_order_ids=[Command.set(order.ids)])
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(order.state, "sale")
        return order, transaction


@tagged("post_install", "-at_install")
class TestOnPostOnlinePayment(OnlinePaymentCase):
    """A card payment pays its own invoice or its own sales order, whatever older invoices are open."""

    def test_card_payment_pays_the_invoice_it_was_made_for(self):
        invoice = self.invoice(80)
        self.commit()
        transaction = self.transaction(80, invoice_ids=[Command.set(invoice.ids)])
        transaction._set_done()
        transaction._post_process()
        self.commit()
        self.assertTrue(self.partials_between(invoice, transaction.payment_id))
        self.assertOpen(invoice, 0)
        self.assertOpen(self.old, 200)

    def test_invoice_with_a_card_payment_under_way_is_left_to_it(self):
        invoice = self.invoice(80, post=False)
        transaction = self.transaction(80, invoice_ids=[Command.set(invoice.ids)])
        transaction._set_pending()
        credit_note = self.credit_note(80, day="2024-01-05")
        self.old.credit_allocation_excluded = True
        invoice.action_post()
        self.commit()
        self.assertOpen(invoice, 80)
        self.assertOpen(credit_note, 80)
        transaction._set_done()
        transaction._post_process()
        self.commit()
        self.assertTrue(self.partials_between(invoice, transaction.payment_id))
        self.assertOpen(credit_note, 80)

    def test_invoice_is_free_again_when_the_card_payment_is_cancelled(self):
        invoice = self.invoice(80)
        transaction = self.transaction(80, invoice_ids=[Command.set(invoice.ids)])
        transaction._set_pending()
        transaction._set_canceled()
        payment = self.payment(80, memo=invoice.name)
        self.commit()
        self.assertAllocated(invoice, payment, 80)

    def test_card_payment_of_an_order_waits_for_the_invoice_of_the_order(self):
        order, transaction = self.paid_order(80)
        self.commit()
        payment = transaction.payment_id
        self.assertOpen(payment, 80)
        self.assertOpen(self.old, 200)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "reserved")
        invoice = order._create_invoices()
        self.commit()
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertLeft(outcome, payment, "reserved")
        invoice.action_post()
        self.commit()
        self.assertOpen(invoice, 0)
        self.assertTrue(self.partials_between(invoice, payment))
        self.assertOpen(self.old, 200)

    def test_card_payment_of_a_cancelled_order_is_free(self):
        order, transaction = self.paid_order(80)
        self.commit()
        order.with_context(disable_cancel_warning=True).action_cancel()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.old, transaction.payment_id, 80)
