from odoo.tools import SQL

from .flow import Flow


class InvoiceTransactions(Flow):
    """Online payments (``account_payment``): an invoice whose payment is under way is no free debt. A bank transfer
    that the customer only announced is not under way: it arrives as any other payment does.

    The payment of a transaction that was voided, or failed, is worth nothing. Odoo cancels it when the transaction is
    processed, which may be some time later; what was confirmed by hand after that is a payment like any other.
    """

    needs = {"account.move": ("transaction_ids",), "account.payment": ("payment_transaction_id",)}

    def get_reserved_sql(self, env, alias):
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

    def get_void_sql(self, env, alias):
        return SQL(
            """EXISTS (
                SELECT 1
                  FROM payment_transaction voided
                 WHERE voided.id = %s.payment_transaction_id
                   AND voided.state IN ('cancel', 'error')
                   AND NOT COALESCE(voided.is_post_processed, FALSE)
            )""",
            alias.payment,
        )
