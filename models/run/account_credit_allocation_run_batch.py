from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# Open items in a batch, more or less: small enough that little is lost with it, large enough to be fast.
ITEMS_PER_BATCH = 500


class AccountCreditAllocationRunBatch(models.Model):
    """The work list of a run, in batches, and who is called to work on them.

    What is pending in the work list is the only state. How one batch is worked on is in
    account_credit_allocation_run_worker.py.
    """

    _inherit = "account.credit.allocation.run"

    # ------------------------------------------------------------------------------------------------------------------
    # The work list
    # ------------------------------------------------------------------------------------------------------------------

    def _make_work_list(self):
        """Write a row for each partner with an outstanding credit, and what was found onto the run.

        Large partners are batches of their own and come first, so that at the end no worker is busy alone for long.

        :return: the number of open items of these partners
        """
        self.ensure_one()
        scope = self._get_scope(self._get_partner_ids())
        items = self.env["account.open.item.reader"]._get_open_item_query(scope)
        [found] = self.env.execute_query_dict(
            SQL(
                """WITH partner AS MATERIALIZED (
                       SELECT item.partner_id,
                              COUNT(*) AS items,
                              COUNT(*) FILTER (WHERE item.is_debt) AS debts,
                              COALESCE(SUM(ABS(line.amount_residual)) FILTER (WHERE item.is_debt), 0) AS owed,
                              SUM(ABS(line.amount_residual)) AS amount
                         FROM (%(items)s) item
                         JOIN account_move_line line ON line.id = item.id
                        WHERE NOT item.outside
                        GROUP BY item.partner_id
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
                              (run_id, company_id, partner_id, batch, state, attempts, interruptions,
                               item_count, allocated_count, left_count, amount)
                       SELECT %(run)s, %(company)s, partner_id, batch, 'pending', 0, 0, items, 0, 0, 0
                         FROM numbered
                    RETURNING item_count
                   )
                   SELECT (SELECT COUNT(*) FROM inserted) AS partner_count,
                          (SELECT COALESCE(SUM(item_count), 0) FROM inserted) AS item_count,
                          COALESCE(SUM(debts), 0) AS debt_count,
                          COALESCE(SUM(owed), 0) AS debt_amount,
                          COALESCE(SUM(items - debts), 0) AS credit_count,
                          COALESCE(SUM(amount - owed), 0) AS credit_amount,
                          COALESCE(SUM(items) FILTER (WHERE partner_id IS NULL), 0) AS no_partner_count
                     FROM partner""",
                items=items,
                size=ITEMS_PER_BATCH,
                run=self.id,
                company=self.company_id.id,
            )
        )
        item_count = found.pop("item_count")
        self.sudo().write(found)
        self.row_ids.invalidate_model()
        self.invalidate_recordset(["row_ids"])
        return item_count

    def _get_pending_batches(self):
        """:return: list of batch numbers of which something is pending, in the order of work"""
        self.ensure_one()
        return [
            batch
            for (batch,) in self.env.execute_query(
                SQL(
                    "SELECT DISTINCT batch FROM account_credit_allocation_run_partner"
                    " WHERE run_id = %s AND state = 'pending' ORDER BY batch",
                    self.id,
                )
            )
        ]

    def _requeue(self, row_ids, *, delay=0, split=False):
        """Put rows back to pending, as a new batch, or as new batches of one partner each. Where drafts are applied the
        batch stays what it is, because the drafts are those of the batch.

        :param list row_ids: rows of the work list
        :param int delay: seconds before which they are not tried again
        :param bool split: whether each partner becomes a batch, with its attempts counted anew
        """
        [(last,)] = self.env.execute_query(
            SQL("SELECT MAX(batch) FROM account_credit_allocation_run_partner WHERE run_id = %s", self.id)
        )
        if self.is_applying:
            batches = self.row_ids.browse(row_ids).mapped("batch")
        else:
            batches = range(last + 1, last + 1 + len(row_ids)) if split else [last + 1] * len(row_ids)
        self.env.cr.execute(
            SQL(
                """UPDATE account_credit_allocation_run_partner row
                      SET state = 'pending', interruptions = 0, message = NULL, batch = new.batch, next_try = %s,
                          attempts = CASE WHEN %s THEN 0 ELSE attempts END
                     FROM UNNEST(%s::integer[], %s::integer[]) AS new(id, batch)
                    WHERE row.id = new.id""",
                fields.Datetime.now() + timedelta(seconds=delay) if delay else None,
                split,
                list(row_ids),
                list(batches),
            )
        )
        self.row_ids.invalidate_model()
        for batch in sorted(set(batches)):
            self._enqueue_batch(batch, delay)

    def _reopen_rows(self, drafts):
        """Make the rows pending whose drafts are to be applied, in the batches that made them."""
        self.env.cr.execute(
            SQL(
                """UPDATE account_credit_allocation_run_partner
                      SET state = 'pending', attempts = 0, interruptions = 0, next_try = NULL, message = NULL,
                          allocated_count = 0, amount = 0
                    WHERE run_id = %s AND state = 'done' AND batch = ANY(%s)""",
                self.id,
                list(set(drafts.mapped("run_batch"))),
            )
        )
        self.row_ids.invalidate_model()

    # ------------------------------------------------------------------------------------------------------------------
    # Workers: Odoo's scheduler, or whatever an addon brings
    # ------------------------------------------------------------------------------------------------------------------

    def _enqueue_batch(self, batch, delay=0):
        """Have :meth:`_process_batch` called for a batch, once this transaction is committed: a hook for addons that
        bring a job queue. By default Odoo's scheduler is woken up, and takes whatever is pending.

        :param int batch: number of the batch in this run
        :param int delay: seconds before which it is no use
        """
        at = fields.Datetime.now() + timedelta(seconds=delay)
        noted = self.env.cr.precommit.data.setdefault("account_credit_allocation.triggers", set())
        if at not in noted:  # a run has thousands of batches and needs one call
            noted.add(at)
            self._get_crons()._trigger(at)

    @api.model
    def _get_crons(self):
        """The scheduled action that works on batches."""
        return self.env.ref("account_credit_allocation.account_credit_allocation_run_cron_batches").sudo()

    @api.model
    def _cron_process_batches(self):
        """Work on the pending batches of all runs until there are none, or the scheduler wants its thread back.

        Several workers may do this at the same time: each takes what no other one is at.
        """
        Cron = self.env["ir.cron"]
        in_other_hands = set()
        seconds = Cron._commit_progress(remaining=self._count_due_batches())
        while seconds and (found := self._find_due_batch(in_other_hands)):
            run, batch = found
            worked = run._process_batch(batch)
            if not worked:
                in_other_hands.add((run.id, batch))
            self.env.invalidate_all()
            seconds = Cron._commit_progress(1 if worked else 0, remaining=self._count_due_batches(in_other_hands))
        for run in self._find_complete_runs():
            run._end_run_if_complete()
        if in_other_hands:  # unless these hands were killed
            self._get_crons()._trigger(fields.Datetime.now() + timedelta(minutes=1))

    @api.model
    def _find_complete_runs(self):
        """Runs with nothing left to do that nobody has ended: their last worker was killed just before."""
        found = self.env.execute_query(
            SQL(
                """SELECT run.id
                     FROM account_credit_allocation_run run
                    WHERE run.state = 'running'
                      AND NOT EXISTS (
                          SELECT 1 FROM account_credit_allocation_run_partner row
                           WHERE row.run_id = run.id AND row.state = 'pending'
                      )"""
            )
        )
        return self.browse([run_id for (run_id,) in found])

    @api.model
    def _find_due_batch(self, except_for=()):
        """The next batch that is due, and that nobody is working on as far as can be seen.

        :param except_for: ``(run id, batch)`` pairs
        :return: ``(run, batch)``, None if there is none
        """
        with self._in_own_transaction() as runs:  # the lock only looks for others' locks, and ends here
            found = runs.env.execute_query(
                SQL(
                    "SELECT row.run_id, row.batch %s ORDER BY row.run_id, row.batch LIMIT 1"
                    " FOR NO KEY UPDATE OF row SKIP LOCKED",
                    self._get_due_sql(except_for),
                )
            )
        return (self.browse(found[0][0]), found[0][1]) if found else None

    @api.model
    def _count_due_batches(self, except_for=()):
        [(count,)] = self.env.execute_query(
            SQL("SELECT COUNT(DISTINCT (row.run_id, row.batch)) %s", self._get_due_sql(except_for))
        )
        return count

    @api.model
    def _get_due_sql(self, except_for):
        """The end of a SELECT of the rows, named ``row``, that may be worked on now."""
        return SQL(
            """FROM account_credit_allocation_run_partner row
               JOIN account_credit_allocation_run run ON run.id = row.run_id
              WHERE row.state = 'pending'
                AND run.state = 'running'
                AND (row.next_try IS NULL OR row.next_try <= %s)
                AND (row.run_id, row.batch) NOT IN (SELECT * FROM UNNEST(%s::integer[], %s::integer[]))""",
            fields.Datetime.now(),
            [run_id for run_id, _batch in except_for],
            [batch for _run_id, batch in except_for],
        )
