from odoo.tools import SQL

from .flow import Flow


class Payments(Flow):
    """Payments (``account``): one that is rejected keeps a posted entry, and is no money for all that.

    A draft whose entry is posted is not void: the entry was confirmed, and Odoo writes the state after it.
    """

    def get_void_sql(self, env, alias):
        return SQL("%s.state IN ('canceled', 'rejected')", alias.payment)
