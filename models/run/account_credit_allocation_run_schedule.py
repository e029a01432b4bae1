import logging
from datetime import timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..engine.expected_conflicts import conflicts_expected

_logger = logging.getLogger(__name__)

INTERVALS = {
    "days": lambda number: relativedelta(days=number),
    "weeks": lambda number: relativedelta(weeks=number),
    "months": lambda number: relativedelta(months=number),
    "month_end": lambda number: relativedelta(months=number, day=31),
}


class AccountCreditAllocationRunSchedule(models.Model):
    """Makes runs and starts them, again and again, with the rights of whoever set it up last."""

    _name = "account.credit.allocation.run.schedule"
    _description = "Schedule of Credit Allocation Runs"
    _inherit = ["account.credit.allocation.run.scope", "mail.thread"]
    _order = "company_id, name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    interval_number = fields.Integer(string="Every", required=True, default=1)
    interval_type = fields.Selection(
        [("days", "Days"), ("weeks", "Weeks"), ("months", "Months"), ("month_end", "Months, on the last day")],
        string="Unit",
        required=True,
        default="days",
    )
    next_call = fields.Datetime(
        string="Next Run", required=True, default=fields.Datetime.now, help="The next run starts then or soon after."
    )
    first_call = fields.Datetime(
        string="First Run", readonly=True, copy=False, help="The time that somebody chose: the others count from it."
    )
    due_limited = fields.Boolean(string="Only What Is Due", help="Leave alone what falls due later.")
    due_within_days = fields.Integer(
        string="Days Ahead", help="What falls due within so many days of the run counts as due, too."
    )
    run_ids = fields.One2many("account.credit.allocation.run", "schedule_id", string="Runs", readonly=True)
    run_count = fields.Integer(compute="_compute_run_count", string="Runs So Far")
    partner_ids = fields.Many2many(relation="account_credit_allocation_schedule_partner_rel", column1="schedule_id")
    category_ids = fields.Many2many(relation="account_credit_allocation_schedule_category_rel", column1="schedule_id")
    debt_journal_ids = fields.Many2many(
        relation="account_credit_allocation_schedule_debt_journal_rel", column1="schedule_id"
    )
    credit_journal_ids = fields.Many2many(
        relation="account_credit_allocation_schedule_credit_journal_rel", column1="schedule_id"
    )
    rule_ids = fields.Many2many(relation="account_credit_allocation_schedule_rule_rel", column1="schedule_id")

    # what lies beyond is no date any more
    _interval_positive = models.Constraint(
        "CHECK(interval_number BETWEEN 1 AND 1000)", "The interval must be at least 1 and at most 1000."
    )
    _due_within_a_century = models.Constraint(
        "CHECK(due_within_days BETWEEN -36500 AND 36500)", "The days ahead must be at most 36500, which is a century."
    )

    @api.depends("run_ids")
    def _compute_run_count(self):
        counts = dict(
            self.env["account.credit.allocation.run"]._read_group(
                [("schedule_id", "in", self.ids)], ["schedule_id"], ["__count"]
            )
        )
        for schedule in self:
            schedule.run_count = counts.get(schedule, 0)

    # ------------------------------------------------------------------------------------------------------------------
    # Whose rights a run will have
    # ------------------------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        schedules = super().create(vals_list)
        for schedule in schedules:
            schedule.first_call = schedule.next_call
        return schedules

    def write(self, vals):
        """Whoever changes what a schedule does is responsible for it from then on: nobody can use another's rights."""
        if not self.env.su and {*self._get_scope_fields(), "user_id", "due_limited", "due_within_days"} & set(vals):
            vals = {**vals, "user_id": self.env.uid}
        if vals.get("next_call"):
            vals = {"first_call": vals["next_call"], **vals}
        return super().write(vals)

    # ------------------------------------------------------------------------------------------------------------------
    # Making runs
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _cron_start_due_runs(self):
        """Make and start the runs that are due, each in a transaction of its own. What is in the way of one is noted on
        its schedule and stops no other. One that conflicts with people at work is due again at the next call."""
        Cron = self.env["ir.cron"]
        due = self.sudo().search([("next_call", "<=", fields.Datetime.now())], order="next_call, id")
        seconds = Cron._commit_progress(remaining=len(due))
        for schedule in due:
            if not seconds:
                break
            try:
                with conflicts_expected(self.env.cr):
                    schedule._in_own_language()._start_due_run()
                    seconds = Cron._commit_progress(1)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
                _logger.info("%s gives way to another transaction: %s", schedule, type(error).__name__)
                self.env.cr.rollback()

    def _start_due_run(self):
        """Start the run that is due, and note when the next one is; say so where it could not be started."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._start_run()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            if not isinstance(error, UserError):
                _logger.exception("%s could not start its run", self)
            message = self.env["account.credit.allocation.executor"]._get_error_message(error)
            self.message_post(body=self.env._("No run was started. %s", message))
        self.write({"next_call": self._get_following_call(), "first_call": self.first_call or self.next_call})

    def _start_run(self):
        """
        :return: the run, which goes on in the background unless the schedule says otherwise
        :raise UserError: the previous one is not done, or its user may not run it any more
        """
        self.ensure_one()
        unfinished = self.run_ids.filtered(lambda run: run.state in ("running", "stopped"))
        if unfinished:
            raise UserError(self.env._("The previous run %s is not done yet.", unfinished[0].name))
        run = self.env["account.credit.allocation.run"].sudo().create(self._prepare_run_vals())
        if obstacle := run._find_obstacle():
            raise UserError(obstacle)
        run._as_responsible()._start()
        return run

    def _prepare_run_vals(self):
        vals = {name: self[name] for name in self._get_scope_fields()}
        for name, field in self._fields.items():
            if name in vals and field.relational:
                vals[name] = self[name].id if field.type == "many2one" else [fields.Command.set(self[name].ids)]
        if self.due_limited:
            vals["due_to"] = self._to_local(fields.Datetime.now()).date() + timedelta(days=self.due_within_days)
        return {**vals, "schedule_id": self.id, "user_id": self.user_id.id}

    def _get_following_call(self):
        """The first time after now in the rhythm of the schedule: what was missed is not made up for.

        Days and times are those of the responsible user, counted from the run that somebody has chosen: two in the
        morning stays that when the clocks change, and the 31st is the 31st again after a shorter month.
        """
        zone, now = self._get_zone(), fields.Datetime.now()
        first = self._to_local(self.first_call or self.next_call)
        following, number = self.next_call, 0
        while following <= now:
            number += self.interval_number
            local = first + INTERVALS[self.interval_type](number)
            following = zone.localize(local).astimezone(pytz.utc).replace(tzinfo=None)
        return following

    def _get_zone(self):
        return self._in_own_language().env.tz

    def _to_local(self, moment):
        """A moment in UTC as date and time of the responsible user; both without a time zone."""
        return pytz.utc.localize(moment).astimezone(self._get_zone()).replace(tzinfo=None)

    # ------------------------------------------------------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------------------------------------------------------

    def action_run_now(self):
        """Make and start a run besides the schedule, with the rights of the current user.

        :return: an action that opens the run
        """
        self.ensure_one()
        self.env["account.credit.allocation"]._check_may_allocate()
        self.check_access("read")
        run = (
            self.env["account.credit.allocation.run"]
            .sudo()
            .create({**self.sudo()._prepare_run_vals(), "user_id": self.env.uid})
        )
        run = run.sudo(False)
        run.action_start()
        return {
            "type": "ir.actions.act_window",
            "res_model": run._name,
            "res_id": run.id,
            "views": [(False, "form")],
        }

    def action_open_runs(self):
        """Open the runs of the schedule."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Runs"),
            "res_model": "account.credit.allocation.run",
            "views": [(False, "list"), (False, "kanban"), (False, "form"), (False, "graph"), (False, "pivot")],
            "domain": [("schedule_id", "=", self.id)],
        }
