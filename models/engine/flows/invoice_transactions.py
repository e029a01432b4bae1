from odoo.tools import SQL

from .flow import Flow


class InvoiceTransactions(Flow):
    """Online payments of invoices (``account_payment``): an invoice whose payment is under way is no free debt.

    A bank transfer that the customer only announced is not under way: it arrives as any other payment does.
    """

    needs = {"account.move": ("transaction_ids",)}

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
