from odoo import models
from odoo.exceptions import UserError

from .expected_conflicts import try_lock


class AllocationLock(models.AbstractModel):
    """Records that one person at a time decides about: whoever comes second is told, and nothing is done twice."""

    _name = "account.credit.allocation.lock"
    _description = "Locked while Somebody Decides"

    def _lock_in_state(self, *states):
        """Lock these records until the transaction ends, and read them again.

        :param str states: those in which they may be, by the field ``state``; none for any
        :raise UserError: one is gone, is in another state, or somebody else is deciding about it at this moment
        :raise psycopg2.errors.SerializationFailure: somebody has just decided; Odoo tries again on what that did
        """
        records = self.sudo()
        if records.exists() != records:
            raise UserError(self.env._("It is gone: somebody has just deleted it. Reload the page."))
        locked = try_lock(records)
        records.invalidate_recordset()
        if locked != records:
            raise UserError(
                self.env._(
                    "Somebody else is working on %s at this moment. Nothing was changed; look again.",
                    (records - locked)[0].display_name,
                )
            )
        for record in records if states else ():
            if record.state not in states:
                labels = dict(record._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "This cannot be done now. %(name)s is: %(state)s.",
                        name=record.display_name,
                        state=labels[record.state],
                    )
                )
