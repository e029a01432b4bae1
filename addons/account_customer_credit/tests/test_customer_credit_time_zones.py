from datetime import date

from odoo.tests import freeze_time, tagged

from .test_customer_credit_movement import MovementCase

WEST, EAST = "America/Los_Angeles", "Pacific/Auckland"


@tagged("post_install", "-at_install")
class TestCustomerCreditTimeZones(MovementCase):
    """Statements and what expires count days where the company is, whoever looks."""

    def test_every_reader_has_the_same_statement(self):
        payment, invoice = self.payment(100, day="2024-03-01"), self.invoice(60, day="2024-03-01")
        (self.open_items(payment) | self.open_items(invoice)).reconcile()
        partial = self.partials_between(invoice, payment)
        self.env.flush_all()
        # half past nine in the evening of the 31st in the west, noon of the next day in the east
        self.env.cr.execute(
            "UPDATE account_partial_reconcile SET create_date = '2024-04-01 04:30:00' WHERE id IN %s",
            (tuple(partial.ids),),
        )
        for zone, closing in ((WEST, 40), (EAST, 100), (False, 100)):
            self.company.partner_id.tz = zone
            for reader in (WEST, EAST, "UTC"):
                self.env.invalidate_all()
                values = self.customer.with_context(tz=reader)._get_customer_credit_statement_values(
                    self.company, self.dollar, date(2024, 3, 1), date(2024, 3, 31)
                )
                self.assertEqual(values["closing"], closing, f"{zone} read in {reader}")

    def test_reservation_expires_at_the_end_of_the_company_s_day(self):
        self.payment(100)
        reservation = self.reserve(30)
        reservation.date_expiry = "2024-03-31"
        for zone, now, is_stale in (
            (WEST, "2024-04-01 06:30:00", False),  # 23:30 on the 31st
            (WEST, "2024-04-01 07:30:00", True),
            (EAST, "2024-03-31 10:30:00", False),  # 23:30 on the 31st
            (EAST, "2024-03-31 12:30:00", True),
        ):
            self.company.partner_id.tz = zone
            with freeze_time(now):
                self.env.invalidate_all()
                found = self.env["customer.credit.reservation"].search([("is_stale", "=", True)])
                self.assertEqual(reservation in found, is_stale, f"{zone} {now}")
                self.assertEqual(reservation.with_context(tz="Pacific/Kiritimati").is_stale, is_stale, f"{zone} {now}")
