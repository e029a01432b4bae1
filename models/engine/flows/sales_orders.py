from odoo.tools import SQL

from .flow import Flow, get_awaiting_orders_sql


class SalesOrders(Flow):
    """Online payments of sales orders: such a payment was made for the invoices of its order. It waits for them as long
    as the order is confirmed and not yet invoiced, or its invoice is still a draft. A payment whose text names an order
    waits likewise, from the quotation on: that is the reference which the shop gives for a transfer.
    """

    needs = {"payment.transaction": ("sale_order_ids",)}
    order_model = "sale.order"
    order_account_type = "asset_receivable"

    def get_reserved_sql(self, env, alias):
        orders = get_paid_orders_sql(SQL("%s.payment_transaction_id", alias.payment))
        return get_awaits_invoice_sql(orders, SQL("sale_order.state = 'sale'"))

    def get_linked_documents_sql(self, env, alias):
        return get_invoice_ids_sql(get_paid_orders_sql(SQL("%s.payment_transaction_id", alias.payment)))

    def get_orders_sql(self, partner_ids, company_ids):
        return get_awaiting_orders_sql(
            "sale_order",
            ("partner_id", "partner_invoice_id"),
            ("draft", "sent", "sale"),
            SQL(
                """SELECT invoiced.invoice_line_id AS item_id
                     FROM sale_order_line order_line
                     JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = order_line.id
                    WHERE order_line.order_id = sale_order.id"""
            ),
            "out_refund",
            partner_ids,
            company_ids,
        )


def get_paid_orders_sql(transaction_id):
    """A SELECT of the ids of the orders that a transaction pays.

    :param SQL transaction_id: its id
    """
    return SQL(
        "SELECT ordering.sale_order_id FROM sale_order_transaction_rel ordering WHERE ordering.transaction_id = %s",
        transaction_id,
    )


def get_awaits_invoice_sql(orders, is_in_force):
    """The condition that one of the orders is still to be invoiced, or to get its invoice confirmed.

    :param SQL orders: a SELECT of ids
    :param SQL is_in_force: which states of ``sale_order`` count
    """
    return SQL(
        """EXISTS (
            SELECT 1
              FROM sale_order
             WHERE sale_order.id IN (%s)
               AND %s
               AND (sale_order.invoice_status <> 'invoiced' OR EXISTS (
                    SELECT 1 FROM (%s) invoice WHERE invoice.parent_state = 'draft'))
        )""",
        orders,
        is_in_force,
        get_invoice_items_sql(SQL("sale_order.id")),
    )


def get_invoice_ids_sql(orders):
    """An array of the ids of the invoices and credit notes of the orders.

    :param SQL orders: a SELECT of ids
    """
    return SQL("ARRAY(SELECT DISTINCT invoice.move_id FROM (%s) invoice)", get_invoice_items_sql(orders))


def get_invoice_items_sql(orders):
    """A SELECT of ``move_id`` and ``parent_state`` of the invoiced items of the orders.

    :param SQL orders: an id, or a SELECT of ids
    """
    return SQL(
        """SELECT invoice_line.move_id, invoice_line.parent_state
             FROM sale_order_line
             JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = sale_order_line.id
             JOIN account_move_line invoice_line ON invoice_line.id = invoiced.invoice_line_id
            WHERE sale_order_line.order_id IN (%s)""",
        orders,
    )
