from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from ..run.run_common import RunCase


@tagged("post_install", "-at_install")
@freeze_time("2031-05-01")
class TestNumbers(RunCase):
    """Whatever somebody does to a sequence of ours, the next document gets a number that is free."""

    def setUp(self):
        super().setUp()
        self.sequence = self.env["ir.sequence"].search(
            [("code", "=", "account.credit.allocation"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual([self.allocate_one() for _count in range(3)], self.numbers(1, 2, 3))

    def numbers(self, *numbers):
        return [f"CA/2031/{number:05}" for number in numbers]

    def allocate_one(self):
        self.pair(self.customer, 10)
        return self.allocate(partner_ids=(self.customer.id,)).documents.name

    def test_no_gap_goes_on_after_the_last_number(self):
        self.sequence.implementation = "no_gap"
        self.assertEqual([self.allocate_one() for _count in range(2)], self.numbers(4, 5))

    def test_back_to_standard_does_so_too(self):
        self.sequence.implementation = "no_gap"
        self.allocate_one()
        self.sequence.implementation = "standard"
        self.assertEqual([self.allocate_one() for _count in range(2)], self.numbers(5, 6))

    def test_a_sequence_that_is_set_back_passes_over_what_is_taken(self):
        for implementation in ("standard", "no_gap"):
            with self.subTest(implementation):
                last = self.allocate_one()
                self.sequence.implementation = implementation
                self.sequence.date_range_ids.number_next_actual = 2
                self.assertEqual(int(self.allocate_one()[-5:]), int(last[-5:]) + 1)

    def test_what_is_set_forward_stays_so(self):
        self.sequence.date_range_ids.number_next_actual = 100
        self.assertEqual([self.allocate_one() for _count in range(2)], self.numbers(100, 101))

    def test_without_a_number_for_each_year(self):
        self.sequence.use_date_range = False
        self.sequence.write({"prefix": "100%%_%(year)s/", "suffix": "_A"})
        self.assertEqual(self.allocate_one(), "100%_2031/00001_A")
        self.sequence.number_next_actual = 1
        self.assertEqual(self.allocate_one(), "100%_2031/00002_A")

    def test_years_may_share_their_numbers(self):
        self.sequence.prefix = "CA/"
        self.allocate_one(), self.allocate_one()
        with freeze_time("2032-01-07"):
            self.assertEqual([self.allocate_one() for _count in range(2)], ["CA/00006", "CA/00007"])

    def test_a_year_that_was_deleted_goes_on_with_the_prefix_of_the_sequence(self):
        self.sequence.prefix = "ALLOC-%(range_year)s-"
        self.assertEqual(self.allocate_one(), "ALLOC-2031-00004")
        self.sequence.date_range_ids.unlink()
        self.assertEqual(self.allocate_one(), "ALLOC-2031-00005")

    def test_a_month_of_its_own_is_the_users_business(self):
        self.sequence.date_range_ids.date_from = "2031-06-01"
        self.sequence.date_range_ids = [Command.create({"date_from": "2031-05-01", "date_to": "2031-05-31"})]
        self.assertEqual(self.allocate_one(), self.numbers(4)[0])

    def test_posting_several_documents_at_once_gets_numbers_too(self):
        self.sequence.implementation = "no_gap"
        branch = self.branch()
        self.invoice(10, company=branch), self.invoice(20), self.payment(30)
        documents = self.allocate(company_ids=(self.company | branch)._ids).documents
        self.assertEqual(documents.company_id, self.company | branch)

    def test_runs_are_numbered_all_the_same(self):
        self.pair(self.customer)
        first = self.run_now()
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "account.credit.allocation.run"), ("company_id", "=", self.company.id)]
        )
        sequence.implementation = "no_gap"
        self.assertEqual([first.name, self.run_now().name], ["RUN/2031/00001", "RUN/2031/00002"])
