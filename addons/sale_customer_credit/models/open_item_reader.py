from odoo import api, models

from odoo.addons.account_credit_allocation.models.engine.flows.sales_orders import SalesOrders


class EarmarkedSalesOrders(SalesOrders):
    """Here payments are earmarked for their orders, so the mark decides, and who takes it off makes the payment free.

    Without this addon the reader looks at the orders themselves.
    """

    def get_reserved_sql(self, env, alias):
        return None


class OpenItemReader(models.AbstractModel):
    _inherit = "account.open.item.reader"

    @api.model
    def _get_flows(self):
        return [EarmarkedSalesOrders() if type(flow) is SalesOrders else flow for flow in super()._get_flows()]
