from odoo import fields, models
from odoo.tools import SQL

from ..document.account_credit_allocation_leftover import REASONS


class AccountCreditAllocationRunReason(models.Model):
    """What a run left, by reason and currency: read from its leftovers, never written."""

    _name = "account.credit.allocation.run.reason"
    _description = "Reason for What a Run Left"
    _auto = False
    _order = "run_id.id desc, side, item_count desc, id"
    _rec_name = "reason"

    run_id = fields.Many2one("account.credit.allocation.run", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    reason = fields.Selection(REASONS, readonly=True)
    side = fields.Selection([("credit", "Credit"), ("debt", "Invoice")], string="Type", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    item_count = fields.Integer(string="Number", readonly=True, help="Of documents.")
    amount = fields.Monetary(string="Left", readonly=True, aggregator=None)

    @property
    def _table_query(self):
        return SQL(
            """SELECT MIN(item.id) AS id, item.run_id, run.company_id, item.reason, item.side, item.currency_id,
                      COUNT(DISTINCT COALESCE(item.move_id, -item.id)) AS item_count, SUM(item.amount) AS amount
                 FROM account_credit_allocation_leftover item
                 JOIN account_credit_allocation_run run ON run.id = item.run_id
                GROUP BY item.run_id, run.company_id, item.reason, item.side, item.currency_id"""
        )

    def action_open(self):
        """Open the items that were left for this reason, in this currency."""
        self.ensure_one()
        return self.run_id._get_leftover_action(
            [("reason", "=", self.reason), ("side", "=", self.side), ("currency_id", "=", self.currency_id.id)]
        )
