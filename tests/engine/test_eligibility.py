from odoo import Command
from odoo.tests import tagged

from ..common import AllocationCase


@tagged("post_install", "-at_install")
class TestEligibility(AllocationCase):
    """Which items may meet at all."""

    def test_drafts_are_never_touched(self):
        draft = self.invoice(100, post=False)
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(outcome.documents)
        self.assertEqual(draft.state, "draft")
        self.assertLeft(outcome, payment, "no_counterpart")

    def test_another_partner_is_never_paid(self):
        invoice = self.invoice(100, self.stranger)
        payment = self.payment(100)
        outcome = self.allocate()
        self.assertNotAllocated(invoice, payment)
        self.assertLeft(outcome, payment, "no_counterpart")

    def test_contacts_of_one_commercial_entity_share_their_credit(self):
        child = self.env["res.partner"].create({"name": "Shop", "parent_id": self.customer.id})
        grandchild = self.env["res.partner"].create({"name": "Till", "parent_id": child.id})
        invoice = self.invoice(100, child)
        payment = self.payment(100, grandchild)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, payment, 100)

    def test_receivable_never_nets_against_payable(self):
        bill = self.bill(100, self.customer)
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertFalse(outcome.documents)
        self.assertOpen(bill, 100)
        self.assertLeft(outcome, payment, "no_counterpart")

    def test_items_without_partner_are_listed_and_left(self):
        nobody = self.env["res.partner"]
        debt = self.entry(100, nobody)
        credit = self.entry(-100, nobody)
        outcome = self.allocate()
        self.assertNotAllocated(debt, credit)
        self.assertLeft(outcome, credit, "no_partner")

    def test_another_receivable_account_is_named_as_the_obstacle(self):
        other_account = self.receivable.copy({"code": "121999"})
        invoice = self.invoice(100)
        credit = self.entry(-100, account=other_account)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, credit)
        self.assertLeft(outcome, credit, "account_mismatch")

    def test_another_currency_is_named_as_the_obstacle(self):
        invoice = self.invoice(100, currency_id=self.euro.id)
        payment = self.payment(100)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, payment)
        self.assertLeft(outcome, payment, "currency_mismatch")

    def test_exchange_entries_are_no_candidates(self):
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        self.allocate(partner_ids=(self.customer.id,))
        exchange_entry = self.partials_between(invoice, payment).exchange_move_id
        self.assertTrue(exchange_entry)
        # take only the exchange entry's own reconciliation away: its item is open, and stays out of every allocation
        items = self.open_items(exchange_entry)
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = balance, amount_residual_currency = balance,"
            " reconciled = FALSE WHERE id = ANY(%s)",
            (items.ids,),
        )
        items.invalidate_recordset()
        debts, credits = self.env["account.open.item.reader"]._read_open_items(self._scope())
        self.assertFalse(set(items.ids) & {item.id for item in debts + credits})

    def test_cash_basis_entries_are_no_candidates(self):
        entry = self.entry(-100)
        entry.tax_cash_basis_origin_move_id = self.invoice(50)
        _debts, credits = self.env["account.open.item.reader"]._read_open_items(self._scope())
        self.assertFalse(set(self.open_items(entry).ids) & {item.id for item in credits})

    def test_items_marked_by_an_import_wait_for_their_own_counterpart(self):
        payment = self.payment(100)
        invoice = self.invoice(100, post=False)
        self.open_items(invoice).matching_number = "I77"
        invoice.action_post()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, payment)

    def test_residual_below_the_smallest_unit_is_nothing(self):
        """Such junk comes with migrated data; it must not keep anything else from being allocated."""
        dust, invoice, payment = self.invoice(50), self.invoice(100), self.payment(100)
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = 0.004, amount_residual_currency = 0.004 WHERE id = %s",
            (self.open_items(dust).id,),
        )
        self.env.invalidate_all()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, payment, 100)

    def test_negative_instalment_settles_its_own_invoice_only(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "100 now, balance later",
                "line_ids": [
                    Command.create({"value": "fixed", "value_amount": 100, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 100, "nb_days": 30}),
                ],
            }
        )
        other = self.invoice(40)
        invoice = self.invoice(60, invoice_payment_term_id=terms.id)
        self.assertEqual(sorted(self.open_items(invoice).mapped("balance")), [-40, 100])
        self.allocate(partner_ids=(self.customer.id,))
        self.assertOpen(other, 40)
        self.assertEqual(sorted(self.open_items(invoice).mapped("amount_residual")), [0, 60])

    def test_amounts_enter_as_whole_minor_units(self):
        dinar = self.setup_other_currency("BHD", rounding=0.001, rates=[("2024-01-01", 0.5)])
        yen = self.setup_other_currency("JPY", rounding=1.0, rates=[("2024-01-01", 150.0)])
        expected = {
            self.open_items(self.invoice(26.749950)).id: 2675,
            self.open_items(self.invoice(1.234, currency_id=dinar.id)).id: 1234,
            self.open_items(self.invoice(1234, currency_id=yen.id)).id: 1234,
        }
        debts, _credits = self.env["account.open.item.reader"]._read_open_items(self._scope())
        residuals = {item.id: item.residual for item in debts}
        self.assertEqual({line_id: residuals[line_id] for line_id in expected}, expected)

    def test_two_companies_sharing_an_account_never_mix(self):
        other = self.setup_other_company(name="Other Company")["company"]
        self.env.user.company_ids |= other
        self.receivable.write(
            {
                "company_ids": [Command.link(other.id)],
                "code_mapping_ids": [Command.create({"company_id": other.id, "code": "121998"})],
            }
        )
        entry = (
            self.env["account.move"]
            .with_company(other)
            .create(
                {
                    "move_type": "entry",
                    "date": "2024-03-10",
                    "line_ids": [
                        Command.create(
                            {"account_id": self.receivable.id, "partner_id": self.customer.id, "balance": -100}
                        ),
                        Command.create(
                            {
                                "account_id": self.env["account.account"]
                                .with_company(other)
                                .search([("account_type", "=", "income"), ("company_ids", "=", other.id)], limit=1)
                                .id,
                                "balance": 100,
                            }
                        ),
                    ],
                }
            )
        )
        entry.action_post()
        invoice = self.invoice(100)
        outcome = self.allocate(company_ids=(self.company.id, other.id), partner_ids=(self.customer.id,))
        self.assertFalse(outcome.documents)
        self.assertNotAllocated(invoice, entry)

    def test_a_branch_shares_the_books_of_its_root(self):
        branch = self.branch()
        invoice = self.invoice(100, company=branch)
        payment = self.payment(100)
        self.assertEqual(invoice.company_id, branch)
        outcome = self.allocate(company_ids=(self.company.id, branch.id), partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, payment, 100)
        self.assertEqual(outcome.documents.company_id, branch)

    def test_items_of_a_company_outside_the_scope_stay_open(self):
        branch = self.branch()
        invoice = self.invoice(100, company=branch)
        payment = self.payment(100)
        self.allocate(company_ids=(self.company.id,), partner_ids=(self.customer.id,))
        self.assertNotAllocated(invoice, payment)

    def _scope(self):
        from ...models.engine.open_item_reader import AllocationScope

        return AllocationScope(company_ids=tuple(self.company.ids), partner_ids=(self.customer.id,))
