from odoo.tools import SQL

from .flow import Flow, get_awaiting_orders_sql


class PurchaseOrders(Flow):
    """A payment whose text names a purchase order waits for the bill, as long as the order is not yet billed."""

    needs = {"purchase.order": ("invoice_status",)}
    order_model = "purchase.order"
    order_account_type = "liability_payable"

    def get_orders_sql(self, partner_ids, company_ids):
        return get_awaiting_orders_sql(
            "purchase_order",
            ("partner_id",),
            ("draft", "sent", "to approve", "purchase"),
            SQL(
                """SELECT item.id AS item_id
                     FROM purchase_order_line order_line
                     JOIN account_move_line item ON item.purchase_line_id = order_line.id
                    WHERE order_line.order_id = purchase_order.id"""
            ),
            "in_refund",
            partner_ids,
            company_ids,
        )
