from datetime import date, datetime
from html import unescape

from odoo.tests import freeze_time, tagged

from ..common import OnPostCase, SecurityCase
from ..run.run_common import RunCase

WEST, EAST = "America/Los_Angeles", "Pacific/Auckland"
# the last evening of the year in the west, in UTC; and its last afternoon in UTC, when the east has the new year
NEW_YEAR_IN_UTC, NEW_YEAR_IN_THE_EAST = "2024-01-01 04:00:00", "2023-12-31 12:00:00"


@tagged("post_install", "-at_install")
class TestTimeZones(OnPostCase):
    """What a user does is dated where the user is; what a customer or a machine does, where the company is."""

    def settle_with_tolerance(self, user=None):
        """Post an invoice and a payment that is 1 short; return the document and the entry of the write-off."""
        rule = self.env["account.credit.allocation.rule"]._get_tolerance_rule(self.company)
        rule.write(
            {
                "tolerance_amount": 5,
                "tolerance_percent": 2,
                "write_off_account_id": self.company_data["default_account_expense"].id,
                "write_off_journal_id": self.misc_journal.id,
                "enabled": True,
            }
        )
        invoice = self.invoice(100, day="2023-12-01")
        self.commit()
        payment = self.payment(99, day="2023-12-15", post=False)
        payment.with_user(user or self.env.user).with_context(tz=False).action_post()
        self.commit()
        lines = self.env["account.credit.allocation.line"].search([("debt_move_id", "=", invoice.id)])
        self.assertEqual(len(lines), 2)
        return lines.allocation_id, lines.write_off_move_id

    def user_in(self, zone):
        user = self.new_billing_user()
        user.tz = zone
        return user

    @freeze_time(NEW_YEAR_IN_UTC)
    def test_posting_on_the_last_evening_of_the_year_in_the_west(self):
        document, entry = self.settle_with_tolerance(self.user_in(WEST))
        self.assertEqual((document.date, entry.date), (date(2023, 12, 31), date(2023, 12, 31)))
        self.assertRegex(document.name, "^CA/2023/")

    @freeze_time(NEW_YEAR_IN_THE_EAST)
    def test_posting_on_the_first_morning_of_the_year_in_the_east(self):
        document, entry = self.settle_with_tolerance(self.user_in(EAST))
        self.assertEqual((document.date, entry.date), (date(2024, 1, 1), date(2024, 1, 1)))
        self.assertRegex(document.name, "^CA/2024/")

    @freeze_time(NEW_YEAR_IN_UTC)
    def test_nobody_is_at_work_where_the_company_is(self):
        self.company.partner_id.tz = WEST
        document, entry = self.settle_with_tolerance(self.env.ref("base.user_root"))
        self.assertEqual((document.date, entry.date), (date(2023, 12, 31), date(2023, 12, 31)))

    @freeze_time(NEW_YEAR_IN_THE_EAST)
    def test_days_of_the_user_the_customer_and_the_company(self):
        self.company.partner_id.tz = WEST
        portal = self.env["res.users"].create(
            {
                "name": "Customer",
                "login": "far customer",
                "tz": EAST,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        clerk = self.user_in(EAST)
        days = {user: self.company.with_user(user).sudo()._credit_allocation_today() for user in (portal, clerk)}
        self.assertEqual(days, {portal: date(2023, 12, 31), clerk: date(2024, 1, 1)})
        clerk.tz = False
        self.assertEqual(self.company.with_user(clerk).sudo()._credit_allocation_today(), date(2023, 12, 31))
        self.company.partner_id.tz = False
        self.assertEqual(self.company._get_local_today(), date(2023, 12, 31))


@tagged("post_install", "-at_install")
class TestScheduleTimeZones(RunCase):
    """A schedule counts days and hours where its responsible user is."""

    def following_calls(self, zone, interval, first, now, count=1, **vals):
        """The next runs, in UTC, each found when the one before was due."""
        self.env.user.tz = zone
        with freeze_time(now):
            schedule = self.env["account.credit.allocation.run.schedule"].create(
                {"name": "S", "company_id": self.company.id, "interval_type": interval, "next_call": first, **vals}
            )
        calls = []
        for _number in range(count):
            with freeze_time(schedule.next_call):
                schedule._start_due_run()
            calls.append(schedule.next_call)
        return calls

    def test_two_in_the_morning_stays_that_when_the_clocks_change(self):
        calls = self.following_calls("Europe/Berlin", "days", "2024-03-29 01:00:00", "2024-03-28", 4)
        self.assertEqual(calls[0], datetime(2024, 3, 30, 1))  # 02:00, one hour ahead of UTC
        # on the 31st there is no 02:00, the clocks go from there to 03:00; then 02:00 is two hours ahead
        self.assertEqual(calls[1:], [datetime(2024, 3, 31, 1), datetime(2024, 4, 1, 0), datetime(2024, 4, 2, 0)])
        calls = self.following_calls("Europe/Berlin", "days", "2024-10-26 00:00:00", "2024-10-25", 3)
        self.assertEqual(calls, [datetime(2024, 10, 27, 1), datetime(2024, 10, 28, 1), datetime(2024, 10, 29, 1)])

    def test_the_31st_comes_back_after_shorter_months(self):
        calls = self.following_calls(
            "Asia/Tokyo", "months", "2024-01-30 23:00:00", "2024-01-30", 3
        )  # 08:00 on the 31st
        self.assertEqual(calls, [datetime(2024, 2, 28, 23), datetime(2024, 3, 30, 23), datetime(2024, 4, 29, 23)])

    def test_last_day_of_each_month_in_the_east_and_in_the_west(self):
        calls = self.following_calls(EAST, "month_end", "2024-01-30 12:00:00", "2024-01-30", 2)  # 01:00 on the 31st
        self.assertEqual(calls, [datetime(2024, 2, 28, 12), datetime(2024, 3, 30, 12)])
        calls = self.following_calls(WEST, "month_end", "2024-02-01 06:00:00", "2024-01-30", 2)  # 22:00 on the 31st
        self.assertEqual(calls, [datetime(2024, 3, 1, 6), datetime(2024, 4, 1, 5)])

    def test_what_is_due_is_counted_from_the_day_of_the_user(self):
        for zone, now, due in (
            (WEST, NEW_YEAR_IN_UTC, date(2024, 1, 1)),
            (EAST, NEW_YEAR_IN_THE_EAST, date(2024, 1, 2)),
        ):
            self.env.user.tz = zone
            with freeze_time(now):
                schedule = self.env["account.credit.allocation.run.schedule"].create(
                    {"name": "S", "company_id": self.company.id, "due_limited": True, "due_within_days": 1}
                )
                run = schedule.with_user(self.env.ref("base.user_root"))._start_run()
            self.assertEqual(run.due_to, due, zone)

    def test_somebody_who_chooses_another_time_begins_a_new_rhythm(self):
        self.env.user.tz = "UTC"
        schedule = self.env["account.credit.allocation.run.schedule"].create(
            {"name": "S", "company_id": self.company.id, "interval_type": "months", "next_call": "2024-01-31 08:00:00"}
        )
        schedule.next_call = "2024-02-10 09:00:00"
        with freeze_time("2024-02-10 09:00:00"):
            schedule._start_due_run()
        self.assertEqual(schedule.next_call, datetime(2024, 3, 10, 9))


@tagged("post_install", "-at_install")
class TestBackgroundLanguage(RunCase, SecurityCase):
    """What is said in the background is said in the language of who is responsible."""

    def setUp(self):
        super().setUp()
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.user.lang = "fr_FR"

    def test_end_of_a_run(self):
        self.pair(self.customer)
        run = self.new_run()
        run.action_start()
        self.work()
        body = "".join(run.message_ids.mapped("body"))
        self.assertIn("Imputations", body)
        self.assertNotIn("Allocations:", body)

    def test_partner_that_failed(self):
        self.pair(self.customer)
        run = self.new_run()
        run.action_start()
        run.row_ids.sudo().write({"tries": 9, "try_reason": "interrupted"})
        self.work()
        self.assertIn("pendant", run.row_ids.message.lower())
        self.assertIn("Partenaires", run.activity_ids.summary)

    def test_schedule_that_cannot_start(self):
        gone = self.new_user("gone", ["account.group_account_invoice"])
        gone.write({"lang": "fr_FR", "active": False})
        schedule = self.env["account.credit.allocation.run.schedule"].create(
            {"name": "S", "company_id": self.company.id}
        )
        schedule.sudo().user_id = gone
        self.env.ref("account_credit_allocation.account_credit_allocation_run_cron_schedules").method_direct_trigger()
        self.assertIn("Aucun traitement n'a été lancé", unescape(schedule.message_ids[0].body))
        self.assertIn("est archivé", unescape(schedule.message_ids[0].body))
