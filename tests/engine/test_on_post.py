from unittest.mock import patch

import psycopg2.errors

from odoo.tests import tagged

from ...models.engine import allocation_trigger
from ..common import OnPostCase

OWN_CONTEXT = {"skip_invoice_sync", "skip_credit_allocation", "credit_allocation_pairs"}


@tagged("post_install", "-at_install")
class TestOnPost(OnPostCase):
    """Credits are allocated once the transaction that posted something is committed."""

    def test_payment_settles_the_open_invoice(self):
        invoice = self.invoice(100)
        self.commit()
        payment = self.payment(100)
        self.assertOpen(invoice, 100)  # nothing happens while the transaction is still at work
        self.commit()
        line = self.assertAllocated(invoice, payment, 100, "exact_amount")
        self.assertEqual(line.origin, "on_post")

    def test_invoice_takes_the_outstanding_payment(self):
        payment = self.payment(150)
        self.commit()
        invoice = self.invoice(100)
        self.commit()
        self.assertAllocated(invoice, payment, 100)
        self.assertOpen(payment, 50)

    def test_credit_note_and_entry_settle_the_open_invoice(self):
        invoice = self.invoice(100)
        self.commit()
        credit_note = self.credit_note(30)
        self.commit()
        entry = self.entry(-20)
        self.commit()
        self.assertAllocated(invoice, credit_note, 30)
        self.assertAllocated(invoice, entry, 20)

    def test_drafts_stay_drafts(self):
        draft_invoice = self.invoice(100, post=False)
        draft_payment = self.payment(100, post=False)
        posted = self.invoice(100)
        self.commit()
        self.assertEqual(draft_invoice.state, "draft")
        self.assertEqual(draft_payment.state, "draft")
        self.assertOpen(posted, 100)

    def test_what_is_no_longer_posted_is_passed_over(self):
        invoice = self.invoice(100)
        self.commit()
        payment = self.payment(100)
        payment.action_draft()
        self.commit()
        self.assertOpen(invoice, 100)

    def test_vendors_are_left_by_default_and_allocated_when_switched_on(self):
        bill = self.bill(100)
        payment = self.vendor_payment(40)
        self.commit()
        self.assertOpen(bill, 100)
        self.company.credit_allocation_payable = True
        second = self.vendor_payment(60)
        self.commit()
        self.assertAllocated(bill, payment, 40)
        self.assertAllocated(bill, second, 60)

    def test_customers_are_left_when_switched_off(self):
        self.company.credit_allocation_receivable = False
        invoice = self.invoice(100)
        self.payment(100)
        self.commit()
        self.assertOpen(invoice, 100)

    def test_partner_policy_overrides_the_company(self):
        self.company.credit_allocation_receivable = False
        self.customer.credit_allocation_policy = "automatic"
        invoice = self.invoice(100)
        payment = self.payment(100)
        self.commit()
        self.assertAllocated(invoice, payment, 100)
        self.company.credit_allocation_receivable = True
        for policy in ("manual", "never"):
            self.stranger.credit_allocation_policy = policy
            other = self.invoice(100, self.stranger)
            self.payment(100, self.stranger)
            self.commit()
            self.assertOpen(other, 100)

    def test_each_kind_of_document_can_be_switched_off(self):
        kinds = {
            "credit_allocation_on_payment": lambda: self.payment(10),
            "credit_allocation_on_refund": lambda: self.credit_note(10),
            "credit_allocation_on_entry": lambda: self.entry(-10),
        }
        invoice = self.invoice(100)
        self.commit()
        for setting, post in kinds.items():
            with self.subTest(setting):
                self.company[setting] = False
                document = post()
                self.commit()
                self.assertNotAllocated(invoice, document)
        self.company.credit_allocation_on_invoice = False
        self.invoice(100)
        self.commit()
        self.assertOpen(invoice, 100)
        self.company.credit_allocation_on_invoice = True
        self.invoice(5)
        self.commit()
        self.assertOpen(invoice, 70)

    def test_counterpart_of_another_contact_of_the_same_company(self):
        shop, till = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.customer.id} for name in ("Shop", "Till")]
        )
        invoice = self.invoice(100, shop)
        self.commit()
        payment = self.payment(100, till)
        self.commit()
        self.assertAllocated(invoice, payment, 100)

    def test_counterpart_on_another_account_is_named_on_the_document(self):
        self.invoice(100)
        entry = self.entry(-100, account=self.receivable.copy({"code": "121999"}))
        self.commit()
        self.assertIn("Its counterpart is on another account", entry.message_ids[0].body)

    def test_a_second_end_of_transaction_does_nothing(self):
        invoice = self.invoice(100)
        self.payment(40)
        self.commit()
        documents = self.env["account.credit.allocation"].search_count([])
        self.commit()
        self.assertOpen(invoice, 60)
        self.assertEqual(self.env["account.credit.allocation"].search_count([]), documents)

    def test_allocation_runs_with_the_rights_of_the_user_who_posted(self):
        billing = self.env["res.users"].create(
            {
                "name": "Billing",
                "login": "billing_on_post",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
                "group_ids": [(6, 0, self.env.ref("account.group_account_invoice").ids)],
            }
        )
        invoice = self.invoice(100)
        self.commit()
        payment = self.payment(100, post=False)
        payment.with_user(billing).action_post()
        self.commit()
        line = self.assertAllocated(invoice, payment, 100)
        self.assertEqual(line.allocation_id.user_id, billing)

    def test_postings_in_two_companies_are_each_allocated(self):
        other = self.setup_other_company(name="Other Company")["company"]
        user = self.env["res.users"].create(
            {
                "name": "Billing of two companies",
                "login": "billing_of_two",
                "company_id": self.company.id,
                "company_ids": [(6, 0, (self.company | other).ids)],
                "group_ids": [(6, 0, self.env.ref("account.group_account_invoice").ids)],
            }
        )
        pairs = []
        for company in (self.company, other):
            vals = {"currency_id": company.currency_id.id}
            invoice = self.invoice(100, company=company, **vals)
            self.env.cr.postcommit.clear()
            journal = self.env["account.journal"].search(
                [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
            )
            payment = self.payment(100, journal_id=journal.id, post=False, **vals)
            pairs.append((company, invoice, payment))
        for company, _invoice, payment in pairs:
            payment.with_user(user).with_context(allowed_company_ids=company.ids).action_post()
        self.commit()
        for _company, invoice, payment in pairs:
            self.assertAllocated(invoice, payment, 100)

    def test_what_happens_when_an_invoice_is_paid_sees_the_context_as_it_was(self):
        self.invoice(100), self.payment(100)
        Move = type(self.env["account.move"])
        native_hook, contexts = Move._invoice_paid_hook, []

        def paid_hook(moves):
            contexts.append(moves.env.context)
            return native_hook(moves)

        with patch.object(Move, "_invoice_paid_hook", paid_hook):
            self.commit()
        self.assertTrue(contexts)
        own = {"skip_invoice_sync", "skip_credit_allocation", "credit_allocation_pairs"}
        self.assertFalse(own & set().union(*contexts))

    # --- failures never block the posting -----------------------------------------------------------------------------

    def test_missing_exchange_journal_leaves_the_items_and_says_so(self):
        self.company.currency_exchange_journal_id = False
        invoice = self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.commit()
        payment = self.payment(100, day="2024-07-01", currency_id=self.euro.id)
        self.commit()
        self.assertEqual(payment.move_id.state, "posted")
        self.assertOpen(invoice, 100)
        self.assertOpen(payment, 100)
        self.assertIn("exchange", payment.message_ids[0].body)

    def test_broken_partner_fails_alone_and_says_so(self):
        broken, healthy = self.customer, self.stranger
        invoices = {partner: self.invoice(100, partner) for partner in (broken, healthy)}
        self.commit()
        payments = {partner: self.payment(100, partner) for partner in (broken, healthy)}
        # a native reconciliation of the broken partner's items fails, as a customisation or a lock would make it
        broken_ids = self.open_items(invoices[broken]).ids
        Partial = type(self.env["account.partial.reconcile"])
        native_create = Partial.create

        def create(model, vals_list):
            if any(vals["debit_move_id"] in broken_ids for vals in vals_list):
                raise ValueError("these books are broken")
            return native_create(model, vals_list)

        with (
            patch.object(Partial, "create", create),
            self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"),
        ):
            self.commit()
        self.assertEqual(payments[broken].move_id.state, "posted")
        self.assertOpen(invoices[broken], 100)
        self.assertOpen(payments[broken], 100)
        self.assertIn("because a program failed", payments[broken].message_ids[0].body)
        self.assertNotIn("these books are broken", payments[broken].message_ids[0].body)
        self.assertAllocated(invoices[healthy], payments[healthy], 100)

    def test_failure_of_the_whole_allocation_leaves_the_posting_and_says_so(self):
        invoice = self.invoice(100)
        payment = self.payment(100)
        Reader = type(self.env["account.open.item.reader"])
        with (
            patch.object(Reader, "_read_open_items", side_effect=ValueError("no reading today")),
            self.assertLogs("odoo.addons.account_credit_allocation", "ERROR"),
        ):
            self.commit()
        self.assertEqual(payment.move_id.state, "posted")
        self.assertOpen(invoice, 100)
        self.assertIn("because a program failed", payment.message_ids[0].body)

    def test_conflict_at_every_attempt_leaves_the_posting_and_says_so(self):
        invoice = self.invoice(100)
        payment = self.payment(100)
        Executor = type(self.env["account.credit.allocation.executor"])
        with (
            patch.object(Executor, "_allocate", side_effect=psycopg2.errors.SerializationFailure) as attempts,
            patch.object(allocation_trigger, "PAUSE", 0),
        ):
            self.commit()
        self.assertEqual(attempts.call_count, allocation_trigger.ATTEMPTS)
        self.assertEqual(payment.move_id.state, "posted")
        self.assertOpen(invoice, 100)
        self.assertIn("In use by somebody else", payment.message_ids[0].body)

    def test_what_is_left_as_usual_is_not_noted(self):
        payment = self.payment(100)
        messages = payment.message_ids
        self.commit()
        self.assertEqual(payment.message_ids, messages)

    def test_each_note_is_a_message_of_its_own(self):
        invoices = self.env["account.move"].union(*(self.invoice(amount) for amount in (10, 20, 30)))
        self.payment(60)
        self.commit()
        notes = invoices.message_ids.filtered(lambda note: "CA/" in note.body)
        self.assertEqual(len(notes), 3)
        self.assertEqual(len(set(notes.mapped("message_id"))), 3)
