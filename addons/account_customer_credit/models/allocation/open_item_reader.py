from odoo import api, models
from odoo.tools import SQL

from ...overdraft import OVERDRAFT


class OpenItemReader(models.AbstractModel):
    """Reserved customer credit is no free credit, and what a customer overdrew comes before any invoice."""

    _inherit = "account.open.item.reader"

    @api.model
    def _get_reserved_sql(self, alias):
        return SQL("%s OR account_move_line.credit_reservation_id IS NOT NULL", super()._get_reserved_sql(alias))

    @api.model
    def _get_open_item_columns(self, alias):
        is_overdraft = SQL(
            "%s AND EXISTS (SELECT 1 FROM customer_credit_reservation reserving WHERE reserving.move_id = %s.id)"
            " AS is_overdraft",
            self._get_is_debt_sql(alias),
            alias.move,
        )
        return [*super()._get_open_item_columns(alias), is_overdraft]

    @api.model
    def _prepare_open_item(self, row, company):
        item = super()._prepare_open_item(row, company)
        return item._replace(marks=item.marks | {OVERDRAFT}) if row.is_overdraft else item
