from contextlib import closing

from odoo import Command
from odoo.tests import new_test_user, tagged

from ...models.engine.allocation_trigger import NOTED
from ..common import OnPostCase


@tagged("post_install", "-at_install")
class TestOnOpening(OnPostCase):
    """What becomes open without a posting is allocated like what is posted; what a person opened by hand is not."""

    def setUp(self):
        super().setUp()
        self.invoice_100 = self.invoice(100)
        self.commit()

    def transaction(self, amount=100, partner=None):
        partner = self.customer if partner is None else partner
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank_journal.id,
                "payment_ref": "transfer",
                "partner_id": partner.id,
                "amount": amount,
                "date": "2024-03-15",
            }
        )

    def assertNothingNoted(self):
        self.env.flush_all()
        self.assertNotIn(NOTED, self.env.cr.postcommit.data)

    # --- journal items ------------------------------------------------------------------------------------------------

    def test_a_bank_transaction_that_is_booked_to_the_receivable(self):
        transaction = self.transaction()
        self.commit()
        self.assertOpen(self.invoice_100, 100)
        _liquidity, suspense, _other = transaction._seek_for_lines()
        suspense.web_save({"account_id": self.receivable.id}, {})
        self.commit()
        line = self.assertAllocated(self.invoice_100, transaction.move_id, 100, "exact_amount")
        self.assertEqual(line.origin, "on_post")

    def test_a_bank_transaction_whose_items_are_replaced(self):
        """As OCA's reconciliation does: the suspense item goes, and another item is made in the posted entry."""
        transaction = self.transaction()
        self.commit()
        _liquidity, suspense, _other = transaction._seek_for_lines()
        move = transaction.move_id.with_context(
            skip_account_move_synchronization=True, force_delete=True, skip_readonly_check=True
        )
        with move._check_balanced({"records": move}):
            move.write({"line_ids": [Command.delete(suspense.id)]})
            self.env["account.move.line"].with_context(check_move_validity=False, skip_invoice_sync=True).create(
                {
                    "move_id": move.id,
                    "account_id": self.receivable.id,
                    "partner_id": self.customer.id,
                    "balance": -100,
                    "name": "transfer",
                }
            )
        self.commit()
        self.assertAllocated(self.invoice_100, transaction.move_id, 100, "exact_amount")

    def test_what_the_accountant_matched_in_the_same_request_comes_first(self):
        newer = self.invoice(100, day="2024-03-05")
        self.commit()
        transaction = self.transaction()
        self.commit()
        _liquidity, suspense, _other = transaction._seek_for_lines()
        suspense.account_id = self.receivable
        (suspense + self.open_items(newer)).reconcile()
        self.commit()
        self.assertEqual(newer.payment_state, "paid")
        self.assertOpen(self.invoice_100, 100)

    def test_a_partner_that_is_set(self):
        entry = self.entry(-100, self.env["res.partner"])
        self.commit()
        self.open_items(entry).partner_id = self.customer
        self.commit()
        self.assertAllocated(self.invoice_100, entry, 100)

    def test_a_partner_that_is_changed(self):
        entry = self.entry(-100, self.stranger)
        self.commit()
        entry.line_ids.partner_id = self.customer
        self.commit()
        self.assertAllocated(self.invoice_100, entry, 100)

    def test_items_of_drafts_that_are_changed_with_it_start_nothing(self):
        entry, draft = self.entry(-100, self.stranger), self.entry(-100, self.stranger, post=False)
        self.commit()
        (self.open_items(entry) | self.open_items(draft)).write({"partner_id": self.customer.id})
        self.commit()
        self.assertAllocated(self.invoice_100, entry, 100)
        self.assertOpen(draft, 100)

    def test_only_the_item_that_was_opened_starts_an_allocation(self):
        """Another item of the same entry was left open by somebody, and stays so."""
        other_invoice = self.invoice(30, self.stranger)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.misc_journal.id,
                "date": "2024-03-10",
                "line_ids": [
                    Command.create(
                        {"account_id": self.receivable.id, "partner_id": partner.id, "balance": -amount, "name": "paid"}
                    )
                    for partner, amount in ((self.env["res.partner"], 100), (self.stranger, 30))
                ]
                + [Command.create({"account_id": self.revenue.id, "balance": 130, "name": "paid"})],
            }
        )
        entry.action_post()
        self.commit()
        of_nobody, of_stranger = self.open_items(entry).sorted("balance")
        of_stranger.remove_move_reconcile()
        self.commit()
        of_nobody.partner_id = self.customer
        self.commit()
        self.assertTrue(of_nobody.reconciled)
        self.assertOpen(other_invoice, 30)

    # --- marks --------------------------------------------------------------------------------------------------------

    def test_a_mark_that_is_taken_off_a_document(self):
        payment = self.payment(40, post=False, credit_allocation_excluded=True)
        entry = self.entry(-60, post=False, credit_allocation_excluded=True)
        (payment.action_post(), entry.action_post())
        self.commit()
        self.assertOpen(self.invoice_100, 100)
        for record in (payment, entry):
            record.web_save({"credit_allocation_excluded": False}, {})
            self.commit()
            self.assertOpen(record, 0)
        self.assertOpen(self.invoice_100, 0)

    def test_a_mark_that_is_taken_off_a_journal(self):
        self.misc_journal.credit_allocation_excluded = True
        entry = self.entry(-100)
        self.commit()
        self.assertOpen(entry, 100)
        self.misc_journal.web_save({"credit_allocation_excluded": False}, {})
        self.commit()
        self.assertAllocated(self.invoice_100, entry, 100)

    def test_a_mark_that_is_taken_off_a_partner(self):
        for policy in ("automatic", False):
            with self.subTest(policy), closing(self.env.cr.savepoint()):
                self.customer.credit_allocation_policy = "never"
                contact = self.env["res.partner"].create({"name": "Till", "parent_id": self.customer.id})
                payment = self.payment(100, contact)
                self.commit()
                self.assertOpen(payment, 100)
                self.customer.web_save({"credit_allocation_policy": policy}, {})
                self.commit()
                self.assertAllocated(self.invoice_100, payment, 100)

    def test_a_contact_that_moves_to_another_company(self):
        contact = self.env["res.partner"].create({"name": "Till"})
        payment = self.payment(100, contact)
        self.commit()
        self.assertOpen(payment, 100)
        contact.web_save({"parent_id": self.customer.id}, {})
        self.commit()
        self.assertAllocated(self.invoice_100, payment, 100)

    def test_a_company_that_becomes_a_contact_of_another(self):
        till = self.env["res.partner"].create({"name": "Till", "is_company": True})
        payment = self.payment(100, till)
        till.parent_id = self.customer
        self.commit()
        self.assertOpen(payment, 100)
        till.web_save({"is_company": False}, {})
        self.commit()
        self.assertAllocated(self.invoice_100, payment, 100)

    def test_a_person_without_accounting_opens_nothing(self):
        """The allocation has the rights of whoever caused it; where there are none, the next chance does it."""
        clerk = new_test_user(self.env, "clerk", "base.group_user,base.group_partner_manager")
        contact = self.env["res.partner"].create({"name": "Till"})
        payment = self.payment(100, contact)
        self.commit()
        messages = payment.message_ids
        contact.with_user(clerk).web_save({"parent_id": self.customer.id}, {})
        self.commit()
        self.assertOpen(payment, 100)
        self.assertEqual(payment.message_ids, messages)

    # --- what starts nothing ------------------------------------------------------------------------------------------

    def test_what_is_unreconciled_by_hand_stays_open(self):
        payment = self.payment(100)
        self.commit()
        partial = self.partials_between(self.invoice_100, payment)
        self.invoice_100.js_remove_outstanding_partial(partial.id)
        self.assertNothingNoted()
        self.commit()
        self.assertOpen(self.invoice_100, 100)

    def test_a_bank_transaction_whose_match_is_taken_back_starts_nothing(self):
        transaction = self.transaction()
        _liquidity, suspense, _other = transaction._seek_for_lines()
        suspense.account_id = self.receivable
        (suspense + self.open_items(self.invoice_100)).reconcile()
        self.commit()
        spare = self.payment(100, post=False, credit_allocation_excluded=True)
        spare.action_post()
        self.commit()
        transaction.action_undo_reconciliation()
        self.assertNothingNoted()
        self.commit()
        self.assertOpen(self.invoice_100, 100)

    def test_an_allocation_opens_nothing_itself(self):
        self.payment(40)
        self.commit()
        self.assertNothingNoted()

    def test_writes_that_open_nothing_are_not_noted(self):
        payment = self.payment(10, self.stranger)
        self.misc_journal.credit_allocation_excluded = True
        self.commit()
        for write in (
            lambda: self.open_items(payment).write({"partner_id": self.stranger.id, "account_id": self.receivable.id}),
            lambda: payment.write({"credit_allocation_excluded": False}),
            lambda: payment.move_id.write({"credit_allocation_excluded": False}),
            lambda: payment.write({"credit_allocation_excluded": True}),
            lambda: self.misc_journal.write({"credit_allocation_excluded": False}),  # nothing is posted in it
            lambda: self.bank_journal.write({"credit_allocation_excluded": True}),
            lambda: self.stranger.write({"credit_allocation_policy": "manual"}),
            lambda: self.stranger.write({"credit_allocation_policy": "automatic"}),
            lambda: self.stranger.write({"credit_allocation_policy": "never"}),
            lambda: self.stranger.write({"name": "Deco", "is_company": True}),
            lambda: self.invoice(10, post=False).write({"partner_id": self.stranger.id}),
        ):
            write()
            self.assertNothingNoted()

    def test_a_switched_off_kind_of_document_stays_switched_off(self):
        self.company.credit_allocation_on_entry = False
        transaction = self.transaction()
        _liquidity, suspense, _other = transaction._seek_for_lines()
        suspense.account_id = self.receivable
        self.assertNothingNoted()
