from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.expected_conflicts import conflicts_expected


class CustomerCreditOnce(models.AbstractModel):
    """A window whose button moves credit: however often it is pressed, or sent, the credit moves once."""

    _name = "customer.credit.once"
    _description = "Customer Credit Window for One Use"

    is_used = fields.Boolean(readonly=True)

    def _use(self):
        """Mark the window as used. A second press at the same time waits here, then starts again on what the first has
        done; where that failed, it is rolled back with the mark.

        :return: whether this is the first use
        :raise psycopg2.errors.SerializationFailure: it was just used; Odoo tries again
        """
        self.ensure_one()
        self.flush_recordset()
        with conflicts_expected(self.env.cr):
            rows = self.env.execute_query(
                SQL(
                    "UPDATE %s SET is_used = TRUE WHERE id = %s AND is_used IS NOT TRUE RETURNING id",
                    SQL.identifier(self._table),
                    self.id,
                )
            )
        self.invalidate_recordset(["is_used"])
        return bool(rows)
