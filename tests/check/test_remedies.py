from odoo import Command
from odoo.tests import tagged

from ...models.check.account_credit_allocation_check_finding import KINDS
from ..common import AllocationCase, IntegrityMixin, press


def recompute(check, _damaged):
    press(check, "action_recompute")


def remove(_check, line):
    """Open the entry and remove the reconciliation, as the form of an invoice does."""
    line.debt_move_id.js_remove_outstanding_partial(line.partial_id.id)


def undo(_check, line):
    press(press(line, "action_undo"), "action_undo")


def cancel_reversal(_check, reversal):
    press(reversal, "button_draft")
    press(reversal, "button_cancel")


@tagged("post_install", "-at_install")
class TestRemedies(IntegrityMixin, AllocationCase):
    """For each kind of finding: what it says is to be done repairs it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule("tolerance").write(
            {
                "enabled": True,
                "tolerance_amount": 1,
                "tolerance_percent": 5,
                "write_off_account_id": cls.company_data["default_account_expense"].id,
                "write_off_journal_id": cls.misc_journal.id,
            }
        )
        cls.invoice(100)
        cls.payment(60)
        cls.line = cls.allocate(cls).documents.line_ids
        partners = cls.env["res.partner"].create([{"name": "Euro"}, {"name": "Write-off"}])
        euros, written_off = partners
        cls.invoice(100, euros, currency_id=cls.euro.id)
        cls.payment(100, euros, day="2024-07-01", currency_id=cls.euro.id)
        cls.euros = cls.allocate(cls, partner_ids=(euros.id,)).documents.line_ids
        cls.invoice(100, written_off)
        cls.payment(99.5, written_off)
        lines = cls.allocate(cls, partner_ids=(written_off.id,)).documents.line_ids
        cls.written_off = lines.filtered("write_off_move_id")
        cls.whole = lines - cls.written_off  # part of a full reconciliation

    # --- damage -------------------------------------------------------------------------------------------------------

    def update(self, record, assignment, *params):
        self.damage(f'UPDATE "{record._table}" SET {assignment} WHERE id = %s', *params, record.id)

    def on_line(self, assignment, line=None):
        """:return: a function that does this damage to an allocation, and returns that"""
        line = line or self.line

        def damage():
            self.update(line, assignment)
            return line

        return damage

    def on_partial(self, assignment, line=None):
        line = line or self.line
        return lambda: self.update(line.partial_id, assignment) or line

    def on_item(self, assignment, line=None):
        line = line or self.line
        return lambda: self.update(line.debt_line_id, assignment) or line

    def on_document(self, assignment):
        return lambda: self.update(self.line.allocation_id, assignment) or self.line

    def reverse(self, move):
        def damage():
            reversal = move._reverse_moves([{"date": "2024-08-01"}])
            reversal._post()
            return reversal

        return damage

    def share_partial(self):
        self.update(self.whole, "partial_id = %s", self.line.partial_id.id)
        return self.line

    def move_to_other_account(self):
        other = self.receivable.copy({"name": "Other receivables"})
        self.update(self.line.debt_line_id, "account_id = %s", other.id)
        return self.line

    def move_to_other_company(self):
        other = self.env["res.company"].create({"name": "Other books", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids |= other
        self.update(self.line.debt_line_id, "company_id = %s", other.id)
        return self.line

    def settle_twice(self):
        """On the open amounts, too, as Odoo would compute them."""
        amounts = "amount = 160, debit_amount_currency = 160, credit_amount_currency = 160"
        self.update(self.line.partial_id, amounts)
        items = self.line.debt_line_id + self.line.credit_line_id
        for name in ("amount_residual", "reconciled"):
            self.env.add_to_compute(items._fields[name], items)
        return self.line

    def reconcile_in_full(self):
        self.env["account.full.reconcile"].create(
            {
                "partial_reconcile_ids": [Command.link(self.line.partial_id.id)],
                "reconciled_line_ids": [
                    Command.link(self.line.debt_line_id.id),
                    Command.link(self.line.credit_line_id.id),
                ],
            }
        )

    def unlink_full(self):
        item = self.whole.debt_line_id
        item.full_reconcile_id.unlink()
        self.env["account.partial.reconcile"]._update_matching_number(item)

    def make_cash_basis_orphan(self):
        entry = self.entry(10, post=False)
        entry.tax_cash_basis_origin_move_id = self.line.debt_move_id
        entry.action_post()
        return entry

    def delete_allocations(self):
        undo(None, self.line)
        self.damage("DELETE FROM account_credit_allocation_line WHERE id = %s", self.line.id)

    # --- the table ----------------------------------------------------------------------------------------------------

    def get_remedies(self):
        """``{kind: (damage, what the finding says is to be done)}``"""
        exchange, write_off = self.euros.exchange_move_id, self.written_off.write_off_move_id
        return {
            "partial_gone": (
                lambda: self.damage("DELETE FROM account_partial_reconcile WHERE id = %s", self.whole.partial_id.id),
                recompute,
            ),
            "partial_undone": (self.on_line("undone_date = now(), state = 'undone'"), remove),
            "partial_shared": (self.share_partial, remove),
            "partial_items": (self.on_line(f"debt_line_id = {self.whole.debt_line_id.id}"), remove),
            "partial_amount": (self.on_line("amount = 59.99"), remove),
            "partial_debt_amount": (self.on_line("debt_amount = 99.99", self.euros), remove),
            "partial_credit_amount": (self.on_line("credit_amount = 101", self.euros), remove),
            "partial_company": (self.move_to_other_company, remove),
            "partial_account": (self.move_to_other_account, remove),
            "partial_number": (self.on_partial("full_reconcile_id = NULL", self.whole), recompute),
            "exchange_link": (self.on_partial("exchange_move_id = NULL", self.euros), undo),
            "exchange_not_posted": (
                lambda: self.update(exchange, "state = 'draft'"),
                lambda _check, _damaged: press(exchange, "action_post"),
            ),
            "exchange_reversed": (self.reverse(exchange), cancel_reversal),
            "write_off_link": (
                self.on_line(f"write_off_move_id = {self.line.debt_move_id.id}", self.written_off),
                undo,
            ),
            "write_off_not_posted": (
                lambda: press(write_off, "button_draft"),
                lambda _check, _damaged: press(write_off, "action_post"),
            ),
            "write_off_reversed": (self.reverse(write_off), cancel_reversal),
            "document_state": (self.on_document("state = 'undone'"), undo),
            "document_total": (self.on_document("amount_in_force = 61"), recompute),
            "residual": (self.on_item("amount_residual = 41"), recompute),
            "residual_currency": (self.on_item("amount_residual_currency = 41"), recompute),
            "reconciled_flag": (self.on_item("reconciled = TRUE"), recompute),
            "overdrawn": (self.settle_twice, remove),
            "matching_number": (self.on_item("matching_number = NULL"), recompute),
            "full_open": (self.reconcile_in_full, recompute),
            "full_missing": (self.unlink_full, recompute),
            "cash_basis_orphan": (
                self.make_cash_basis_orphan,
                lambda _check, entry: entry._reverse_moves(cancel=True),
            ),
        }

    # --- the tests ----------------------------------------------------------------------------------------------------

    def test_every_remedy_repairs_what_it_is_for(self):
        remedies = self.get_remedies()
        for kind, (damage, cure) in remedies.items():
            with self.subTest(kind=kind):
                self.assertRemedied(kind, damage, cure)

    def test_every_kind_has_a_remedy_that_was_tried(self):
        untried = set(dict(KINDS)) - set(self.get_remedies())
        self.assertEqual(untried, {"document_empty"}, "what is deleted does not come back")

    def test_remedy_for_what_cannot_be_repaired_says_so(self):
        self.delete_allocations()
        check = self.env["account.credit.allocation.check"]._check(self.company)
        self.assertIn("cannot be brought back", check.finding_ids.remedy)

    def test_recompute_leaves_a_full_reconciliation_that_is_right(self):
        """The open amount was wrong, not the reconciliation; when that is corrected, the item is open no more."""
        item = self.whole.debt_line_id
        full = item.full_reconcile_id
        self.assertTrue(full)
        self.update(item, "amount_residual = 5, amount_residual_currency = 5, reconciled = FALSE")
        check = self.env["account.credit.allocation.check"]._check(self.company)
        self.assertEqual(set(check.finding_ids.mapped("kind")), {"residual", "full_open"})
        recompute(check, None)
        self.assertAgrees()
        self.assertEqual(item.full_reconcile_id, full)
        self.assertEqual(item.matching_number, str(full.id))

    def test_recompute_makes_the_full_reconciliation_that_is_missing(self):
        item = self.whole.debt_line_id
        self.unlink_full()
        self.assertRegex(item.matching_number, "^P")
        self.assertEqual(self.find(), ["full_missing"])
        recompute(self.env["account.credit.allocation.check"]._check(self.company), None)
        self.assertAgrees()
        self.assertEqual(item.full_reconcile_id.partial_reconcile_ids, (self.whole | self.written_off).partial_id)

    def test_undo_reverses_no_entry_that_is_no_part_of_the_reconciliation(self):
        invoice = self.line.debt_move_id
        self.on_line(f"write_off_move_id = {invoice.id}", self.written_off)()
        undo(None, self.written_off)
        self.assertFalse(invoice.reversal_move_ids)
