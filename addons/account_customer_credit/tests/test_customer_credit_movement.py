from odoo.tests import tagged

from .customer_credit_common import CustomerCreditCase


class MovementCase(CustomerCreditCase):
    def movements(self, partner=None, **context):
        """The history of a customer, in its order."""
        self.env.flush_all()
        Movement = self.env["customer.credit.movement"].with_context(**context)
        Movement.invalidate_model()
        return Movement.search(
            [("partner_id", "=", (partner or self.customer).id), ("company_id", "=", self.company.id)],
            order="currency_id, date, position",
        )

    def assertHistory(self, expected, partner=None):
        """Pairs of kind and amount, in their order."""
        movements = self.movements(partner)
        self.assertEqual([(row.kind, row.amount) for row in movements], expected)
        return movements


@tagged("post_install", "-at_install")
class TestCustomerCreditMovement(MovementCase):
    """What happened to a customer's credit, as the ledger tells it."""

    def test_payments_credit_notes_and_entries_give_credit(self):
        self.payment(100, day="2024-01-10")
        self.credit_note(30, day="2024-01-20")
        self.entry(-20, day="2024-02-10")
        rows = self.assertHistory([("payment", 100), ("credit_note", 30), ("entry", 20)])
        self.assertEqual(rows.mapped("balance"), [100, 130, 150])
        self.assertEqual(rows.mapped("position"), [1, 2, 3])

    def test_an_invoice_that_is_paid_spends_credit_and_an_open_one_does_not(self):
        payment, invoice = self.payment(100), self.invoice(30)
        self.invoice(500)
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        rows = self.assertHistory([("payment", 100), ("invoice", -30)])
        self.assertEqual(rows[1].move_id, invoice)
        self.assertEqual(rows[1].name, invoice.name)
        self.assertEqual(rows[1].balance, 70)

    def test_money_paid_out_is_no_credit_any_more(self):
        payment, refund = self.payment(100), self.payment(40, payment_type="outbound", day="2024-04-01")
        self.assertHistory([("payment", 100), ("payout", -40)])
        (self.open_items(payment) | self.open_items(refund)).reconcile()
        self.assertHistory([("payment", 100), ("payout", -40)])

    def test_what_is_reserved_released_and_spent(self):
        self.payment(100)
        reservation = self.reserve(60)
        rows = self.assertHistory([("payment", 100), ("reservation", -60)])
        self.assertEqual(rows[1].reservation_id, reservation)
        reservation._credit_settle(self.invoice(25))
        self.assertHistory([("payment", 100), ("reservation", -60)])
        reservation._credit_release()
        rows = self.assertHistory([("payment", 100), ("spent", -60), ("release", 35)])
        self.assertEqual(rows[2].reservation_id, reservation)
        self.assertEqual(rows[2].balance, 75)

    def test_the_example_of_the_models_documentation(self):
        payment = self.payment(100)
        reservation = self.reserve(30)
        invoice = self.invoice(40)
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        reservation._credit_release()
        bank = self.env["res.partner.bank"].create({"acc_number": "BE1", "partner_id": self.customer.id})
        withdrawal = self.customer._request_credit_withdrawal(20, self.dollar, bank, self.company)
        withdrawal.reservation_id._credit_settle(self.payment(20, payment_type="outbound").move_id)
        expected = [("payment", 100), ("reservation", -30), ("invoice", -40), ("release", 30), ("withdrawal", -20)]
        self.assertCountEqual([(row.kind, row.amount) for row in self.movements()], expected)
        self.assertAvailable(40)

    def test_what_was_reserved_is_spent_as_soon_as_nothing_of_it_is_held(self):
        self.payment(100)
        reservation = self.reserve(60)
        reservation._credit_settle(self.invoice(60))
        self.assertHistory([("payment", 100), ("spent", -60)])
        self.assertEqual(self.env["customer.credit.movement"].search_count([("kind", "=", "reservation")]), 0)

    def test_what_was_released_at_all_was_reserved(self):
        self.payment(100)
        self.reserve(60)._credit_release()
        self.assertHistory([("payment", 100), ("reservation", -60), ("release", 60)])

    def test_what_was_reserved_is_not_taken_twice_when_it_is_paid_out(self):
        self.payment(100)
        reservation = self.reserve(60)
        refund = self.payment(60, payment_type="outbound")
        self.assertHistory([("payment", 100), ("payout", -60), ("reservation", -60)])
        reservation._credit_settle(refund.move_id)
        self.assertHistory([("payment", 100), ("spent", -60)])
        self.assertAvailable(40)

    def test_an_overdraft_that_new_credit_settles(self):
        self.company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50})
        self.payment(100)
        self.reserve(120)
        self.payment(70, day=str(self.env.cr.now().date()))
        self.assertHistory([("payment", 100), ("reservation", -120), ("payment", 70)])
        self.customer._credit_settle_overdraft(self.company, self.dollar)
        rows = self.assertHistory([("payment", 100), ("reservation", -120), ("payment", 70)])
        self.assertEqual(rows[-1].balance, 50)

    def test_an_earmarked_payment_never_was_free(self):
        payment = self.payment(100)
        reservation = self.customer._credit_earmark(self.open_items(payment), self.stranger)
        self.assertHistory([])
        reservation._credit_release()
        self.assertHistory([("payment", 100)])

    def test_a_contact_moves_the_credit_of_its_company(self):
        contact = self.env["res.partner"].create({"name": "Colleen", "parent_id": self.customer.id})
        self.entry(-20, contact)
        self.assertHistory([("entry", 20)])

    def test_vendors_and_drafts_make_no_movements(self):
        self.vendor_payment(50, self.customer), self.payment(100, post=False)
        self.assertHistory([])

    def test_credit_in_another_currency_has_a_history_of_its_own(self):
        self.payment(100)
        self.payment(80, currency_id=self.euro.id)
        rows = self.movements()
        self.assertEqual(
            {row.currency_id: (row.amount, row.balance) for row in rows},
            {self.dollar: (100, 100), self.euro: (80, 80)},
        )

    def test_credit_that_pays_an_invoice_in_another_currency(self):
        payment, invoice = self.payment(100, day="2024-02-01"), self.invoice(80, currency_id=self.euro.id)
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        self.assertHistory([("payment", 100), ("invoice", -40)])
        self.assertAvailable(60)

    def test_what_crosses_currencies_between_two_movements_is_told_on_both_sides(self):
        payment = self.payment(100, day="2024-02-01")
        refund = self.payment(80, payment_type="outbound", currency_id=self.euro.id, day="2024-02-01")
        (self.open_items(payment) | self.open_items(refund)).reconcile()
        self.assertEqual(
            {(row.currency_id, row.kind): row.amount for row in self.movements()},
            {
                (self.dollar, "payment"): 100,
                (self.euro, "payout"): -80,
                (self.dollar, "exchange"): -40,
                (self.euro, "exchange"): 80,
            },
        )
        self.assertAvailable(60)
        self.assertAvailable(0, self.euro)

    def test_ids_stay_and_are_read_one_by_one(self):
        payment, invoice = self.payment(100), self.invoice(30)
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        rows = self.movements()
        rows.invalidate_model()
        self.assertEqual([row.amount for row in rows.browse(rows.ids)], [100, -30])
        self.payment(5, day="2024-01-01")
        self.assertEqual(self.movements()[1:], rows)

    def test_the_context_keeps_the_ledger_of_others_away(self):
        self.payment(100), self.payment(70, self.stranger)
        Movement = self.env["customer.credit.movement"].with_context(customer_credit_partner_ids=self.customer.ids)
        self.assertEqual(Movement.search([("company_id", "=", self.company.id)]).partner_id, self.customer)

    def test_money_that_was_paid_back_counts_no_more_once_its_payment_is_in_draft(self):
        payment, refund = self.payment(100), self.payment(30, payment_type="outbound")
        (self.open_items(payment) | self.open_items(refund)).reconcile()
        refund.action_draft()  # Odoo keeps it reconciled
        rows = self.assertHistory([("payment", 100), ("entry", -30)])
        self.assertAvailable(rows[-1].balance)

    def test_a_movement_opens_its_document(self):
        payment, invoice = self.payment(100), self.invoice(30)
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        received, spent = self.movements()
        action = received.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.payment", payment.id))
        action = spent.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", invoice.id))

    def test_movements_can_be_grouped_and_exported(self):
        self.payment(100), self.payment(50), self.credit_note(20)
        domain = [("partner_id", "=", self.customer.id)]
        groups = self.env["customer.credit.movement"]._read_group(domain, ["kind"], ["amount:sum"], order="kind")
        self.assertEqual(dict(groups), {"payment": 150, "credit_note": 20})
        exported = self.movements().export_data(["date", "kind", "amount", "balance", "move_id/name"])
        self.assertEqual([row[2:4] for row in exported["datas"]], [[20, 20], [100, 120], [50, 170]])

    def test_the_condition_on_the_customer_reaches_the_index_of_the_journal_items(self):
        """A list of one customer must not read the ledger of all."""
        self.payment(100)
        Movement = self.env["customer.credit.movement"]
        query = Movement._search([("partner_id", "=", self.customer.id)])
        # tables of a test are too small for an index to be worth it: what counts is whether it can be used at all
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute("EXPLAIN " + query.select().code, query.select().params)
        plan = "\n".join(row for (row,) in self.env.cr.fetchall())
        self.assertNotIn("Seq Scan on account_move_line", plan)
        self.assertRegex(plan, r"commercial_partner_id = \d+")
