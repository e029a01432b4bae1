from odoo import fields, models
from odoo.tools import SQL


class AccountCreditAllocationRunRule(models.Model):
    """What each rule achieved in a run: read from the documents, never written."""

    _name = "account.credit.allocation.run.rule"
    _description = "Hit Rate of a Rule in a Run"
    _auto = False
    _order = "run_id.id desc, amount desc, id"
    _rec_name = "rule"

    run_id = fields.Many2one("account.credit.allocation.run", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    started_at = fields.Datetime(string="Started", readonly=True)
    is_preview = fields.Boolean(string="Preview", readonly=True, help="Nothing of it is allocated yet.")
    rule = fields.Selection(lambda self: self.env["account.credit.allocation.line"]._selection_rule(), readonly=True)
    debt_count = fields.Integer(string="Invoices", readonly=True)
    credit_count = fields.Integer(string="Credits", readonly=True)
    amount = fields.Monetary(string="Allocated", currency_field="company_currency_id", readonly=True)
    amount_planned = fields.Monetary(
        related="amount", string="Would Be Allocated", currency_field="company_currency_id"
    )
    item_rate = fields.Float(
        string="Share of Credits",
        readonly=True,
        aggregator="avg",
        help="Of the outstanding credits that the run found. A credit that two rules used counts for both.",
    )
    money_rate = fields.Float(
        string="Share of Money", readonly=True, aggregator="avg", help="Of the outstanding amount that the run found."
    )

    @property
    def _table_query(self):
        return SQL(
            """SELECT MIN(line.id) AS id, run.id AS run_id, run.company_id, run.started_at, line.rule,
                      run.mode = 'preview' AND run.is_applying IS NOT TRUE AS is_preview,
                      COUNT(DISTINCT line.debt_move_id) AS debt_count,
                      COUNT(DISTINCT line.credit_move_id) AS credit_count,
                      SUM(line.amount) AS amount,
                      COUNT(DISTINCT line.credit_move_id)::float / NULLIF(run.credit_count, 0) AS item_rate,
                      SUM(line.amount)::float / NULLIF(run.credit_amount, 0)::float AS money_rate
                 FROM account_credit_allocation_run run
                 JOIN account_credit_allocation document ON document.run_id = run.id
                 JOIN account_credit_allocation_line line ON line.allocation_id = document.id
                WHERE line.is_write_off IS NOT TRUE
                  AND (document.state <> 'draft' OR (run.mode = 'preview' AND run.is_applying IS NOT TRUE))
                GROUP BY run.id, line.rule"""
        )

    def action_open(self):
        """Open what the rule allocated in the run."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": dict(self._fields["rule"]._description_selection(self.env))[self.rule],
            "res_model": "account.credit.allocation.line",
            "views": [(False, "list"), (False, "form")],
            "domain": [("allocation_id.run_id", "=", self.run_id.id), ("rule", "=", self.rule)],
        }
