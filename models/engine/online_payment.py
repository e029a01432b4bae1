"""Money on its way to a document of its own is no free credit, and that document is no free debt.

Online payments and sales orders belong to other addons. They are asked only where they are installed: this addon does
not need them, but a shop must not lose its customers' card payments to their oldest invoices.
"""

from odoo.tools import SQL


def has_invoice_payments(env):
    """Whether there are online payments of invoices."""
    return "transaction_ids" in env["account.move"]._fields


def has_sales_orders(env):
    """Whether online payments of sales orders exist: the addon behind them needs both."""
    return "payment.transaction" in env and "sale_order_ids" in env["payment.transaction"]._fields


def get_order_invoices_sql(env, alias):
    """The column ``order_invoice_ids``: the invoices of the sales orders that a payment was made for. It was made for
    them, too.

    :param Aliases alias: the names of the joined tables
    """
    if not has_sales_orders(env):
        return SQL("'{}'::integer[] AS order_invoice_ids")
    return SQL(
        "ARRAY(SELECT DISTINCT invoice.move_id FROM (%s) invoice) AS order_invoice_ids",
        _get_order_invoice_items_sql(alias),
    )


def get_awaits_payment_sql(alias):
    """An invoice with an online payment that is under way: its own payment comes when that is confirmed.

    A bank transfer that the customer only announced is not under way: it arrives as any other payment does.
    """
    return SQL(
        """EXISTS (
            SELECT 1
              FROM account_invoice_transaction_rel paying
              JOIN payment_transaction transaction ON transaction.id = paying.transaction_id
              JOIN payment_provider provider ON provider.id = transaction.provider_id
             WHERE paying.invoice_id = %s.id
               AND (transaction.state = 'authorized'
                    OR (transaction.state = 'pending' AND provider.code <> 'custom')
                    OR (transaction.state = 'done' AND NOT COALESCE(transaction.is_post_processed, FALSE)))
        )""",
        alias.move,
    )


def get_belongs_to_order_sql(alias):
    """A payment of a sales order that is confirmed and not yet invoiced, or whose invoice is still a draft."""
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
        invoices=_get_order_invoice_items_sql(alias),
    )


def _get_order_invoice_items_sql(alias):
    return SQL(
        """SELECT invoice_line.move_id, invoice_line.parent_state
             FROM sale_order_transaction_rel paid
             JOIN sale_order_line ON sale_order_line.order_id = paid.sale_order_id
             JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = sale_order_line.id
             JOIN account_move_line invoice_line ON invoice_line.id = invoiced.invoice_line_id
            WHERE paid.transaction_id = %s.payment_transaction_id""",
        alias.payment,
    )
