from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...models.run import account_credit_allocation_run, account_credit_allocation_run_partner
from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunScope(RunCase):
    """What a run looks at, and what it leaves alone."""

    def assertTouches(self, run, *partners):
        self.assertEqual(run.row_ids.partner_id.sorted("id"), self.env["res.partner"].concat(*partners).sorted("id"))

    def test_chosen_partners_stand_for_their_company(self):
        contact = self.env["res.partner"].create({"name": "Clerk", "parent_id": self.customer.id})
        self.pair(self.customer)
        self.pair(self.stranger)
        run = self.run_now(partner_scope="partners", partner_ids=[Command.set(contact.ids)])
        self.assertTouches(run, self.customer)

    def test_tags_include_the_tags_below_them(self):
        parent = self.env["res.partner.category"].create({"name": "Key accounts"})
        child = self.env["res.partner.category"].create({"name": "North", "parent_id": parent.id})
        self.customer.category_id = child
        self.pair(self.customer)
        self.pair(self.stranger)
        run = self.run_now(partner_scope="tags", category_ids=[Command.set(parent.ids)])
        self.assertTouches(run, self.customer)

    def test_customers_and_vendors_are_never_netted(self):
        invoice, payment = self.pair(self.customer)
        bill, paid = self.bill(50), self.vendor_payment(50)
        both_ways = self.new_partner("Both Ways")
        owed, owing = self.invoice(30, both_ways), self.bill(30, both_ways)
        customers = self.run_now()
        self.assertAllocated(invoice, payment, 100)
        self.assertNotAllocated(bill, paid)
        both = self.run_now(account_scope="both")
        self.assertAllocated(bill, paid, 50)
        self.assertNotAllocated(owed, owing)
        self.assertTouches(customers, self.customer)
        self.assertTouches(both, self.vendor)

    def test_limits_of_dates_journals_and_amount(self):
        early = self.pair(self.customer, day="2024-01-10")
        late = self.pair(self.stranger, day="2024-03-10")
        run = self.run_now(due_to="2024-02-01")
        self.assertAllocated(*early, 100)
        self.assertNotAllocated(*late)
        self.assertEqual(run.debt_count, 1)
        self.run_now(credit_journal_ids=[Command.set(self.misc_journal.ids)])
        self.assertNotAllocated(*late)
        self.run_now(min_amount=101)
        self.assertNotAllocated(*late)
        self.run_now(min_amount=100, credit_journal_ids=[Command.set(self.bank_journal.ids)])
        self.assertAllocated(*late, 100)

    def test_chosen_rules_run_even_if_switched_off(self):
        exact, oldest = self.rule("exact_amount"), self.rule("oldest_first")
        oldest.enabled = False
        invoice, payment = self.invoice(100), self.payment(60)
        self.run_now(rule_ids=[Command.set(exact.ids)])
        self.assertNotAllocated(invoice, payment)
        self.run_now(rule_ids=[Command.set(oldest.ids)])
        self.assertAllocated(invoice, payment, 60, "oldest_first")

    def test_rules_of_another_company_are_refused(self):
        other = self.setup_other_company(name="Other Company")["company"]
        with self.assertRaises(ValidationError):
            self.new_run(rule_ids=[Command.set(self.rule("exact_amount", other).ids)])

    def test_branches_are_covered_as_far_as_the_user_may_work_in_them(self):
        branch = self.branch()
        other = self.branch("Other Branch")
        invoice = self.invoice(100, company=branch)
        elsewhere = self.invoice(100, self.stranger, company=other)
        self.payment(100)
        self.payment(100, self.stranger)
        self.env.user.company_ids = self.company | branch
        run = self.run_now()
        self.assertEqual(run.allocation_ids.company_id, branch)
        self.env.user.company_ids |= other
        self.assertOpen(invoice, 0)
        self.assertOpen(elsewhere, 100)

    def test_items_of_nobody_are_counted_only(self):
        self.entry(-20, partner=self.env["res.partner"])
        run = self.run_now()
        self.assertEqual((run.no_partner_count, run.state, len(run.row_ids)), (1, "done", 0))

    def test_large_partners_are_batches_of_their_own(self):
        small = [self.new_partner(f"Small {index}") for index in range(3)]
        for partner in small:
            self.pair(partner)
        for amount in (10, 20, 30):
            self.pair(self.customer, amount)
        with patch.object(account_credit_allocation_run_partner, "ITEMS_PER_BATCH", 4):
            run = self.new_run()
            run.action_start()
        batches = {row.partner_id: row.batch for row in run.row_ids}
        self.assertEqual(batches[self.customer], 1)
        self.assertEqual([batches[partner] for partner in small], [2, 2, 3])

    def test_too_much_to_wait_for_goes_to_the_background(self):
        self.pair(self.customer)
        with patch.object(account_credit_allocation_run, "ITEMS_AT_ONCE", 1):
            run = self.new_run(in_background=False)
            run.action_start()
        self.assertEqual(run.state, "running")
        self.assertTrue(run.in_background)
        self.work()
        self.assertEqual(run.state, "done")


