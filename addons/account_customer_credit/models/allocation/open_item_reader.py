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
        is_overdraft = SQL("(%s) AS is_overdraft", self._get_is_overdraft_sql(alias))
        return [*super()._get_open_item_columns(alias), is_overdraft]

    @api.model
    def _get_is_overdraft_sql(self, alias):
        """What a customer overdrew: a debt of a reservation, or another one in the company's journal of customer
        credit, where more was taken away than there was.

        :param Aliases alias: the names of the joined tables
        """
        return SQL(
            """%(is_debt)s AND (
                   EXISTS (SELECT 1 FROM customer_credit_reservation reserving WHERE reserving.move_id = %(move)s.id)
                   OR EXISTS (SELECT 1 FROM res_company owner
                               WHERE owner.id = account_move_line.company_id
                                 AND owner.customer_credit_journal_id = account_move_line.journal_id))""",
            is_debt=self._get_is_debt_sql(alias),
            move=alias.move,
        )

    @api.model
    def _prepare_open_item(self, row, company):
        item = super()._prepare_open_item(row, company)
        return item._replace(marks=item.marks | {OVERDRAFT}) if row.is_overdraft else item
