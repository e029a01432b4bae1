from odoo.tools import SQL

from .flow import Flow


class SalesOrders(Flow):
    """Online payments of sales orders: such a payment was made for the invoices of its order. It waits for them as long
    as the order is confirmed and not yet invoiced, or its invoice is still a draft. A payment whose text names an order
    waits likewise, from the quotation on: that is the reference which the shop gives for a transfer.
    """

    needs = {"payment.transaction": ("sale_order_ids",)}
    order_model = "sale.order"
    order_account_type = "asset_receivable"

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

    def get_orders_sql(self, partner_ids, company_ids):
        return SQL(
            """SELECT sale_order.id, contact.commercial_partner_id AS partner_id, sale_order.company_id,
                      sale_order.currency_id, sale_order.name,
                      sale_order.amount_total - COALESCE(invoiced.amount, 0) AS amount
                 FROM sale_order
                 JOIN res_partner contact ON contact.id = sale_order.partner_invoice_id
            LEFT JOIN LATERAL (
                      SELECT BOOL_OR(invoice_line.parent_state = 'draft') AS has_draft,
                             SUM(CASE WHEN invoice_line.parent_state <> 'posted' THEN 0
                                      WHEN invoice.move_type = 'out_refund' THEN -invoice_line.price_total
                                      ELSE invoice_line.price_total END) AS amount
                        FROM sale_order_line order_line
                        JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = order_line.id
                        JOIN account_move_line invoice_line ON invoice_line.id = invoiced.invoice_line_id
                        JOIN account_move invoice ON invoice.id = invoice_line.move_id
                       WHERE order_line.order_id = sale_order.id
                      ) invoiced ON TRUE
                WHERE sale_order.partner_invoice_id = ANY(ARRAY(
                          SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)))
                  AND sale_order.company_id = ANY(%s)
                  AND sale_order.state IN ('draft', 'sent', 'sale')
                  AND (sale_order.invoice_status <> 'invoiced' OR invoiced.has_draft)""",
            partner_ids,
            company_ids,
        )
