from odoo.tools import SQL

from .flow import Flow


class PaymentOrders(Flow):
    """Payment orders (OCA's ``account_payment_order``): what stands in one that is confirmed is paid by the file that
    goes to the bank, and its upload is refused when something else has settled it meanwhile.
    """

    needs = {"account.payment.line": ("move_line_id", "state")}

    def get_reserved_sql(self, env, alias):
        return SQL(
            """EXISTS (
                SELECT 1
                  FROM account_payment_line ordered
                 WHERE ordered.move_line_id = account_move_line.id
                   AND ordered.state IN ('open', 'generated')
            )"""
        )
