from odoo.tests import tagged

from ...models.engine import open_item_flows
from ...models.engine.flows import FLOWS
from ...models.engine.open_item_reader import AllocationScope
from ..common import AllocationCase

TABLES = {
    "account_invoice_transaction_rel": "payment.transaction",
    "payment_transaction": "payment.transaction",
    "sale_order": "sale.order",
    "account_payment_line": "account.payment.line",
    "pos_order": "pos.order",
    "pos_payment": "pos.payment",
    "pos_session": "pos.session",
}
MODULES = {
    "Payments": "account",
    "InvoiceTransactions": "account_payment",
    "OnlineRefunds": "account_payment",
    "SalesOrders": "sale",
    "PurchaseOrders": "purchase",
    "AdvancePayments": "sale_advance_payment",
    "PaymentOrders": "account_payment_order",
    "PosOnlinePayments": "pos_online_payment",
    "PosOrders": "point_of_sale",
}


@tagged("post_install", "-at_install", "flow")
class TestFlows(AllocationCase):
    """Other addons' flows are a part of the one query that reads open items, and only where they are installed."""

    def setUp(self):
        super().setUp()
        self.reader = self.env["account.open.item.reader"]
        self.scope = AllocationScope(company_ids=tuple(self.company.ids))

    def test_the_query_speaks_of_no_addon_that_is_not_installed(self):
        query = self.reader._get_open_item_query(self.scope).code
        for table, model in TABLES.items():
            self.assertEqual(f" {table}" in query, model in self.env, table)

    def test_flows_cost_no_query_of_their_own(self):
        self.invoice(100), self.payment(100)
        counts = []
        for flows in (FLOWS, ()):
            self.patch(open_item_flows, "FLOWS", flows)
            self.reader._read_open_items(self.scope)  # what is cached afterwards
            before = self.env.cr.sql_log_count
            self.reader._read_open_items(self.scope)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)

    def test_a_flow_is_asked_where_its_addon_is_installed(self):
        modules = self.env["ir.module.module"].search([("state", "=", "installed")]).mapped("name")
        asked = {type(flow).__name__ for flow in self.reader._get_flows()}
        self.assertEqual(asked, {name for name, module in MODULES.items() if module in modules})
        self.assertEqual({type(flow).__name__ for flow in FLOWS}, set(MODULES), "every flow is in the table above")
