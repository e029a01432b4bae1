from odoo import Command
from odoo.tests import tagged

from ..common import OnPostCase


@tagged("post_install", "-at_install", "-standard", "flow")
class TestFlowPointOfSale(OnPostCase):
    """The till closes as Odoo closes it, and what belongs together at the till is settled with each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("point_of_sale.group_pos_manager")
        cls.product = cls.env["product.product"].create(
            {"name": "Coffee", "available_in_pos": True, "taxes_id": [Command.clear()]}
        )
        cls.provider = cls.env["payment.provider"].create(
            {"name": "Card", "code": "none", "state": "test", "is_published": True, "company_id": cls.company.id}
        )
        cls._create_dummy_payment_method_for_provider(provider=cls.provider, journal=cls.bank_journal)
        Method = cls.env["pos.payment.method"]
        cls.on_account = Method.create({"name": "Customer Account", "split_transactions": True})
        cls.card = Method.create({"name": "Card", "split_transactions": True, "journal_id": cls.bank_journal.copy().id})
        cls.online = Method.create(
            {
                "name": "Online",
                "is_online_payment": True,
                "online_payment_provider_ids": [Command.set(cls.provider.ids)],
            }
        )
        cls.till = cls.env["pos.config"].create(
            {"name": "Till", "payment_method_ids": [Command.set((cls.on_account | cls.card | cls.online).ids)]}
        )

    # --- doing --------------------------------------------------------------------------------------------------------

    def order(self, amount, method=None, sold=None, **vals):
        """An order of the open session, paid with a method; ``sold``: the order that it returns."""
        self.till.open_ui()
        session = self.till.current_session_id
        session.set_opening_control(0, "")
        if sold:
            order = self.env["pos.order"].browse(sold.refund()["res_id"])
            order.write(vals)
        else:
            order = self.env["pos.order"].create(
                {
                    "session_id": session.id,
                    "partner_id": self.customer.id,
                    "amount_total": amount,
                    "amount_paid": 0,
                    "amount_tax": 0,
                    "amount_return": 0,
                    "lines": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "qty": 1,
                                "price_unit": amount,
                                "price_subtotal": amount,
                                "price_subtotal_incl": amount,
                            }
                        )
                    ],
                    **vals,
                }
            )
        if method:
            context = {"active_ids": order.ids, "active_id": order.id}
            self.env["pos.make.payment"].with_context(**context).create({"payment_method_id": method.id}).check()
            self.assertIn(order.state, ("paid", "done"))
        self.commit()
        return order

    def pay_online(self, order, amount=None):
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "reference": f"card-{order.id}",
                "amount": amount or order.amount_total,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.customer.id,
                "operation": "online_direct",
                "pos_order_id": order.id,
            }
        )
        transaction._set_done()
        transaction._post_process()
        self.commit()
        return transaction.payment_id

    def close(self):
        """Close the session, as the till does.

        :return: the closing entry
        """
        session = self.till.current_session_id
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        self.commit()
        return session.move_id

    def invoice_order(self, order):
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.commit()
        return order.account_move

    # --- online payments ----------------------------------------------------------------------------------------------

    def test_online_payment_is_kept_for_its_session(self):
        old = self.invoice(50, day="2024-01-10")
        order = self.order(50)
        payment = self.pay_online(order)
        self.assertOpen(old, 50)
        new = self.invoice(50)
        self.commit()
        self.assertLeft(self.allocate(partner_ids=(self.customer.id,)), payment, "reserved")
        entry = self.close()
        self.assertOpen(payment, 0)
        self.assertOpen(old, 50)
        self.assertOpen(new, 50)
        self.assertTrue(self.open_items(payment).matched_debit_ids.debit_move_id.move_id == entry)

    def test_online_payment_of_an_order_that_was_cancelled_is_free(self):
        order = self.order(50)
        payment = self.pay_online(order, 20)
        old = self.invoice(20, day="2024-01-10")
        self.commit()
        self.assertOpen(old, 20)
        order.action_pos_order_cancel()
        self.assertEqual(order.state, "cancel")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(old, payment, 20)

    # --- invoiced after the session was closed ------------------------------------------------------------------------

    def test_reversal_of_a_card_payment_meets_the_entry_of_the_payment(self):
        old = self.invoice(60, day="2024-01-10")
        order = self.order(60, self.card)
        self.close()
        invoice = self.invoice_order(order)
        paid = order.payment_ids.account_move_id
        reversal = self.env["account.move"].search([("reversed_pos_order_id", "=", order.id)])
        self.assertOpen(invoice, 0)
        self.assertOpen(old, 60)
        self.assertTrue(paid and reversal)
        for entry in (paid, reversal):
            self.assertTrue(all(self.open_items(entry).mapped("reconciled")), entry.ref)

    def test_reversal_of_a_sale_on_account_takes_it_out_of_the_closing_entry(self):
        old = self.invoice(60, day="2024-01-10")
        order = self.order(60, self.on_account)
        entry = self.close()
        self.assertOpen(entry, 60)
        invoice = self.invoice_order(order)
        self.assertOpen(entry, 0)
        self.assertOpen(invoice, 60)
        self.assertOpen(old, 60)

    def test_reversal_of_a_sale_on_account_that_was_paid_meanwhile_pays_the_invoice(self):
        order = self.order(60, self.on_account)
        entry = self.close()
        self.payment(60)
        self.commit()
        self.assertOpen(entry, 0)
        old = self.invoice(60, day="2024-01-10")
        invoice = self.invoice_order(order)
        self.assertOpen(invoice, 0)
        self.assertOpen(old, 60)

    # --- refunds ------------------------------------------------------------------------------------------------------

    def test_refund_on_account_settles_the_sale(self):
        sold = self.order(60, self.on_account)
        entry = self.close()
        old = self.invoice(60, day="2024-01-10")
        self.commit()
        self.order(-60, self.on_account, sold=sold)
        refund = self.close()
        self.assertAllocated(entry, refund, 60, "reference")
        self.assertOpen(old, 60)

    def test_refund_of_one_customer_does_not_settle_the_sale_to_another(self):
        sold = self.order(60, self.on_account)
        self.order(60, self.on_account, partner_id=self.stranger.id)
        entry = self.close()
        self.order(-60, self.on_account, sold=sold)
        self.close()
        still_open = self.open_items(entry).filtered(lambda line: not line.reconciled)
        self.assertEqual(still_open.partner_id, self.stranger)

    def test_refund_in_the_session_of_the_sale(self):
        old = self.invoice(60, day="2024-01-10")
        sold = self.order(60, self.on_account)
        self.order(-60, self.on_account, sold=sold)
        entry = self.close()
        self.assertTrue(all(self.open_items(entry).mapped("reconciled")))
        self.assertOpen(old, 60)

    def test_credit_note_of_a_refund_settles_the_sale(self):
        sold = self.order(60, self.on_account)
        entry = self.close()
        old = self.invoice(60, day="2024-01-10")
        self.commit()
        refund = self.order(-60, self.on_account, sold=sold)
        credit_note = self.invoice_order(refund)
        self.assertEqual(credit_note.move_type, "out_refund")
        self.assertAllocated(entry, credit_note, 60, "reference")
        self.assertOpen(old, 60)
