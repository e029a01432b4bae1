from odoo import Command
from odoo.tests import tagged

from ..common import AllocationCase, IntegrityMixin
from ..random_ledgers import RandomLedgerCase


@tagged("post_install", "-at_install")
class TestIntegrityOfHealthyLedgers(IntegrityMixin, RandomLedgerCase):
    """Whatever is done with the means of Odoo and of the addon, nothing is found."""

    def test_random_ledgers(self):
        self.try_seeds(range(40, 50), self._check_ledger)

    def test_random_ledgers_with_crossing_currencies(self):
        self.company.credit_allocation_cross_currency = True
        self.try_seeds(range(50, 64), self._check_ledger)

    def _check_ledger(self, random):
        documents = self._make_documents(random)
        self.assertAgrees()
        outcome = self.allocate(partner_ids=(self.customer.id,))
        self.assertAgrees()
        lines = outcome.documents.line_ids
        for line in random.sample(lines, len(lines) // 2):
            if random.random() < 0.3:
                line.partial_id.unlink()
            else:
                line._undo()
            self.assertAgrees()
        self._reconcile_by_hand(random, documents)
        self.assertAgrees()
        for move in random.sample(documents, 2):
            move.button_draft()
            self.assertAgrees()
        for move in random.sample(documents.filtered(lambda move: move.state == "draft"), 1):
            if random.random() < 0.5:
                move.button_cancel()
            else:
                move.action_post()
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAgrees()

    def _make_documents(self, random):
        documents = self.env["account.move"]
        for _number in range(random.randint(5, 10)):
            currency = random.choice([self.dollar, self.dollar, self.euro, self.dinar, self.yen])
            vals = {"day": self.draw_day(random), "currency_id": currency.id}
            kind = random.choice(["invoice", "invoice", "payment", "payment", "credit_note"])
            document = getattr(self, kind)(self.draw_amount(random, currency), **vals)
            documents += document.move_id if kind == "payment" else document
        return documents

    def _reconcile_by_hand(self, random, documents):
        """As on Odoo's own screens: several items at once, of several currencies."""
        items = self.open_items(documents).filtered(lambda item: not item.reconciled)
        chosen = items.browse(random.sample(items.ids, len(items) * 2 // 3))
        if len(chosen) > 1:
            chosen.reconcile()

    def test_cash_basis_taxes(self):
        self.company.tax_exigibility = True
        self.company.tax_cash_basis_journal_id = self.env["account.journal"].create(
            {"name": "Cash Basis", "type": "general", "code": "CABA2"}
        )
        transition, tax_account = self.env["account.account"].create(
            [
                {"name": "Transition", "code": "251X", "account_type": "liability_current", "reconcile": True},
                {"name": "Tax", "code": "252X", "account_type": "liability_current"},
            ]
        )
        lines = [
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": tax_account.id}),
        ]
        tax = self.env["account.tax"].create(
            {
                "name": "On payment",
                "amount": 10,
                "tax_exigibility": "on_payment",
                "cash_basis_transition_account_id": transition.id,
                "invoice_repartition_line_ids": lines,
                "refund_repartition_line_ids": lines,
            }
        )
        invoice = self.invoice(100, post=False)
        invoice.invoice_line_ids.tax_ids = tax
        invoice.action_post()
        self.payment(60)
        outcome = self.allocate()
        entries = invoice.tax_cash_basis_created_move_ids
        self.assertTrue(entries)
        self.assertAgrees()
        partial = outcome.documents.line_ids.partial_id
        self.damage("UPDATE account_move SET tax_cash_basis_rec_id = NULL WHERE id = %s", entries.id)
        self.assertEqual(self.find(), ["cash_basis_orphan"])
        entries.tax_cash_basis_rec_id = partial
        outcome.documents.line_ids._undo()
        self.assertAgrees()


@tagged("post_install", "-at_install")
class TestIntegrityOfDamagedLedgers(IntegrityMixin, AllocationCase):
    """Each kind of damage is found, and nothing else is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debt = cls.invoice(100)
        cls.credit = cls.payment(60)
        cls.document = cls.allocate(cls).documents
        cls.line = cls.document.line_ids
        cls.partial = cls.line.partial_id
        cls.item = cls.line.debt_line_id

    def setUp(self):
        super().setUp()
        self.assertEqual(self.line.state, "done")
        self.assertAgrees()

    def allocate_euros(self):
        """An invoice paid in full after the rate has changed: Odoo books a difference."""
        invoice = self.invoice(100, self.stranger, currency_id=self.euro.id)
        self.payment(100, self.stranger, day="2024-07-01", currency_id=self.euro.id)
        line = self.allocate(partner_ids=(self.stranger.id,)).documents.line_ids
        self.assertEqual(line.debt_move_id, invoice)
        self.assertTrue(line.exchange_move_id)
        self.assertAgrees()
        return line

    def allocate_with_write_off(self):
        self.rule("tolerance").write(
            {
                "enabled": True,
                "tolerance_amount": 1,
                "tolerance_percent": 5,
                "write_off_account_id": self.company_data["default_account_expense"].id,
                "write_off_journal_id": self.misc_journal.id,
            }
        )
        self.invoice(100, self.stranger)
        self.payment(99.5, self.stranger)
        lines = self.allocate(partner_ids=(self.stranger.id,)).documents.line_ids
        line = lines.filtered("write_off_move_id")
        self.assertTrue(line)
        self.assertAgrees()
        return line

    # --- the recorded allocation and its reconciliation ---------------------------------------------------------------

    def test_reconciliation_that_vanished(self):
        self.damage("DELETE FROM account_partial_reconcile WHERE id = %s", self.partial.id)
        # what the reconciliation had settled is not open again, either
        self.assertEqual(self.find(), ["matching_number", "partial_gone", "residual"])

    def test_reconciliation_of_an_allocation_that_was_undone(self):
        self.damage("UPDATE account_credit_allocation_line SET undone_date = now() WHERE id = %s", self.line.id)
        self.assertEqual(self.find(), ["partial_undone"])

    def test_reconciliation_named_twice(self):
        invoice, _payment = self.invoice(70, self.stranger), self.payment(70, self.stranger)
        other = self.allocate(partner_ids=(self.stranger.id,)).documents.line_ids
        self.assertEqual(other.debt_move_id, invoice)
        self.damage(
            "UPDATE account_credit_allocation_line SET partial_id = %s WHERE id = %s", self.partial.id, other.id
        )
        self.assertEqual(
            self.find(),
            ["partial_amount", "partial_items", "partial_shared"],
        )

    def test_reconciliation_of_other_items(self):
        other = self.open_items(self.invoice(40, post=False))
        self.damage("UPDATE account_credit_allocation_line SET debt_line_id = %s WHERE id = %s", other.id, self.line.id)
        self.assertEqual(self.find(), ["partial_items"])

    def test_recorded_amount(self):
        self.damage("UPDATE account_credit_allocation_line SET amount = 59.99 WHERE id = %s", self.line.id)
        self.assertEqual(self.find(), ["document_total", "partial_amount"])

    def test_recorded_amounts_in_other_currencies(self):
        line = self.allocate_euros()
        self.damage("UPDATE account_credit_allocation_line SET debt_amount = 99.99 WHERE id = %s", line.id)
        self.assertEqual(self.find(), ["partial_debt_amount"])
        self.damage(
            "UPDATE account_credit_allocation_line SET debt_amount = 100, credit_amount = 101 WHERE id = %s", line.id
        )
        self.assertEqual(self.find(), ["partial_credit_amount"])

    # --- the entries that go with it ----------------------------------------------------------------------------------

    def test_exchange_entry_of_another_reconciliation(self):
        line = self.allocate_euros()
        self.damage("UPDATE account_partial_reconcile SET exchange_move_id = NULL WHERE id = %s", line.partial_id.id)
        self.assertEqual(self.find(), ["exchange_link"])

    def test_exchange_entry_that_is_not_posted(self):
        line = self.allocate_euros()
        self.damage("UPDATE account_move SET state = 'draft' WHERE id = %s", line.exchange_move_id.id)
        self.assertEqual(self.find(), ["exchange_not_posted"])

    def test_exchange_entry_that_somebody_reversed(self):
        line = self.allocate_euros()
        line.exchange_move_id._reverse_moves([{"date": "2024-08-01"}])._post()
        self.assertEqual(self.find(), ["exchange_reversed"])

    def test_write_off_that_somebody_reset(self):
        line = self.allocate_with_write_off()
        line.write_off_move_id.button_draft()
        self.assertEqual(self.find(), ["write_off_not_posted"])

    def test_write_off_that_somebody_reversed(self):
        line = self.allocate_with_write_off()
        line.write_off_move_id._reverse_moves([{"date": "2024-08-01"}])._post()
        self.assertEqual(self.find(), ["write_off_reversed"])

    def test_write_off_of_something_else(self):
        line = self.allocate_with_write_off()
        self.damage(
            "UPDATE account_credit_allocation_line SET write_off_move_id = %s WHERE id = %s", self.debt.id, line.id
        )
        self.assertEqual(self.find(), ["write_off_link"])

    # --- documents ----------------------------------------------------------------------------------------------------

    def test_document_without_lines(self):
        self.line._undo()
        self.damage("DELETE FROM account_credit_allocation_line WHERE id = %s", self.line.id)
        self.assertEqual(self.find(), ["document_empty"])

    def test_document_that_says_it_was_undone(self):
        self.damage("UPDATE account_credit_allocation SET state = 'undone' WHERE id = %s", self.document.id)
        self.assertEqual(self.find(), ["document_state"])

    def test_total_of_a_document(self):
        self.damage("UPDATE account_credit_allocation SET amount_in_force = 61 WHERE id = %s", self.document.id)
        self.assertEqual(self.find(), ["document_total"])

    # --- open items ---------------------------------------------------------------------------------------------------

    def test_residual(self):
        self.damage("UPDATE account_move_line SET amount_residual = 41 WHERE id = %s", self.item.id)
        self.assertEqual(self.find(), ["residual"])

    def test_residual_in_foreign_currency(self):
        item = self.open_items(self.invoice(100, self.stranger, currency_id=self.euro.id))
        self.damage("UPDATE account_move_line SET amount_residual_currency = 99 WHERE id = %s", item.id)
        self.assertEqual(self.find(), ["residual_currency"])

    def test_residual_in_its_currency_that_is_the_company_s(self):
        self.damage("UPDATE account_move_line SET amount_residual_currency = 41 WHERE id = %s", self.item.id)
        self.assertEqual(self.find(), ["residual_currency"])

    def test_item_marked_as_reconciled(self):
        self.damage("UPDATE account_move_line SET reconciled = TRUE WHERE id = %s", self.item.id)
        self.assertEqual(self.find(), ["reconciled_flag"])

    def test_item_settled_twice(self):
        self.damage(
            "UPDATE account_partial_reconcile SET amount = 160, debit_amount_currency = 160,"
            " credit_amount_currency = 160 WHERE id = %s",
            self.partial.id,
        )
        self.damage(
            "UPDATE account_credit_allocation_line SET amount = 160, debt_amount = 160, credit_amount = 160"
            " WHERE id = %s",
            self.line.id,
        )
        self.damage("UPDATE account_credit_allocation SET amount_in_force = 160 WHERE id = %s", self.document.id)
        items = self.line.debt_line_id + self.line.credit_line_id
        for name in ("amount_residual", "reconciled"):
            self.env.add_to_compute(items._fields[name], items)
        self.assertEqual(self.find(), ["overdrawn"])

    def test_matching_number(self):
        self.damage("UPDATE account_move_line SET matching_number = NULL WHERE id = %s", self.item.id)
        self.assertEqual(self.find(), ["matching_number"])

    def test_full_reconciliation_of_something_open(self):
        full = self.env["account.full.reconcile"].create(
            {
                "partial_reconcile_ids": [Command.link(self.partial.id)],
                "reconciled_line_ids": [Command.link(self.item.id), Command.link(self.line.credit_line_id.id)],
            }
        )
        self.assertTrue(full)
        self.assertEqual(self.find(), ["full_open"])

    def test_reconciliation_without_its_full_reconciliation(self):
        self.payment(40)
        self.allocate()
        self.assertTrue(self.partial.full_reconcile_id)
        self.assertAgrees()
        self.damage("UPDATE account_partial_reconcile SET full_reconcile_id = NULL WHERE id = %s", self.partial.id)
        self.assertEqual(self.find(), ["partial_number"])

    # --- reconciliations ----------------------------------------------------------------------------------------------

    def test_reconciliation_across_companies(self):
        other = self.env["res.company"].create({"name": "Other books", "currency_id": self.company.currency_id.id})
        self.damage("UPDATE account_move_line SET company_id = %s WHERE id = %s", other.id, self.item.id)
        self.assertEqual(self.find(), ["partial_company"])

    def test_reconciliation_across_accounts(self):
        other = self.receivable.copy({"name": "Other receivables"})
        self.damage("UPDATE account_move_line SET account_id = %s WHERE id = %s", other.id, self.item.id)
        self.assertEqual(self.find(), ["partial_account"])

    def test_branches_are_checked_with_their_parent(self):
        branch = self.branch()
        item = self.open_items(self.invoice(100, company=branch))
        self.damage("UPDATE account_move_line SET amount_residual = 41 WHERE id = %s", item.id)
        self.assertEqual(self.find(), ["residual"])
