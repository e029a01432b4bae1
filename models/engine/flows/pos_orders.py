from odoo.tools import SQL

from .flow import Flow


class PosOrders(Flow):
    """Orders of the till (``point_of_sale``), which no text names.

    An order that is invoiced after its session was closed is taken out of the closing entry by a reversal. That one
    belongs to the entry of the order's payment, to what was sold on the customer's account, and to the invoice. A
    refund, whether in a closing entry or a credit note, belongs to what was sold.
    """

    needs = {"account.move": ("reversed_pos_order_id", "pos_payment_ids"), "pos.order.line": ("refunded_orderline_id",)}

    def get_linked_documents_sql(self, env, alias):
        return SQL(
            """CASE WHEN %(move)s.move_type IN ('entry', 'out_refund') THEN ARRAY(
                SELECT paying.account_move_id
                  FROM pos_payment paying
                 WHERE paying.pos_order_id = %(move)s.reversed_pos_order_id AND paying.account_move_id IS NOT NULL
                 UNION
                SELECT session.move_id
                  FROM pos_payment paying
                  JOIN pos_payment_method method ON method.id = paying.payment_method_id
                  JOIN pos_session session ON session.id = paying.session_id
                 WHERE paying.pos_order_id = %(move)s.reversed_pos_order_id AND method.journal_id IS NULL
                 UNION
                SELECT invoiced.account_move FROM pos_order invoiced WHERE invoiced.id = %(move)s.reversed_pos_order_id
                 UNION
                SELECT COALESCE(sold.account_move, session.move_id)
                  FROM (SELECT id, partner_id FROM pos_order WHERE account_move = %(move)s.id
                         UNION
                        SELECT pos_order.id, pos_order.partner_id
                          FROM pos_session
                          JOIN pos_order ON pos_order.session_id = pos_session.id
                         WHERE pos_session.move_id = %(move)s.id) refund
                  JOIN res_partner customer ON customer.id = refund.partner_id
                  JOIN pos_order_line refund_line ON refund_line.order_id = refund.id
                  JOIN pos_order_line sold_line ON sold_line.id = refund_line.refunded_orderline_id
                  JOIN pos_order sold ON sold.id = sold_line.order_id
                  JOIN pos_session session ON session.id = sold.session_id
                 WHERE customer.commercial_partner_id = %(partner)s.id
            ) ELSE '{}' END""",
            move=alias.move,
            partner=alias.partner,
        )
