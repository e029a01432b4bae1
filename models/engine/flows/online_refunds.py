from odoo.tools import SQL

from .flow import Flow
from .sales_orders import SalesOrders, get_awaits_invoice_sql, get_invoice_items_sql, get_paid_orders_sql


class OnlineRefunds(Flow):
    """Refunds of online payments (``account_payment``): the money goes first, the credit note comes later.

    A refund belongs to the payment that it returns and, where that paid invoices or orders, to their credit notes. It
    waits as long as less has been credited than was refunded. If the payment itself is still open, and no order that
    awaits its invoice keeps it, the two settle each other.
    """

    needs = {"account.payment": ("payment_transaction_id", "source_payment_id"), "account.move": ("transaction_ids",)}

    def get_reserved_sql(self, env, alias):
        awaits_invoice = SQL("FALSE")
        if SalesOrders().is_installed(env):
            orders = get_paid_orders_sql(SQL("source.id"))
            awaits_invoice = get_awaits_invoice_sql(orders, SQL("sale_order.state = 'sale'"))
        return SQL(
            """EXISTS (
                SELECT 1
                  FROM payment_transaction refund
                  JOIN payment_transaction source ON source.id = refund.source_transaction_id
             LEFT JOIN account_payment returned ON returned.id = source.payment_id
            CROSS JOIN LATERAL (
                       SELECT COUNT(*) AS number,
                              COALESCE(SUM(amount_total) FILTER (
                                  WHERE move_type = 'out_refund' AND state = 'posted'), 0) AS credited
                         FROM account_move
                        WHERE id IN (%(documents)s)) document
                 WHERE refund.id = %(payment)s.payment_transaction_id
                   AND refund.operation = 'refund'
                   AND (document.number > 0 OR %(awaits_invoice)s)
                   AND document.credited < (
                       SELECT SUM(ABS(child.amount))
                         FROM payment_transaction child
                        WHERE child.source_transaction_id = source.id
                          AND child.operation = 'refund'
                          AND child.state = 'done')
                   AND (%(awaits_invoice)s OR NOT EXISTS (
                       SELECT 1
                         FROM account_move_line paid
                        WHERE paid.move_id = returned.move_id
                          AND paid.account_id = account_move_line.account_id
                          AND paid.parent_state = 'posted'
                          AND paid.reconciled IS NOT TRUE))
            )""",
            payment=alias.payment,
            documents=self._get_documents_sql(env),
            awaits_invoice=awaits_invoice,
        )

    def get_linked_documents_sql(self, env, alias):
        return SQL(
            """ARRAY(
                SELECT UNNEST(ARRAY[returned.move_id] || ARRAY(
                           SELECT id FROM account_move WHERE move_type = 'out_refund' AND id IN (%(documents)s)))
                  FROM payment_transaction refund
                  JOIN payment_transaction source ON source.id = refund.source_transaction_id
             LEFT JOIN account_payment returned ON returned.id = source.payment_id
                 WHERE refund.id = %(payment)s.payment_transaction_id AND refund.operation = 'refund'
            )""",
            payment=alias.payment,
            documents=self._get_documents_sql(env),
        )

    def _get_documents_sql(self, env):
        """A SELECT of the ids of the invoices that the transaction ``source`` paid, and of what credits them."""
        invoices = SQL("SELECT invoice_id FROM account_invoice_transaction_rel WHERE transaction_id = source.id")
        if SalesOrders().is_installed(env):
            ordered = get_invoice_items_sql(get_paid_orders_sql(SQL("source.id")))
            invoices = SQL("%s UNION SELECT move_id FROM (%s) ordered", invoices, ordered)
        return SQL(
            """WITH paid AS (%s)
               SELECT invoice_id FROM paid
                UNION
               SELECT reversal.id
                 FROM account_move reversal
                WHERE reversal.reversed_entry_id IN (SELECT invoice_id FROM paid)""",
            invoices,
        )
