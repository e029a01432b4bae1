import time

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from ..engine.open_item_reader import PAYABLE, RECEIVABLE
from .integrity_queries import QUERIES, Problem

DAYS_WITHOUT_FINDINGS = 30
DAYS_WITH_FINDINGS = 365
# of each kind; what one cause has broken a thousand times is seen from the first hundred
FINDINGS_PER_KIND = 100


class AccountCreditAllocationCheck(models.Model):
    """Whether the allocation documents and the ledger still agree, found out at one moment for one company.

    Includes the branches of the company. A check changes nothing but what it writes about itself.
    """

    _name = "account.credit.allocation.check"
    _description = "Credit Allocation Check"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    date = fields.Datetime(string="Checked on", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Checked by", readonly=True, ondelete="set null")
    duration = fields.Float(string="Seconds", readonly=True, digits=(16, 2), aggregator=None)
    allocation_count = fields.Integer(string="Allocations", readonly=True, aggregator=None)
    item_count = fields.Integer(
        string="Items", readonly=True, aggregator=None, help="Journal items on receivable and payable accounts."
    )
    finding_count = fields.Integer(string="Problems", readonly=True, aggregator=None)
    finding_ids = fields.One2many("account.credit.allocation.check.finding", "check_id", string="Findings")
    listed_count = fields.Integer(compute="_compute_listed_count")
    can_recompute = fields.Boolean(compute="_compute_can_recompute")
    state = fields.Selection(
        [("clean", "All Agrees"), ("problems", "Problems Found")], string="Result", required=True, readonly=True
    )

    @api.depends("date", "company_id")
    def _compute_display_name(self):
        for check in self:
            date = format_datetime(self.env, check.date, dt_format="short")
            check.display_name = self.env._("%(company)s, %(date)s", company=check.company_id.name, date=date)

    @api.depends("finding_ids")
    def _compute_listed_count(self):
        for check in self:
            check.listed_count = len(check.finding_ids)

    @api.depends("finding_ids.kind")
    def _compute_can_recompute(self):
        for check in self:
            check.can_recompute = any(check.finding_ids.mapped("can_recompute"))

    # ------------------------------------------------------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------------------------------------------------------

    def action_check_now(self):
        """Check the selected companies with their branches, whatever checks the button was pressed on.

        :return: an action that opens the result
        :raise AccessError: the user may not start a check
        """
        self.check_access("read")
        self.browse().check_access("create")
        companies = self.env.companies.filtered(lambda company: not (company.parent_ids - company) & self.env.companies)
        return self._check(companies)._get_open_action()

    @api.model
    def _cron_check(self):
        """Check every company, one transaction for each."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._check(company)
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _check(self, companies):
        """Look for problems in each company, write down what was found and tell its accounting managers.

        :return: the checks, one for each company, in the rights of the current user
        """
        checks = self.sudo().create([self._prepare_check_vals(company) for company in companies])
        for check in checks:
            check._notify_managers()
        return checks.sudo(self.env.su)

    @api.model
    def _prepare_check_vals(self, company):
        started = time.monotonic()
        problems = self._find_problems(company)
        allocation_count, item_count = self._count_checked(company)
        seen = {}
        for problem in problems:
            seen.setdefault(problem.kind, []).append(problem)
        Finding = self.env["account.credit.allocation.check.finding"]
        return {
            "company_id": company.id,
            "date": fields.Datetime.now(),
            "user_id": self.env.uid,
            "allocation_count": allocation_count,
            "item_count": item_count,
            "finding_count": len(problems),
            "finding_ids": [
                fields.Command.create(Finding._prepare_finding_vals(problem))
                for kind_problems in seen.values()
                for problem in kind_problems[:FINDINGS_PER_KIND]
            ],
            "state": "problems" if problems else "clean",
            "duration": time.monotonic() - started,
        }

    @api.model
    def _find_problems(self, company):
        """What is wrong with the allocations and open items of a company and its branches.

        Reads the whole ledger in a few queries, with all rights, and changes nothing.

        :return: list of :class:`Problem`, empty when all agrees
        """
        self.env.flush_all()
        problems = []
        for query in self._get_queries():
            self.env.cr.execute(query, {"companies": self._get_checked_company_ids(company)})
            problems += [Problem(*row) for row in self.env.cr.fetchall()]
        return problems

    @api.model
    def _get_queries(self):
        """SQL whose rows are those of :class:`Problem`; the parameter ``companies`` has the ids of companies."""
        return list(QUERIES)

    @api.model
    def _get_checked_company_ids(self, company):
        """A company and its branches, whether the user sees them or not."""
        Company = self.env["res.company"].sudo().with_context(active_test=False)
        return Company.search([("id", "child_of", company.id)]).ids

    @api.model
    def _count_checked(self, company):
        """``(allocations, items)``: how many there are to be checked."""
        return self.env.execute_query(
            SQL(
                """
                SELECT (SELECT COUNT(*) FROM account_credit_allocation_line WHERE company_id = ANY(%(companies)s)),
                       (SELECT COUNT(*)
                          FROM account_move_line
                         WHERE company_id = ANY(%(companies)s)
                           AND parent_state != 'cancel'
                           AND account_id IN (SELECT id FROM account_account WHERE account_type IN %(account_types)s))
                """,
                companies=self._get_checked_company_ids(company),
                account_types=(RECEIVABLE, PAYABLE),
            )
        )[0]

    # ------------------------------------------------------------------------------------------------------------------
    # What follows from it
    # ------------------------------------------------------------------------------------------------------------------

    def _notify_managers(self):
        """Give every accounting manager of the company something to do; what earlier checks gave them goes."""
        self.ensure_one()
        earlier = self.search([("company_id", "=", self.company_id.id), ("id", "!=", self.id)])
        earlier.activity_unlink(["mail.mail_activity_data_warning"])
        if self.state == "clean":
            return
        managers = self.env.ref("account.group_account_manager").all_user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )
        for manager in managers:
            check = self.with_context(lang=manager.lang)
            check.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=manager.id,
                summary=check.env._("Allocations and ledger do not agree. Problems: %s.", check.finding_count),
            )

    def action_recompute(self):
        """Compute again what follows from other figures and was found to be wrong, then check once more.

        :return: an action that opens the new check
        :raise AccessError: the user may not start a check
        """
        self.check_access("create")
        self.finding_ids.sudo()._recompute()
        return self._check(self.company_id)._get_open_action()

    def _get_open_action(self):
        """The form of the check, or the list where there are several."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_allocation.account_credit_allocation_check_action"
        )
        if len(self) == 1:
            return {**action, "res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", self.ids)]}

    @api.autovacuum
    def _gc_checks(self):
        now = fields.Datetime.now()
        for state, days in (("clean", DAYS_WITHOUT_FINDINGS), ("problems", DAYS_WITH_FINDINGS)):
            self.sudo().search([("state", "=", state), ("date", "<", now - relativedelta(days=days))]).unlink()
