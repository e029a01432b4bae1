from odoo import api, models
from odoo.tools import SQL


class OpenItemReader(models.AbstractModel):
    """Money on its way to a document of its own is no free credit, and that document is no free debt.

    Online payments and sales orders belong to other addons. They are asked only where they are installed: this addon
    does not need them, but a shop must not lose its customers' card payments to their oldest invoices.
    """

    _inherit = "account.open.item.reader"

    @api.model
    def _get_open_item_columns(self, alias):
        columns = super()._get_open_item_columns(alias)
        if self._has_sales_orders():
            columns.append(self._get_order_invoices_sql(alias))
        return columns

    @api.model
    def _get_reserved_sql(self, alias):
        conditions = [super()._get_reserved_sql(alias)]
        if "transaction_ids" in self.env["account.move"]._fields:
            conditions.append(self._get_awaits_payment_sql(alias))
        if self._has_sales_orders():
            conditions.append(self._get_belongs_to_order_sql(alias))
        return SQL(" OR ").join(conditions)

    @api.model
    def _has_sales_orders(self):
        """Whether online payments of sales orders exist: the addon behind them needs both."""
        return "payment.transaction" in self.env and "sale_order_ids" in self.env["payment.transaction"]._fields

    @api.model
    def _prepare_open_item(self, row, company):
        if getattr(row, "order_invoice_ids", None):
            row = row._replace(paid_ids=row.paid_ids + row.order_invoice_ids)
        return super()._prepare_open_item(row, company)

    @api.model
    def _get_awaits_payment_sql(self, alias):
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

    @api.model
    def _get_belongs_to_order_sql(self, alias):
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
            invoices=self._get_order_invoice_items_sql(alias),
        )

    @api.model
    def _get_order_invoices_sql(self, alias):
        """The invoices of the sales orders that a payment was made for: it was made for them, too."""
        return SQL(
            "ARRAY(SELECT DISTINCT invoice.move_id FROM (%s) invoice) AS order_invoice_ids",
            self._get_order_invoice_items_sql(alias),
        )

    @api.model
    def _get_order_invoice_items_sql(self, alias):
        return SQL(
            """SELECT invoice_line.move_id, invoice_line.parent_state
                 FROM sale_order_transaction_rel paid
                 JOIN sale_order_line ON sale_order_line.order_id = paid.sale_order_id
                 JOIN sale_order_line_invoice_rel invoiced ON invoiced.order_line_id = sale_order_line.id
                 JOIN account_move_line invoice_line ON invoice_line.id = invoiced.invoice_line_id
                WHERE paid.transaction_id = %s.payment_transaction_id""",
            alias.payment,
        )
