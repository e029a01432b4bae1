from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


@tagged("post_install", "-at_install")
class TestCustomerCreditOneDocument(CustomerCreditCase):
    """To reserve, settle or release is one act: one numbered document, however many credits it takes.

    In a foreign currency the entry has an item for each credit, at the rate that this was booked at.
    """

    def pay_in(self, count, currency=None):
        for day in range(1, count + 1):
            self.payment(10, currency_id=(currency or self.euro).id, day=f"2024-03-{day:02}")
        self.begin()

    def begin(self):
        """What comes next is counted."""
        self.env.flush_all()
        self.env.invalidate_all()
        self.last = self.env["account.credit.allocation"].search([], order="id desc", limit=1).id or 0

    def count_queries(self, act, *args):
        self.begin()
        before = self.env.cr.sql_log_count
        act(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def assertOneDocument(self, lines, noted):
        """One document since :meth:`begin`, and one note of it in the chatter of the record."""
        document = self.env["account.credit.allocation"].search([("id", ">", self.last)])
        self.assertEqual(len(document), 1)
        self.assertEqual(len(document.line_ids), lines)
        notes = noted.message_ids.filtered(lambda message: document.name in (message.body or ""))
        self.assertEqual(len(notes), 1)

    def test_foreign_credits_are_reserved_settled_and_released_in_one_document_each(self):
        self.pay_in(8)
        reservation = self.reserve(75, currency=self.euro)
        self.assertOneDocument(8, reservation.move_id)
        self.assertEqual(len(reservation.line_ids), 8)
        invoice = self.invoice(55, currency_id=self.euro.id)
        self.begin()
        reservation._credit_settle(invoice)
        self.assertOneDocument(6, invoice)
        self.begin()
        reservation._credit_release()
        self.assertOneDocument(4, reservation.move_id)  # parts of the last three, and 5 that are taken again

    def test_credits_on_two_accounts_are_reserved_in_one_document(self):
        other = self.receivable.copy({"code": "121999", "name": "Other receivable"})
        self.pay_in(2, self.dollar)
        self.entry(-50, account=other)
        self.begin()
        reservation = self.reserve(60)
        self.assertOneDocument(3, reservation.move_id)

    def test_several_invoices_are_settled_in_one_document(self):
        self.pay_in(3)
        reservation = self.reserve(30, currency=self.euro)
        invoices = self.invoice(12, currency_id=self.euro.id) | self.invoice(14, currency_id=self.euro.id)
        self.begin()
        self.assertEqual(reservation._credit_settle(invoices), 26)
        self.assertOneDocument(4, invoices[0])  # 10 and 2, 8 and 6
        self.assertEqual(reservation.amount_held, 4)

    def test_invoices_in_another_currency_and_on_another_account_are_settled_in_one_document(self):
        other = self.receivable.copy({"code": "121999", "name": "Other receivable"})
        self.pay_in(3, self.dollar)
        reservation = self.reserve(30)
        moves = self.invoice(40, currency_id=self.euro.id, day="2024-03-05") | self.entry(15, account=other)
        self.begin()
        self.assertEqual(reservation._credit_settle(moves), 25)  # 10 at the rate of the day of the reservation
        self.assertOneDocument(3, moves[0])  # the change of the account has a line of its own
        self.assertOpen(moves[0], 0)
        self.assertOpen(moves[1], 0)

    def test_withdrawal_of_foreign_credits_is_settled_in_one_document(self):
        self.pay_in(4)
        reservation = self.reserve(40, currency=self.euro)
        paid_out = self.payment(40, currency_id=self.euro.id, payment_type="outbound", day="2024-03-20")
        self.begin()
        reservation._credit_settle(paid_out.move_id)
        self.assertOneDocument(4, paid_out)

    def test_each_further_credit_costs_few_queries(self):
        def spend(count):
            reservation = self.reserve(10 * count, currency=self.euro)
            reservation._credit_settle(self.invoice(10 * count, currency_id=self.euro.id))

        self.pay_in(1)
        self.count_queries(spend, 1)  # what is cached later
        self.pay_in(1)
        one = self.count_queries(spend, 1)
        self.pay_in(8)
        eight = self.count_queries(spend, 8)
        self.assertLess((eight - one) / 7, 20, f"{one} queries for one credit, {eight} for eight")
