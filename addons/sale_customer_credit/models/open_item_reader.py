from odoo import api, models
from odoo.tools import SQL


class OpenItemReader(models.AbstractModel):
    """Here payments are earmarked for their orders, so the mark decides, and who takes it off makes the payment free.

    Without this addon the reader looks at the orders themselves.
    """

    _inherit = "account.open.item.reader"

    @api.model
    def _get_belongs_to_order_sql(self, alias):
        return SQL("FALSE")
