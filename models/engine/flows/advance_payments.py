from odoo.tools import SQL

from .flow import Flow
from .sales_orders import get_awaits_invoice_sql, get_invoice_ids_sql


class AdvancePayments(Flow):
    """Payments in advance of a sales order (OCA's ``sale_advance_payment``): as with online payments, but they are made
    for quotations, too.
    """

    needs = {"account.payment": ("sale_id",), "sale.order": ("account_payment_ids",)}

    def get_reserved_sql(self, env, alias):
        return get_awaits_invoice_sql(SQL("%s.sale_id", alias.payment), SQL("sale_order.state <> 'cancel'"))

    def get_linked_documents_sql(self, env, alias):
        return get_invoice_ids_sql(SQL("%s.sale_id", alias.payment))
