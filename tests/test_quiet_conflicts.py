from threading import Thread

import psycopg2.errors

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from ..models.engine.quiet_conflicts import quiet_conflicts

LOGGER = "odoo.sql_db"


@tagged("post_install", "-at_install")
class TestQuietConflicts(BaseCase):
    """Two real transactions want the same row; what is handled is no error in the log, and all else is."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            self.partner_id = self.partners(cr).create({"name": "Wanted"}).id
        self.addCleanup(self.delete_partner)

    def partners(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["res.partner"]

    def delete_partner(self):
        with self.registry.cursor() as cr:
            self.partners(cr).browse(self.partner_id).unlink()

    def conflict(self):
        """The second transaction comes too late, with what the ORM writes."""
        with self.registry.cursor() as late:
            partner = self.partners(late).browse(self.partner_id)
            self.assertTrue(partner.name)  # its view of the database is from now on
            with self.registry.cursor() as early:
                early.execute("UPDATE res_partner SET name = 'Taken' WHERE id = %s", (self.partner_id,))
            with self.assertRaises(psycopg2.errors.SerializationFailure):
                partner.name = "Too late"
                late.flush()
            late.rollback()

    def wait_in_vain(self):
        """Somebody else holds the row, and does not let go in time."""
        with self.registry.cursor() as other, self.registry.cursor() as cr:
            other.execute("SELECT FROM res_partner WHERE id = %s FOR UPDATE", (self.partner_id,))
            cr.execute("SET LOCAL lock_timeout = '50ms'")
            with self.assertRaises(psycopg2.errors.LockNotAvailable):
                cr.execute("UPDATE res_partner SET name = 'Late' WHERE id = %s", (self.partner_id,))
            cr.rollback()

    def make_mistake(self):
        with self.registry.cursor() as cr:
            with self.assertRaises(psycopg2.errors.UndefinedColumn):
                cr.execute("SELECT no_such_column FROM res_partner")
            cr.rollback()

    def test_conflict_that_is_handled_is_not_logged(self):
        for fail in (self.conflict, self.wait_in_vain):
            with self.subTest(fail.__name__), self.assertNoLogs(LOGGER, "INFO"), quiet_conflicts():
                fail()

    def test_conflict_that_nobody_handles_is_logged_as_an_error(self):
        with quiet_conflicts():
            pass
        for fail in (self.conflict, self.wait_in_vain):
            with self.subTest(fail.__name__), self.assertLogs(LOGGER, "ERROR"):
                fail()

    def test_mistake_is_logged_as_ever(self):
        with self.assertLogs(LOGGER, "ERROR") as logged, quiet_conflicts():
            self.make_mistake()
        self.assertIn("no_such_column", logged.output[0])

    def test_conflict_can_be_seen_by_who_looks_for_it(self):
        with self.assertLogs(LOGGER, "DEBUG") as logged, quiet_conflicts():
            self.conflict()
        self.assertEqual([record.levelname for record in logged.records if "bad query" in record.msg], ["DEBUG"])

    def test_another_thread_is_none_of_our_business(self):
        with self.assertLogs(LOGGER, "ERROR"), quiet_conflicts():
            thread = Thread(target=self.wait_in_vain)
            thread.start()
            thread.join()
