import psycopg2

from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from ...models.engine.expected_conflicts import conflicts_expected, expect_conflicts

TOUCH = "UPDATE res_company SET write_date = write_date"


@tagged("post_install", "-at_install")
class TestExpectedConflicts(BaseCase):
    """Two connections to the same row, which they write without changing it."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())

    def open_late_transaction(self):
        """A transaction that began before another one changed the row, and committed."""
        late = self.registry.cursor()
        self.addCleanup(late.close)
        late.execute("SELECT 1")
        with self.registry.cursor() as early:
            early.execute(TOUCH)
        return late

    def test_expected_conflict_is_raised_and_not_logged(self):
        late = expect_conflicts(self.open_late_transaction())
        with self.assertNoLogs("odoo.sql_db", "ERROR"), self.assertRaises(psycopg2.errors.SerializationFailure):
            late.execute(TOUCH)

    def test_other_failures_are_logged_as_ever(self):
        late = expect_conflicts(self.open_late_transaction())
        with self.assertLogs("odoo.sql_db", "ERROR"), self.assertRaises(psycopg2.errors.UndefinedTable):
            late.execute("SELECT 1 FROM no_such_table")

    def test_who_wants_no_log_gets_none(self):
        late = expect_conflicts(self.open_late_transaction())
        with self.assertNoLogs("odoo.sql_db", "ERROR"), self.assertRaises(psycopg2.errors.UndefinedTable):
            late.execute("SELECT 1 FROM no_such_table", log_exceptions=False)

    def test_conflicts_are_expected_within_the_block_alone(self):
        late = self.open_late_transaction()
        with conflicts_expected(late):
            late.execute("SELECT 1")
        with self.assertLogs("odoo.sql_db", "ERROR"), self.assertRaises(psycopg2.errors.SerializationFailure):
            late.execute(TOUCH)

    def test_blocks_within_each_other(self):
        late = expect_conflicts(self.open_late_transaction())
        with conflicts_expected(late), conflicts_expected(late):
            late.execute("SELECT 1")
        with self.assertNoLogs("odoo.sql_db", "ERROR"), self.assertRaises(psycopg2.errors.SerializationFailure):
            late.execute(TOUCH)
