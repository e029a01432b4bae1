from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.expected_conflicts import try_lock

# A run of more open items than this is not something to wait for in front of the screen.
ITEMS_AT_ONCE = 2000


class AccountCreditAllocationRun(models.Model):
    """The allocation of a whole company, or a part of it, watched from start to end.

    Starting makes the work list (``account.credit.allocation.run.partner``): its rows are the state of the run, and
    are all that is needed to go on after whatever happened. This file is the life of a run; how a batch is worked on
    is in account_credit_allocation_run_worker.py, how it finds a worker in account_credit_allocation_run_queue.py.
    """

    _name = "account.credit.allocation.run"
    _description = "Credit Allocation Run"
    _inherit = [
        "account.credit.allocation.run.scope",
        "account.credit.allocation.run.progress",
        "account.credit.allocation.lock",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "started_at desc, id desc"

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, index="trigram", default="/")
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("stopped", "Stopped"), ("done", "Done")],
        string="Status",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        default="draft",
        tracking=True,
    )
    schedule_id = fields.Many2one(
        "account.credit.allocation.run.schedule",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    started_at = fields.Datetime(string="Started", readonly=True, copy=False, index=True)
    resumed_at = fields.Datetime(string="Resumed", readonly=True, copy=False)
    finished_at = fields.Datetime(string="Finished", readonly=True, copy=False)
    active_seconds = fields.Integer(
        string="Seconds", readonly=True, copy=False, help="How long it took, without the time it was stopped."
    )
    partner_ids = fields.Many2many(relation="account_credit_allocation_run_res_partner_rel", column1="run_id")
    category_ids = fields.Many2many(relation="account_credit_allocation_run_category_rel", column1="run_id")
    debt_journal_ids = fields.Many2many(relation="account_credit_allocation_run_debt_journal_rel", column1="run_id")
    credit_journal_ids = fields.Many2many(relation="account_credit_allocation_run_credit_journal_rel", column1="run_id")
    rule_ids = fields.Many2many(relation="account_credit_allocation_run_rule_rel", column1="run_id")
    row_ids = fields.One2many(
        "account.credit.allocation.run.partner", "run_id", string="Partners of the Run", readonly=True, copy=False
    )
    allocation_ids = fields.One2many(
        "account.credit.allocation", "run_id", string="Documents", readonly=True, copy=False
    )
    leftover_ids = fields.One2many(
        "account.credit.allocation.leftover", "run_id", string="Not Allocated", readonly=True, copy=False
    )
    failed_row_ids = fields.One2many(
        "account.credit.allocation.run.partner",
        "run_id",
        string="Partners That Failed",
        domain=[("state", "in", ("failed", "locked"))],
        readonly=True,
    )
    rule_result_ids = fields.One2many("account.credit.allocation.run.rule", "run_id", string="Results by Rule")
    reason_ids = fields.One2many("account.credit.allocation.run.reason", "run_id", string="Reasons")
    is_applying = fields.Boolean(
        string="Applied", readonly=True, copy=False, help="The drafts of the preview have been, or are being, applied."
    )
    next_run_id = fields.Many2one(
        "account.credit.allocation.run",
        string="Previewed Again in",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The new preview for the partners of whom nothing could be applied.",
    )

    # what was found in the scope when the run was started: documents, as in all numbers of invoices and credits
    debt_count = fields.Integer(string="Open Invoices", readonly=True, copy=False)
    debt_amount = fields.Monetary(
        string="Amount of Open Invoices", currency_field="company_currency_id", readonly=True, copy=False
    )
    credit_count = fields.Integer(string="Outstanding Credits", readonly=True, copy=False)
    credit_amount = fields.Monetary(
        string="Amount Outstanding", currency_field="company_currency_id", readonly=True, copy=False
    )
    no_partner_count = fields.Integer(
        string="Without Partner", readonly=True, copy=False, help="Open items that name no partner are left alone."
    )
    partner_count = fields.Integer(string="Partners with Credits", readonly=True, copy=False)

    # what was done; written when the run ends, so that runs can be compared
    allocated_count = fields.Integer(
        string="Allocations", readonly=True, copy=False, help="Each of one credit to one invoice."
    )
    amount_allocated = fields.Monetary(
        string="Allocated", currency_field="company_currency_id", readonly=True, copy=False
    )
    amount_written_off = fields.Monetary(
        string="Written Off", currency_field="company_currency_id", readonly=True, copy=False
    )
    amount_so_far = fields.Monetary(
        string="Allocated So Far", currency_field="company_currency_id", compute="_compute_amounts_so_far"
    )
    amount_planned = fields.Monetary(
        string="Would Be Allocated",
        currency_field="company_currency_id",
        compute="_compute_amounts_so_far",
        help="What the drafts of a preview would allocate. Nothing has been allocated yet.",
    )
    settled_debt_count = fields.Integer(string="Invoices Allocated to", readonly=True, copy=False)
    used_credit_count = fields.Integer(string="Credits Used", readonly=True, copy=False)
    item_rate = fields.Float(
        string="Share of Credits",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="The share of outstanding credits of which something was allocated.",
    )
    money_rate = fields.Float(
        string="Share of Money",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="The share of the outstanding amount that was allocated.",
    )
    failed_count = fields.Integer(string="Failed Partners", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "The number of a run must be unique in its company."
    )

    @api.depends("name")
    def _compute_display_name(self):
        for run in self:
            run.display_name = self.env._("New Run") if run.name == "/" else run.name

    # ------------------------------------------------------------------------------------------------------------------
    # Who may change what
    # ------------------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            defaults = {name[8:]: value for name, value in self.env.context.items() if name.startswith("default_")}
            for vals in vals_list:
                self._check_written_fields({**defaults, **vals})
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            self._check_written_fields(vals)
            if set(self._get_scope_fields()) & set(vals) and any(run.state != "draft" for run in self):
                raise UserError(self.env._("What a run does can be changed only before it is started."))
        return super().write(vals)

    @api.model
    def _check_written_fields(self, vals):
        """
        :raise AccessError: a user writes what only the run itself writes; with another's name, a run would have
            another's rights
        """
        own = {name for name, field in self._fields.items() if field.readonly and field.store} & set(vals)
        if own - {"message_main_attachment_id", "user_id"} or vals.get("user_id", self.env.uid) != self.env.uid:
            raise AccessError(self.env._("Only the run itself can change this."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for run in self:
            if run.state == "running":
                raise UserError(self.env._("Stop the run before you delete it."))
            if run.sudo().allocation_ids:
                raise UserError(
                    self.env._("%s has allocated something, or has drafts: it stays on record.", run.display_name)
                )

    # ------------------------------------------------------------------------------------------------------------------
    # Buttons, in the order of a run's life
    # ------------------------------------------------------------------------------------------------------------------

    def action_start(self):
        """Make the work list and begin, with the rights of the current user.

        :return: a client action that shows the result
        :raise UserError: it was started already
        """
        self.ensure_one()
        self._check_may_run()
        self._lock_in_state("draft")
        self.sudo().user_id = self.env.user
        self._as_responsible()._start()  # in all companies that are open to the user, whatever is selected
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_stop(self):
        """Finish the batches that are being worked on, and begin no others."""
        self._check_may_run()
        self._lock_in_state("running")
        self._set_stopped(self.env._("Stopped by %s.", self.env.user.name))

    def action_resume(self):
        """Go on with what is left."""
        self._check_may_run()
        self._lock_in_state("stopped")
        self._take_over()
        self._check_may_work_in(self._get_companies())
        self._go_on()

    def action_retry(self):
        """Take up the partners again that failed or were in use by others."""
        self._check_may_run()
        self._lock_in_state("done", "stopped", "running")
        if self.is_applying:
            raise UserError(self.env._("Preview the partners again that are left."))
        self._take_over()
        self._check_may_work_in(self._get_companies())
        rows = self.sudo().row_ids.filtered(lambda row: row.state in ("failed", "locked"))
        if not rows:
            raise UserError(self.env._("No partner has failed."))
        self._get_worker()._forget_leftovers(self.sudo(), rows.partner_id.ids)
        rows._requeue(split=True)
        self._go_on(enqueue=self.state == "stopped")

    def action_apply(self):
        """Apply the drafts of a preview in the background. Partners of whom anything has changed are left, and named.

        :raise UserError: there is nothing to apply
        """
        self._check_may_run()
        self._lock_in_state("done")
        drafts = self._get_drafts()
        if not drafts.line_ids:  # maybe nothing but possibilities, of which none has been chosen
            raise UserError(self.env._("There is no draft left to apply."))
        self._check_may_work_in(drafts._get_item_companies())
        self.sudo().write({"is_applying": True, "user_id": self.env.uid})
        self._get_work_list()._reopen(drafts)
        self._go_on()

    def action_discard(self):
        """Delete the drafts of a preview. What was applied of it stays.

        :raise UserError: there is nothing to discard, or somebody else is applying or discarding one of the drafts
        """
        self._check_may_run()
        self._lock_in_state("done")
        drafts = self._get_drafts()
        if not drafts:
            raise UserError(self.env._("There is no draft left to discard."))
        self._check_may_work_in(drafts.company_id)
        lines = drafts._get_pairs()
        text = self.env._(
            "%(user)s has discarded the drafts: %(pairs)s allocations (%(amount)s).",
            user=self.env.user.name,
            pairs=len(lines),
            amount=self.company_currency_id.format(sum(lines.mapped("amount"))),
        )
        if self.is_applying:
            self._drop_plans(drafts)
        else:
            drafts.sudo(False)._lock_draft()
            drafts.unlink()
            self.invalidate_recordset()
            self.sudo().row_ids.write({"allocated_count": 0, "amount": 0, "left_count": 0})
            self.sudo().leftover_ids.unlink()
        self.sudo()._store_totals()
        self._log(text)

    def action_preview_again(self):
        """Make a new preview for the partners of whom nothing could be applied; what their drafts show is discarded.

        :return: an action that opens the new run
        :raise UserError: the preview has not been applied, or all of it could be
        """
        self._check_may_run()
        self._lock_in_state("done")
        partners = self.sudo().failed_row_ids.partner_id
        if not self.is_applying or not partners:
            raise UserError(self.env._("All that this preview shows has been applied, or nothing yet."))
        self._check_may_work_in(self._get_companies())
        run = self.copy(
            {
                "partner_scope": "partners",
                "partner_ids": [fields.Command.set(partners.ids)],
                "category_ids": [fields.Command.clear()],
            }
        )
        self._drop_plans(self._get_drafts())
        run.action_start()
        self.sudo().next_run_id = run
        return run._get_records_action()

    def _get_drafts(self):
        """The drafts that can still be applied or discarded. Once the preview was applied, those with nothing but
        leftovers are part of the result.

        :return: ``account.credit.allocation`` with all rights
        """
        drafts = self.sudo().allocation_ids.filtered(lambda document: document.state == "draft")
        return drafts.filtered("line_ids") if self.is_applying else drafts

    def _drop_plans(self, drafts):
        """Delete what could not be applied of these drafts, and the drafts unless they say what else was left."""
        if not drafts:
            return
        drafts.sudo(False)._lock_draft()
        drafts.line_ids.unlink()
        drafts.filtered(lambda draft: not draft.leftover_ids).unlink()
        self.invalidate_recordset()

    def _check_may_run(self):
        """:raise AccessError: the user may not reconcile, or not change the run"""
        self.ensure_one()
        self.env["account.credit.allocation"]._check_may_allocate()
        self.check_access("write")

    # ------------------------------------------------------------------------------------------------------------------
    # States: nothing else writes them
    # ------------------------------------------------------------------------------------------------------------------

    def _start(self):
        """Number the run, make its work list and begin. It is a draft, and locked."""
        now = fields.Datetime.now()
        today = self.company_id._credit_allocation_today()
        self.sudo().write(
            {
                "name": self.company_id._next_credit_allocation_number(today, self._name),
                "state": "running",
                "started_at": now,
                "resumed_at": now,
            }
        )
        if closed := self._get_closed_branches():
            text = self.env._(
                "Not covered, as %(user)s may not work there: %(companies)s.",
                user=self.user_id.name,
                companies=", ".join(closed.mapped("name")),
            )
            self._log(text)
        for company in self._get_companies():  # or else the batches that are first would get in each other's way
            company._get_credit_allocation_sequence(today)
        found = self._get_work_list()._make_work_list(self)
        item_count = found.pop("item_count")
        self.sudo().write(found)
        if not self.in_background and item_count > ITEMS_AT_ONCE:
            self.sudo().in_background = True
            self._log(self.env._("There are %s open items. The run goes on in the background.", item_count))
        run, worker = self.sudo(), self._get_worker()
        for batch in self._get_work_list()._get_pending_batches(self):
            if self.in_background:
                self._enqueue_batch(batch)
            else:
                worker._begin_batch(run, batch)
                worker._work_on_batch(run, batch)
        run._finish_if_complete()

    def _set_stopped(self, reason):
        self._count_time()
        self.sudo().state = "stopped"
        self.sudo()._store_totals()
        self._log(reason)

    def _go_on(self, *, enqueue=True):
        """Run again; ``enqueue``: all that is pending, too."""
        run = self.sudo()
        if run.state != "running":
            run.write({"state": "running", "resumed_at": fields.Datetime.now(), "finished_at": False})
        if enqueue:
            for batch in self._get_work_list()._get_pending_batches(self):
                self._enqueue_batch(batch)
        run._finish_if_complete()

    def _finish_if_complete(self):
        """When nothing is pending any more, end the run and say what it did. Of several workers that find this out at
        the same time, one does it."""
        if self._get_work_list().search_count([("run_id", "=", self.id), ("state", "=", "pending")], limit=1):
            return
        locked = try_lock(self)
        locked.invalidate_recordset(["state"])
        if locked.state != "running":
            return
        self._count_time()
        self.write({"state": "done", "finished_at": fields.Datetime.now()})
        self._store_totals()
        self._announce()

    # ------------------------------------------------------------------------------------------------------------------
    # Batches, and who works on them
    # ------------------------------------------------------------------------------------------------------------------

    def _enqueue_batch(self, batch, delay=0):
        """Have :meth:`_process_batch` called for a batch, once this transaction is committed: a hook for addons that
        bring a job queue. By default Odoo's scheduler is woken up, and takes whatever is pending.

        :param int batch: number of the batch in this run
        :param int delay: seconds before which it is no use
        """
        self.env["account.credit.allocation.run.queue"]._wake_scheduler(delay)

    def _process_batch(self, batch):
        """Work on a batch in transactions of its own: whatever the caller's transaction does, what this one has done
        is committed.

        What cannot be done now is put back as another batch (:meth:`_enqueue_batch` is called for it); what cannot be
        done at all is marked failed. Calling it twice, or from two workers at once, does no harm.

        :param int batch: number of the batch in this run
        :return: the number of partners that were worked on; 0: it is done, or in other hands, or the run was stopped
        :raise psycopg2.OperationalError: the connection is lost; call again
        """
        self.ensure_one()
        return self._get_worker()._process_batch(self, batch)

    @api.model
    def _cron_process_batches(self):
        """Work on what is due, of all runs."""
        self.env["account.credit.allocation.run.queue"]._work_on_due_batches()

    def _get_work_list(self):
        return self.env["account.credit.allocation.run.partner"]

    def _get_worker(self):
        """What works on batches, with all rights: its methods take ``self.sudo()``."""
        return self.env["account.credit.allocation.run.worker"].sudo()
