from odoo.tools import SQL

from .flow import Flow


class PurchaseOrders(Flow):
    """A payment whose text names a purchase order waits for the bill, as long as the order is not yet billed."""

    needs = {"purchase.order": ("invoice_status",)}
    order_model = "purchase.order"
    order_account_type = "liability_payable"

    def get_orders_sql(self, partner_ids, company_ids):
        return SQL(
            """SELECT purchase_order.id, contact.commercial_partner_id AS partner_id, purchase_order.company_id,
                      purchase_order.currency_id, purchase_order.name,
                      purchase_order.amount_total - COALESCE(billed.amount, 0) AS amount
                 FROM purchase_order
                 JOIN res_partner contact ON contact.id = purchase_order.partner_id
            LEFT JOIN LATERAL (
                      SELECT BOOL_OR(bill_line.parent_state = 'draft') AS has_draft,
                             SUM(CASE WHEN bill_line.parent_state <> 'posted' THEN 0
                                      WHEN bill.move_type = 'in_refund' THEN -bill_line.price_total
                                      ELSE bill_line.price_total END) AS amount
                        FROM purchase_order_line order_line
                        JOIN account_move_line bill_line ON bill_line.purchase_line_id = order_line.id
                        JOIN account_move bill ON bill.id = bill_line.move_id
                       WHERE order_line.order_id = purchase_order.id
                      ) billed ON TRUE
                WHERE purchase_order.partner_id = ANY(ARRAY(
                          SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s)))
                  AND purchase_order.company_id = ANY(%s)
                  AND purchase_order.state IN ('draft', 'sent', 'to approve', 'purchase')
                  AND (purchase_order.invoice_status <> 'invoiced' OR billed.has_draft)""",
            partner_ids,
            company_ids,
        )
