from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL

# Open items in a batch, more or less: small enough that little is lost with it, large enough to be fast.
ITEMS_PER_BATCH = 500
# Seconds to wait after the first, second, … try that gave way to other people.
DELAYS = (10, 60, 180, 600)


class TryLimit(NamedTuple):
    """After how many tries a ``batch`` is split into its partners, and a single ``partner`` given up as ``state``."""

    batch: int
    partner: int
    state: str


# By why the last try did not succeed. All tries count, since the partner is in this batch.
TRY_LIMITS = {
    # others are not to wait for one partner: who is in use is found out soon
    "conflict": TryLimit(batch=2, partner=5, state="locked"),
    "interrupted": TryLimit(batch=2, partner=3, state="failed"),
    "error": TryLimit(batch=1, partner=1, state="failed"),
}


class AccountCreditAllocationRunPartner(models.Model):
    """One line of a run's work list: a commercial partner, and what became of it.

    ``pending`` rows are the work that is left, whatever happens to the process that was at it. Amounts are positive,
    in the company's currency.

    A try is counted, and committed, before it begins, and is called interrupted until its end is known::

        batch  partner  state    tries  try_reason
            7  Ada      pending      0               nobody was at it yet
            7  Ada      pending      1  interrupted  somebody is at it; or was, and is killed
            7  Ada      done         1               the end
            9  Ada      pending      1  conflict     gave way to people at work: another batch, later
           12  Ada      pending      0  error        a batch of several failed: now each partner alone
           12  Ada      failed       1  error        this one failed alone
    """

    _name = "account.credit.allocation.run.partner"
    _description = "Partner of a Credit Allocation Run"
    _order = "run_id.id desc, batch, id"
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
    tries = fields.Integer(readonly=True, aggregator=None, help="How often the work on it has begun.")
    try_reason = fields.Selection(
        [("conflict", "In Use by Others"), ("interrupted", "Interrupted"), ("error", "Failed")],
        string="Last Try",
        readonly=True,
        help="Why the last try did not succeed. Interrupted: it is at work now, or the server was stopped meanwhile.",
    )
    next_try = fields.Datetime(readonly=True, help="Not before.")
    message = fields.Char(string="Reason", readonly=True)
    item_count = fields.Integer(string="Open Items", readonly=True, help="Found when the run was started.")
    allocated_count = fields.Integer(string="Allocations", readonly=True)
    left_count = fields.Integer(string="Not Allocated", readonly=True, help="Credits, and invoices paid in part.")
    amount = fields.Monetary(string="Allocated", currency_field="company_currency_id", readonly=True)
    amount_planned = fields.Monetary(
        related="amount", string="Would Be Allocated", currency_field="company_currency_id"
    )

    _partner_uniq = models.Constraint("UNIQUE(run_id, partner_id)", "A partner is in a run once.")
    # what a worker looks for, in the order in which it takes it
    _pending_idx = models.Index("(run_id, batch) WHERE state = 'pending'")

    # ------------------------------------------------------------------------------------------------------------------
    # The work list
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _make_work_list(self, run):
        """Write a row for each partner with an outstanding credit.

        Large partners are batches of their own and come first, so that at the end no worker is busy alone for long.

        :param run: ``account.credit.allocation.run``
        :return: dict of what was found: fields of the run, and ``item_count``, the open items of these partners
        """
        scope = run._get_scope(run._get_partner_ids())
        [found] = self.env.execute_query_dict(
            SQL(
                """WITH item AS MATERIALIZED (
                       SELECT found.partner_id, found.move_id, found.is_debt, ABS(line.amount_residual) AS amount
                         FROM (%(items)s) found
                         JOIN account_move_line line ON line.id = found.id
                        WHERE NOT found.outside
                   ),
                   partner AS (
                       SELECT partner_id, COUNT(*) AS items, COUNT(*) FILTER (WHERE is_debt) AS debts
                         FROM item
                        GROUP BY partner_id
                   ),
                   numbered AS (
                       SELECT partner_id, items,
                              CASE WHEN items >= %(size)s THEN ROW_NUMBER() OVER large
                                   ELSE COUNT(*) FILTER (WHERE items >= %(size)s) OVER ()
                                        + 1 + DIV(SUM(items) OVER small - items, %(size)s)
                              END AS batch
                         FROM partner
                        WHERE partner_id IS NOT NULL AND items > debts
                       WINDOW large AS (ORDER BY items DESC, partner_id),
                              small AS (PARTITION BY items >= %(size)s ORDER BY partner_id)
                   ),
                   inserted AS (
                       INSERT INTO account_credit_allocation_run_partner
                              (run_id, company_id, partner_id, batch, state, tries,
                               item_count, allocated_count, left_count, amount)
                       SELECT %(run)s, %(company)s, partner_id, batch, 'pending', 0, items, 0, 0, 0
                         FROM numbered
                    RETURNING item_count
                   )
                   SELECT (SELECT COUNT(*) FROM inserted) AS partner_count,
                          (SELECT COALESCE(SUM(item_count), 0) FROM inserted) AS item_count,
                          COUNT(DISTINCT move_id) FILTER (WHERE is_debt) AS debt_count,
                          COALESCE(SUM(amount) FILTER (WHERE is_debt), 0) AS debt_amount,
                          COUNT(DISTINCT move_id) FILTER (WHERE NOT is_debt) AS credit_count,
                          COALESCE(SUM(amount) FILTER (WHERE NOT is_debt), 0) AS credit_amount,
                          COUNT(DISTINCT move_id) FILTER (WHERE partner_id IS NULL) AS no_partner_count
                     FROM item""",
                items=self.env["account.open.item.reader"]._get_open_item_query(scope),
                size=ITEMS_PER_BATCH,
                run=run.id,
                company=run.company_id.id,
            )
        )
        self.invalidate_model()
        run.invalidate_recordset(["row_ids"])
        return found

    @api.model
    def _get_pending_batches(self, run):
        """:return: list of batch numbers of which something is pending, in the order of work"""
        batches = self.env.execute_query(
            SQL(
                "SELECT DISTINCT batch FROM account_credit_allocation_run_partner"
                " WHERE run_id = %s AND state = 'pending' ORDER BY batch",
                run.id,
            )
        )
        return [batch for (batch,) in batches]

    @api.model
    def _lock_batch(self, run, batch):
        """Lock the pending rows of a batch which nobody else holds; none while the run is not running.

        The first statement of a transaction, so that what it does is based on what it locked.

        :return: recordset of the rows
        """
        ids = self.env.execute_query(
            SQL(
                """SELECT row.id
                     FROM account_credit_allocation_run_partner row
                    WHERE row.run_id = %s AND row.batch = %s AND row.state = 'pending'
                      AND EXISTS (
                          SELECT 1 FROM account_credit_allocation_run run
                           WHERE run.id = row.run_id AND run.state = 'running'
                      )
                    ORDER BY row.id
                      FOR NO KEY UPDATE OF row SKIP LOCKED""",
                run.id,
                batch,
            )
        )
        return self.browse([row_id for (row_id,) in ids])

    # ------------------------------------------------------------------------------------------------------------------
    # One try of the rows of a batch, and its end
    # ------------------------------------------------------------------------------------------------------------------

    def _begin_try(self):
        """Count the try before it begins."""
        for row in self:
            row.write({"tries": row.tries + 1, "try_reason": "interrupted"})

    def _end_try(self, reason, message):
        """The try of these rows has ended without success: they are tried again, each alone, or given up.

        :param str reason: of ``try_reason``
        :param str message: what to tell if they are given up
        """
        is_exhausted = self._is_exhausted(reason)
        if is_exhausted and not self._can_split():
            self._give_up(reason, message)
        else:
            self._requeue(reason, split=is_exhausted)

    def _is_exhausted(self, reason):
        """Whether these rows, all of one batch, were tried often enough when the last try ended for this reason."""
        limit = TRY_LIMITS[reason]
        return max(self.mapped("tries"), default=0) >= (limit.batch if self._can_split() else limit.partner)

    def _can_split(self):
        """Whether rows of a batch may become batches of their own; the partners of a draft are applied together."""
        return len(self) > 1 and not self.run_id.is_applying

    def _give_up(self, reason, message):
        self.write({"state": TRY_LIMITS[reason].state, "try_reason": reason, "message": message})

    def _requeue(self, reason=False, *, split=False):
        """Put rows back to pending, as a new batch, or as new batches of one partner each. Where drafts are applied the
        batch stays what it is, because the drafts are those of the batch.

        :param str reason: why the last try did not succeed; after a conflict the next one waits
        :param bool split: whether each partner becomes a batch, with its tries counted anew
        """
        if not self:
            return
        self.flush_recordset()
        run = self.run_id
        delay = DELAYS[0 if split else max(self.mapped("tries")) - 1] if reason == "conflict" else 0
        batches = self._get_new_batches(split)
        self.env.cr.execute(
            SQL(
                """UPDATE account_credit_allocation_run_partner row
                      SET state = 'pending', message = NULL, batch = new.batch, next_try = %s, try_reason = %s,
                          tries = CASE WHEN %s THEN 0 ELSE tries END
                     FROM UNNEST(%s::integer[], %s::integer[]) AS new(id, batch)
                    WHERE row.id = new.id""",
                fields.Datetime.now() + timedelta(seconds=delay) if delay else None,
                reason or None,
                split,
                list(self.ids),
                batches,
            )
        )
        self.invalidate_model()
        for batch in sorted(set(batches)):
            run._enqueue_batch(batch, delay)

    def _get_new_batches(self, split):
        """:return: list of batch numbers, one for each row, see :meth:`_requeue`"""
        if self.run_id.is_applying:
            return self.mapped("batch")
        [(last,)] = self.env.execute_query(
            SQL("SELECT MAX(batch) FROM account_credit_allocation_run_partner WHERE run_id = %s", self.run_id.id)
        )
        return list(range(last + 1, last + 1 + len(self))) if split else [last + 1] * len(self)

    @api.model
    def _reopen(self, drafts):
        """Make the rows pending whose drafts are to be applied, in the batches that made them.

        :param drafts: ``account.credit.allocation`` of one run
        """
        self.env.cr.execute(
            SQL(
                """UPDATE account_credit_allocation_run_partner
                      SET state = 'pending', tries = 0, try_reason = NULL, next_try = NULL, message = NULL,
                          allocated_count = 0, amount = 0
                    WHERE run_id = %s AND state = 'done' AND batch = ANY(%s)""",
                drafts.run_id.id,
                list(set(drafts.mapped("run_batch"))),
            )
        )
        self.invalidate_model()
