from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .own_transaction import own_transaction

# how many of the partners that a run waits for the page names
NAMED_AT_MOST = 3


class AccountCreditAllocationRunProgress(models.AbstractModel):
    """How far a run is and what it did: figures for the screen, where its smart buttons lead, and what people are told
    at the end. A mixin of ``account.credit.allocation.run``."""

    _name = "account.credit.allocation.run.progress"
    _description = "Progress of a Credit Allocation Run"

    status = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("stopping", "Stopping"),
            ("stopped", "Stopped"),
            ("to_apply", "To Apply"),
            ("done", "Done"),
        ],
        string="Present Status",
        compute="_compute_status",
        help="To Apply: a preview, of which nothing has been allocated yet.\n"
        "Stopping: it was stopped, and the batches that were begun are still worked on.",
    )
    is_mere_preview = fields.Boolean(compute="_compute_status")
    count_so_far = fields.Integer(string="Allocations So Far", compute="_compute_amounts_so_far")
    progress = fields.Float(compute="_compute_progress", help="In percent of the partners.")
    allocation_count = fields.Integer(compute="_compute_counts", string="Number of Documents")
    draft_count = fields.Integer(compute="_compute_counts", string="Drafts")
    discardable_count = fields.Integer(compute="_compute_counts", string="Drafts to Discard")
    leftover_count = fields.Integer(compute="_compute_counts", string="Number Left")
    failed_now_count = fields.Integer(compute="_compute_counts", string="Failed So Far")

    @api.depends("state", "partner_count")
    def _compute_progress(self):
        finished = self._count_by_run("account.credit.allocation.run.partner", [("state", "!=", "pending")])
        for run in self:
            if run.partner_count:
                run.progress = 100 * finished.get(run, 0) / run.partner_count
            else:
                run.progress = 100 if run.state == "done" else 0

    @api.depends("state", "mode", "is_applying")
    def _compute_status(self):
        at_work = self.filtered(lambda run: run.state == "stopped")._filter_at_work()
        for run in self:
            run.is_mere_preview = run._is_mere_preview()
            run.status = run.state
            if run in at_work:
                run.status = "stopping"
            elif run.state == "done" and run.is_mere_preview and run.draft_count:
                run.status = "to_apply"

    @api.depends("state", "mode", "is_applying", "amount_allocated", "allocated_count")
    def _compute_amounts_so_far(self):
        """From the work list, as the page shows it while a run is at work: after a stop, too, the last batch counts as
        soon as it is committed. A run that is done has its figures from the documents."""
        sums = {
            run: (count, amount)
            for run, count, amount in self.env["account.credit.allocation.run.partner"]._read_group(
                [("run_id", "in", self.filtered(lambda run: run.state != "done").ids)],
                ["run_id"],
                ["allocated_count:sum", "amount:sum"],
            )
        }
        for run in self:
            stored = run.allocated_count, run.amount_allocated
            count, amount = stored if run.state == "done" else sums.get(run, (0, 0.0))
            run.count_so_far = count
            run.amount_so_far = 0.0 if run._is_mere_preview() else amount
            run.amount_planned = amount if run._is_mere_preview() else 0.0

    def _filter_at_work(self):
        """Those of which a worker has some batch in its hands: rows that are tried, and locked."""
        tried = self.env["account.credit.allocation.run.partner"].search(
            [("run_id", "in", self.ids), ("state", "=", "pending"), ("try_reason", "=", "interrupted")]
        )
        if not tried:
            return self.browse()
        try:
            with own_transaction(tried) as rows:  # the lock only looks for others' locks, and ends here
                free = rows.env.execute_query(
                    SQL(
                        "SELECT id FROM account_credit_allocation_run_partner WHERE id IN %s FOR SHARE SKIP LOCKED",
                        tuple(rows.ids),
                    )
                )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:  # a batch has ended this very moment: look again
            return tried.run_id
        return (tried - tried.browse([row_id for (row_id,) in free])).run_id

    @api.depends("state", "is_applying")
    def _compute_counts(self):
        draft = [("state", "=", "draft")]
        documents = self._count_by_run("account.credit.allocation", [])
        drafts = self._count_by_run("account.credit.allocation", [*draft, ("line_ids", "!=", False)])
        discardable = self._count_by_run("account.credit.allocation", draft)
        leftovers = self._count_by_run("account.credit.allocation.leftover", [])
        failed = self._count_by_run("account.credit.allocation.run.partner", [("state", "in", ("failed", "locked"))])
        for run in self:
            run.allocation_count = documents.get(run, 0)
            run.draft_count = drafts.get(run, 0)
            run.discardable_count = run.draft_count if run.is_applying else discardable.get(run, 0)
            run.leftover_count = leftovers.get(run, 0)
            run.failed_now_count = failed.get(run, 0)

    def _count_by_run(self, model, domain):
        """``{run: number of records}`` of a model that refers to runs."""
        return dict(self.env[model]._read_group([("run_id", "in", self.ids), *domain], ["run_id"], ["__count"]))

    def _is_mere_preview(self):
        """Whether it is a preview of which nothing is allocated yet."""
        return self.mode == "preview" and not self.is_applying

    def get_progress(self):
        """How far the run is, for the screen that shows it.

        :return: dict: ``state``, ``at_work`` (something may still change by itself), ``is_preview`` (nothing is
            allocated yet); numbers of ``partners`` (in all),
            ``finished``, ``failed``, ``items`` (in all), ``items_finished``, ``pairs``; ``amount`` (company currency);
            ``seconds`` at work, ``rate`` (partners a second) and ``seconds_left``, None while nobody can tell;
            ``waits_for``, see :meth:`_get_waits_for`
        """
        self.ensure_one()
        self.check_access("read")
        by_state = {
            state: (count, items or 0, pairs or 0, amount or 0.0)
            for state, count, items, pairs, amount in self.env["account.credit.allocation.run.partner"]._read_group(
                [("run_id", "=", self.id)],
                ["state"],
                ["__count", "item_count:sum", "allocated_count:sum", "amount:sum"],
            )
        }
        waiting, items_waiting, _pairs, _amount = by_state.get("pending", (0, 0, 0, 0.0))
        counts, items, pairs, amounts = (
            [sum(column) for column in zip(*by_state.values(), strict=True)] if by_state else (0, 0, 0, 0.0)
        )
        seconds = self.active_seconds + (self._get_seconds_since_resumed() if self.state == "running" else 0)
        finished = counts - waiting
        # items tell how long it takes: one partner has one, another ten thousand
        left = round(seconds * items_waiting / (items - items_waiting)) if items > items_waiting else None
        waits_for = self._get_waits_for() if waiting else None
        if waits_for and waits_for["partners"] == waiting:  # how long that takes is not in our hands
            left = None
        return {
            "state": self.state,
            "at_work": self.state == "running" or (self.state == "stopped" and bool(self._filter_at_work())),
            "is_preview": self._is_mere_preview(),
            "partners": counts,
            "finished": finished,
            "failed": sum(by_state.get(state, (0,))[0] for state in ("failed", "locked")),
            "items": items,
            "items_finished": items - items_waiting,
            "pairs": pairs,
            "amount": amounts,
            "seconds": round(seconds),
            "rate": finished / seconds if seconds else 0.0,
            "seconds_left": left if self.state == "running" else None,
            "waits_for": waits_for,
        }

    def _get_waits_for(self):
        """The partners that other people were working on, and when they are tried again.

        :return: None where there are none, else a dict: number of ``partners``, the ``names`` of the first, how
            many ``more`` there are, and ``next_try`` of the first, in UTC, None where it is due
        """
        domain = [("run_id", "=", self.id), ("state", "=", "pending"), ("try_reason", "=", "conflict")]
        rows = self.row_ids.search(domain, order="next_try, id", limit=NAMED_AT_MOST)
        if not rows:
            return None
        next_try, partners = rows[0].next_try, self.row_ids.search_count(domain)
        return {
            "partners": partners,
            "more": partners - len(rows),
            "names": ", ".join(rows.partner_id.sudo().mapped("name")),
            "next_try": next_try and next_try > fields.Datetime.now() and fields.Datetime.to_string(next_try) or None,
        }

    # ------------------------------------------------------------------------------------------------------------------
    # What it did, when it stops or ends
    # ------------------------------------------------------------------------------------------------------------------

    def _store_totals(self):
        """Write down what was done so far, from the documents themselves."""
        self.ensure_one()
        self.env.flush_all()
        [totals] = self.env.execute_query_dict(
            SQL(
                """SELECT COUNT(*) FILTER (WHERE pair) AS allocated_count,
                          COALESCE(SUM(line.amount) FILTER (WHERE pair), 0) AS amount_allocated,
                          COALESCE(SUM(line.amount) FILTER (WHERE NOT pair), 0) AS amount_written_off,
                          COUNT(DISTINCT line.debt_move_id) FILTER (WHERE pair) AS settled_debt_count,
                          COUNT(DISTINCT line.credit_move_id) FILTER (WHERE pair) AS used_credit_count
                     FROM account_credit_allocation_line line
                     JOIN account_credit_allocation document ON document.id = line.allocation_id
               CROSS JOIN LATERAL (SELECT line.is_write_off IS NOT TRUE AS pair) kind
                    WHERE document.run_id = %s
                      AND (document.state = 'done' OR %s)""",
                self.id,
                self._is_mere_preview(),
            )
        )
        failed = self.row_ids.search_count([("run_id", "=", self.id), ("state", "in", ("failed", "locked"))])
        self.write(
            {
                **totals,
                "item_rate": totals["used_credit_count"] / self.credit_count if self.credit_count else 0,
                "money_rate": totals["amount_allocated"] / self.credit_amount if self.credit_amount else 0,
                "failed_count": failed,
            }
        )

    def _announce(self):
        """Tell what was done: in the run's chatter, to the responsible user if signed in, and as something to do where
        partners failed."""
        values = {
            "pairs": self.allocated_count,
            "amount": self.company_currency_id.format(self.amount_allocated),
            "partners": self.partner_count,
            "failed": self.failed_count,
        }
        if self._is_mere_preview():
            text = self.env._(
                "This is a preview, nothing has been allocated yet. Would be allocated when it is applied: "
                "%(amount)s (allocations: %(pairs)s). Partners: %(partners)s, failed: %(failed)s.",
                **values,
            )
        else:
            text = self.env._(
                "Allocations: %(pairs)s (%(amount)s). Partners: %(partners)s, failed: %(failed)s.", **values
            )
        self._log(text)
        self.user_id._bus_send(
            "simple_notification",
            {"type": "warning" if self.failed_count else "success", "title": self.name, "message": text},
        )
        if self.failed_count and self.user_id.active:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Partners whose credits could not be allocated"),
                user_id=self.user_id.id,
            )

    def _log(self, text):
        """A note in the chatter of the run."""
        run = self.with_user(SUPERUSER_ID) if self.env.su else self
        run.message_post(body=Markup("<p>%s</p>") % text)

    # ------------------------------------------------------------------------------------------------------------------
    # Smart buttons
    # ------------------------------------------------------------------------------------------------------------------

    def action_open_allocations(self):
        """Open the documents of the run."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Allocations"),
            "res_model": "account.credit.allocation",
            "views": [(False, "list"), (False, "kanban"), (False, "form")],
            "domain": [("run_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_open_leftovers(self):
        """Open what the run left."""
        self.ensure_one()
        self.check_access("read")
        return self._get_leftover_action([])

    def action_open_partners(self):
        """Open the work list."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Partners"),
            "res_model": "account.credit.allocation.run.partner",
            "views": [(False, "list"), (False, "kanban")],
            "domain": [("run_id", "=", self.id)],
            "context": {
                "search_default_attention": self.failed_now_count > 0,
                "credit_allocation_is_preview": self._is_mere_preview(),
            },
        }

    def _count_time(self):
        """Add the time since it was started or resumed."""
        self.sudo().active_seconds += round(self._get_seconds_since_resumed())

    def _get_seconds_since_resumed(self):
        return (fields.Datetime.now() - self.resumed_at).total_seconds()

    def _get_leftover_action(self, domain):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not Allocated"),
            "res_model": "account.credit.allocation.leftover",
            "views": [(False, "list"), (False, "kanban")],
            "domain": [("run_id", "=", self.id), *domain],
        }