@tagged("post_install", "-at_install")
class TestRunSchedule(RunCase):
    """Schedules make runs, and go on whatever is in the way of one."""

    def new_schedule(self, **vals):
        return self.env["account.credit.allocation.run.schedule"].create(
            {"name": "Every night", "company_id": self.company.id, "next_call": fields.Datetime.now(), **vals}
        )

    def start_due(self):
        self.env.ref("account_credit_allocation.account_credit_allocation_run_cron_schedules").method_direct_trigger()
        self.env.invalidate_all()

    def test_due_schedule_starts_its_run_with_its_scope(self):
        schedule = self.new_schedule(quiet=True, due_limited=True, due_within_days=3)
        later = self.new_schedule(name="Later", next_call=fields.Datetime.now() + timedelta(days=1))
        invoice, payment = self.pair(self.customer)
        self.start_due()
        run = schedule.run_ids
        self.assertEqual((run.state, run.quiet, run.user_id), ("running", True, schedule.user_id))
        self.assertEqual(run.due_to, fields.Date.context_today(self.env.user) + timedelta(days=3))
        self.work()
        self.assertAllocated(invoice, payment, 100)
        self.assertFalse(later.run_ids)
        self.assertGreater(schedule.next_call, fields.Datetime.now())
        self.start_due()
        self.assertEqual(schedule.run_ids, run)

    def test_run_is_skipped_while_the_previous_one_is_not_done(self):
        schedule = self.new_schedule()
        self.pair(self.customer)
        self.start_due()
        schedule.sudo().next_call = fields.Datetime.now()
        self.start_due()
        self.assertEqual(len(schedule.run_ids), 1)
        self.assertIn("not done yet", schedule.message_ids[0].body)
        self.assertGreater(schedule.next_call, fields.Datetime.now())

    def test_archived_user_is_noted_and_stops_no_other_schedule(self):
        user = self.env["res.users"].create({"name": "Gone", "login": "gone", "group_ids": self.env.user.group_ids.ids})
        user.company_ids = user.company_id = self.company
        broken, healthy = self.new_schedule(), self.new_schedule(name="Healthy")
        broken.sudo().user_id = user
        user.active = False
        self.pair(self.customer)
        self.start_due()
        self.assertFalse(broken.run_ids)
        self.assertIn("is archived", broken.message_ids[0].body)
        self.assertEqual(healthy.run_ids.state, "running")

    def test_last_day_of_the_month(self):
        schedule = self.new_schedule(interval_type="month_end", next_call="2024-01-31 22:00:00")
        step = schedule._get_following_call()
        self.assertEqual((step.hour, (step + timedelta(days=1)).day), (22, 1))
        self.assertGreater(step, fields.Datetime.now())

    def test_whoever_changes_a_schedule_is_responsible_for_it(self):
        schedule = self.new_schedule()
        manager = self.env["res.users"].create(
            {
                "name": "Other Manager",
                "login": "other_manager",
                "company_id": self.company.id,
                "company_ids": [Command.set(self.company.ids)],
                "group_ids": [Command.set(self.env.ref("account.group_account_manager").ids)],
            }
        )
        schedule.with_user(manager).account_scope = "both"
        self.assertEqual(schedule.user_id, manager)
