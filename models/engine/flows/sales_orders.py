from odoo.tools import SQL

from .flow import Flow


class SalesOrders(Flow):
    """Online payments of sales orders: such a payment was made for the invoices of its order. It waits for them as long
    as the order is confirmed and not yet invoiced, or its invoice is still a draft.
    """

    needs = {"payment.transaction": ("sale_order_ids",)}

    def get_reserved_sql(self, env, alias):
        return SQL(
            """EXISTS (
                SELECT 1
                  FROM sale_order_transaction_rel ordering
                  JOIN sale_order ON sale_order.id = ordering.sale_order_id
                 WHERE ordering.transaction_id = %(payment)s.payment_transaction_id
                   AND sale_order.state = 'sale'
                   AND (sale_order.invoice_status <> 'invoiced' OR EXISTS (
                        SELECT 1 FROM (%(invoices)s) invoice WHERE invoice.parent_state = 'draft'))
            )""",
            payment=alias.payment,
            invoices=self._get_invoice_items_sql(alias),
        )

    def get_linked_documents_sql(self, env, alias):
        return SQL("ARRAY(SELECT DISTINCT invoice.move_id FROM (%s) invoice)", self._get_invoice_items_sql(alias))

    def _get_invoice_items_sql(self, alias):
        """The invoiced items of the orders that the payment of the row was made for."""
        return SQL(
            """SELECT invoice_line.move_id, invoice_line.parent_state
                 FROM sale_order_transaction_rel paid
                 JOIN sale_order_line ON sale_order_line.order_id = paid.sale_order_id
                 JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = sale_order_line.id
                 JOIN account_move_line invoice_line ON invoice_line.id = invoiced.invoice_line_id
                WHERE paid.transaction_id = %s.payment_transaction_id""",
            alias.payment,
        )
