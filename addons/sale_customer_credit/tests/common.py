from odoo import Command

from odoo.addons.account_customer_credit.tests.customer_credit_common import CustomerCreditCase


class OrderCreditCase(CustomerCreditCase):
    """Sales orders of untaxed services, and a payment provider that pays them by card."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.provider = cls.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "company_id": cls.company.id}
        )
        cls._create_dummy_payment_method_for_provider(provider=cls.provider, journal=cls.bank_journal)
        cls.product = cls.env["product.product"].create(
            {"name": "Service", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )

    # --- factories ----------------------------------------------------------------------------------------------------

    @classmethod
    def order(cls, amount, partner=None, confirm=True, quantity=1, currency=None, **vals):
        """A sales order of one line; invoiced by what is ordered."""
        if currency:
            pricelist = cls.env["product.pricelist"].create({"name": currency.name, "currency_id": currency.id})
            vals["pricelist_id"] = pricelist.id
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "require_signature": False,
                "require_payment": False,
                "order_line": [
                    Command.create(
                        {
                            "product_id": cls.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": amount / quantity,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **vals,
            }
        )
        if confirm:
            order.action_confirm()
        return order

    @classmethod
    def transaction(cls, amount, orders=None, **vals):
        """An online transaction, of the customer of the orders, in the currency of the orders."""
        orders = orders or cls.env["sale.order"]
        return cls.env["payment.transaction"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.env.ref("payment.payment_method_unknown").id,
                "reference": f"card-{cls.env['payment.transaction'].search_count([])}",
                "amount": amount,
                "currency_id": (orders.currency_id or cls.company.currency_id).id,
                "partner_id": (orders.partner_invoice_id or cls.customer)[:1].id,
                "operation": "online_direct",
                "sale_order_ids": [Command.set(orders.ids)],
                **vals,
            }
        )

    @classmethod
    def pay_by_card(cls, amount, orders, **vals):
        """:return: the posted payment of a transaction that is done"""
        transaction = cls.transaction(amount, orders, **vals)
        transaction._set_done()
        transaction._post_process()
        return transaction.payment_id

    @classmethod
    def invoice_order(cls, orders, post=True):
        """Invoice what can be invoiced of the orders."""
        invoice = orders._create_invoices(final=True)
        if post:
            invoice.action_post()
        return invoice

    @classmethod
    def invoice_part(cls, order, quantity):
        """Invoice so many units of a line of several."""
        invoice = cls.invoice_order(order, post=False)
        invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()
        return invoice

    @classmethod
    def invoice_down_payment(cls, order, amount):
        wizard = cls.env["sale.advance.payment.inv"].create(
            {"sale_order_ids": order.ids, "advance_payment_method": "fixed", "fixed_amount": amount}
        )
        invoice = wizard._create_invoices(order)
        invoice.action_post()
        return invoice

    @classmethod
    def use_cash_account(cls):
        """Let card payments be booked on an account of type cash, so that they are paid at once."""
        cls.provider.journal_id.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == cls.provider
        ).payment_account_id = cls.bank_journal.default_account_id

    @classmethod
    def offers(cls, invoice):
        """The entries that Odoo's own list of outstanding credits offers for an invoice."""
        invoice.invalidate_recordset()
        widget = invoice.invoice_outstanding_credits_debits_widget
        return (
            cls.env["account.move.line"].browse([offer["id"] for offer in widget["content"]] if widget else []).move_id
        )

    # --- asserting ----------------------------------------------------------------------------------------------------

    def assertHeld(self, amount, order):
        self.assertAlmostEqual(sum(order._get_credit_reservations().mapped("amount_held")), amount)

    def assertPaid(self, invoice, record, amount):
        """So much of the invoice, in the company's currency, is paid by the payment or entry."""
        self.assertAlmostEqual(sum(self.partials_between(invoice, record).mapped("amount")), amount)
