from odoo import fields, models


class AccountCreditAllocationRunPartner(models.Model):
    """One line of a run's work list: a commercial partner, and what became of it.

    ``pending`` rows are the work that is left, whatever happens to the process that was at it. Amounts are positive,
    in the company's currency.
    """

    _name = "account.credit.allocation.run.partner"
    _description = "Partner of a Credit Allocation Run"
    _order = "run_id desc, batch, id"
    _rec_name = "partner_id"
    _log_access = False

    run_id = fields.Many2one(
        "account.credit.allocation.run", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="cascade")
    batch = fields.Integer(required=True, readonly=True, aggregator=None, help="What is done in one transaction.")
    state = fields.Selection(
        [("pending", "Waiting"), ("done", "Done"), ("failed", "Failed"), ("locked", "In Use by Others")],
        string="Status",
        required=True,
        readonly=True,
        default="pending",
    )
    attempts = fields.Integer(readonly=True, aggregator=None, help="How often the work on it has begun.")
    # begun and not known to have ended: the process was killed, or the connection lost
    interruptions = fields.Integer(readonly=True, aggregator=None)
    next_try = fields.Datetime(readonly=True, help="Not before.")
    message = fields.Char(string="Reason", readonly=True)
    item_count = fields.Integer(string="Open Items", readonly=True, help="Found when the run was started.")
    allocated_count = fields.Integer(string="Allocations", readonly=True)
    left_count = fields.Integer(string="Not Allocated", readonly=True, help="Credits, and invoices paid in part.")
    amount = fields.Monetary(string="Allocated", currency_field="company_currency_id", readonly=True)

    _partner_uniq = models.Constraint("UNIQUE(run_id, partner_id)", "A partner is in a run once.")
    # what a worker looks for, in the order in which it takes it
    _pending_idx = models.Index("(run_id, batch) WHERE state = 'pending'")
