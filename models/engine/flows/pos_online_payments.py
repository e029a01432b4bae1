from odoo.tools import SQL

from .flow import Flow


class PosOnlinePayments(Flow):
    """Online payments at the till (``pos_online_payment``): such a payment is posted at once, and settled when its
    session is closed.
    """

    needs = {"account.payment": ("pos_order_id",), "payment.transaction": ("pos_order_id",)}

    def get_reserved_sql(self, env, alias):
        return SQL(
            """EXISTS (
                SELECT 1
                  FROM pos_order
             LEFT JOIN pos_session ON pos_session.id = pos_order.session_id
                 WHERE pos_order.id IN (%(payment)s.pos_order_id, (
                       SELECT paying.pos_order_id
                         FROM payment_transaction paying
                        WHERE paying.id = %(payment)s.payment_transaction_id))
                   AND pos_order.state <> 'cancel'
                   AND pos_session.state IS DISTINCT FROM 'closed'
            )""",
            payment=alias.payment,
        )
