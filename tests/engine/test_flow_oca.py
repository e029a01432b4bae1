from odoo import Command
from odoo.tests import tagged

from ..common import OnPostCase


@tagged("post_install", "-at_install", "-standard", "flow")
class TestFlowPaymentOrder(OnPostCase):
    """What stands in a confirmed payment order (OCA's ``account_payment_order``) is left to it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account_payment_order.group_account_payment")

    def new_order(self, invoice, direction="inbound"):
        """A payment order with an invoice in it, by the wizard of the invoice."""
        method = "manual_in" if direction == "inbound" else "manual_out"
        mode = self.env["account.payment.mode"].create(
            {
                "name": "By file",
                "bank_account_link": "variable",
                "variable_journal_ids": [Command.set(self.bank_journal.ids)],
                "payment_method_id": self.env.ref(f"account.account_payment_method_{method}").id,
                "company_id": self.company.id,
            }
        )
        invoice.payment_mode_id = mode
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        self.env["account.invoice.payment.line.multi"].with_context(**context).create({}).run()
        order = self.env["account.payment.order"].search([("payment_mode_id", "=", mode.id)])
        self.assertEqual(order.payment_line_ids.move_line_id.move_id, invoice)
        order.journal_id = self.bank_journal
        return order

    def test_invoice_in_a_confirmed_order_is_left_to_it(self):
        invoice = self.invoice(100)
        order = self.new_order(invoice)
        order.draft2open()
        payment = self.payment(100)
        self.commit()
        self.assertOpen(invoice, 100)
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), invoice, "reserved")
        order.open2generated()
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), invoice, "reserved")
        order.generated2uploaded()
        self.commit()
        self.assertEqual(order.state, "uploaded")
        self.assertOpen(invoice, 0)
        self.assertOpen(payment, 100)

    def test_bill_in_a_confirmed_order_is_left_to_it(self):
        bill = self.bill(100, ref="B1")
        order = self.new_order(bill, "outbound")
        order.draft2open()
        self.vendor_payment(100)
        self.assertLeft(self.allocate(partner_ids=(self.vendor.id,)), bill, "reserved")
        order.open2generated()
        order.generated2uploaded()
        self.assertOpen(bill, 0)

    def test_invoice_in_a_cancelled_order_is_free(self):
        invoice = self.invoice(100)
        order = self.new_order(invoice)
        order.draft2open()
        order.action_cancel()
        payment = self.payment(100)
        self.commit()
        self.assertAllocated(invoice, payment, 100)

    def test_invoice_in_a_draft_order_is_free(self):
        invoice = self.invoice(100)
        self.new_order(invoice)
        payment = self.payment(100)
        self.commit()
        self.assertAllocated(invoice, payment, 100)


@tagged("post_install", "-at_install", "-standard", "flow")
class TestFlowAdvancePayment(OnPostCase):
    """A payment in advance of a sales order (OCA's ``sale_advance_payment``) is kept for its invoices."""

    def setUp(self):
        super().setUp()
        self.env.user.group_ids |= self.env.ref("sales_team.group_sale_salesman_all_leads")
        product = self.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        self.order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [Command.create({"product_id": product.id, "price_unit": 80})],
            }
        )
        self.old = self.invoice(200, day="2024-01-10")
        self.commit()

    def pay_in_advance(self, amount=80):
        context = {"active_model": "sale.order", "active_ids": self.order.ids, "active_id": self.order.id}
        self.env["account.voucher.wizard"].with_context(**context).create(
            {"journal_id": self.bank_journal.id, "amount_advance": amount, "order_id": self.order.id}
        ).make_advance_payment()
        self.commit()
        payment = self.order.account_payment_ids
        self.assertEqual(payment.move_id.state, "posted")
        return payment

    def test_it_is_kept_for_the_invoice_of_the_order(self):
        payment = self.pay_in_advance()
        self.assertOpen(self.old, 200)
        self.order.action_confirm()
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "reserved")
        invoice = self.order._create_invoices()
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "reserved")
        invoice._post()  # not the button, by which the addon itself pays the invoice
        self.commit()
        self.assertAllocated(invoice, payment, 80, "reference")
        self.assertOpen(self.old, 200)

    def test_it_is_free_when_the_order_is_cancelled(self):
        payment = self.pay_in_advance()
        self.order.with_context(disable_cancel_warning=True).action_cancel()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.old, payment, 80)

    def test_what_the_invoice_of_the_order_leaves_is_free(self):
        payment = self.pay_in_advance()
        self.order.action_confirm()
        self.order.order_line.price_unit = 50
        self.order._create_invoices()._post()
        self.commit()
        self.assertOpen(payment, 0)
        self.assertOpen(self.old, 170)
