from odoo import api, models
from odoo.tools import SQL

from ..journal_first import get_mark


class OpenItemReader(models.AbstractModel):
    """What the rule needs to know of an item is read with it, in the same query, and handed over as marks."""

    _inherit = "account.open.item.reader"

    @api.model
    def _get_open_item_columns(self, alias):
        settles = SQL(
            """ARRAY(
                SELECT settles.settled_journal_id
                  FROM account_journal_credit_allocation_rel settles
                 WHERE settles.journal_id = account_move_line.journal_id
            ) AS settles_journal_ids"""
        )
        return [*super()._get_open_item_columns(alias), SQL("account_move_line.journal_id"), settles]

    @api.model
    def _prepare_open_item(self, row, company):
        item = super()._prepare_open_item(row, company)
        journal_ids = [row.journal_id] if row.is_debt else row.settles_journal_ids
        return item._replace(marks=item.marks | set(map(get_mark, journal_ids)))
