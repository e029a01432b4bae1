from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.open_item_reader import PAYABLE, RECEIVABLE, AllocationScope, ItemLimits

ACCOUNT_TYPES = {"receivable": (RECEIVABLE,), "payable": (PAYABLE,), "both": (RECEIVABLE, PAYABLE)}


class AccountCreditAllocationRunScope(models.AbstractModel):
    """What a run looks at and does: the same on a run and on the schedule that makes runs.

    A run covers its company and that company's branches, as far as the responsible user may work in them.
    """

    _name = "account.credit.allocation.run.scope"
    _description = "Scope of a Credit Allocation Run"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="Its branches are covered, too.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", related_sudo=False, string="Company Currency"
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        readonly=True,
        copy=False,
        index=True,
        ondelete="set null",
        default=lambda self: self.env.user,
        help="In the background, everything is done with the rights of this user.",
    )
    partner_scope = fields.Selection(
        [("all", "All partners"), ("partners", "Chosen partners"), ("tags", "Partners with a tag")],
        string="Partners",
        required=True,
        default="all",
    )
    partner_ids = fields.Many2many("res.partner", string="Chosen Partners")
    category_ids = fields.Many2many(
        "res.partner.category", string="Tags", help="Partners with one of these tags, or of the tags below them."
    )
    account_scope = fields.Selection(
        [("receivable", "Customers"), ("payable", "Vendors"), ("both", "Customers and vendors")],
        string="Accounts",
        required=True,
        default="receivable",
        help="What customers owe is never netted with what you owe, even if both are chosen.",
    )
    debt_journal_ids = fields.Many2many(
        "account.journal",
        relation="account_credit_allocation_scope_debt_journal_rel",  # each model has its own
        string="Journals of Invoices",
        help="Settle what was booked in these. Empty: in any journal.",
    )
    credit_journal_ids = fields.Many2many(
        "account.journal",
        relation="account_credit_allocation_scope_credit_journal_rel",
        string="Journals of Credits",
        help="Use what was booked in these. Empty: in any journal.",
    )
    due_from = fields.Date(string="Due from", help="Of invoices, and of whatever else is owed.")
    due_to = fields.Date(string="Due until", help="Of invoices, and of whatever else is owed.")
    date_from = fields.Date(string="Dated from", help="The date of invoices and of payments, both.")
    date_to = fields.Date(string="Dated until", help="The date of invoices and of payments, both.")
    min_amount = fields.Monetary(
        string="Minimum Amount",
        currency_field="company_currency_id",
        help="Leave out whatever has less open than this, in the company's currency.",
    )
    rule_ids = fields.Many2many(
        "account.credit.allocation.rule",
        relation="account_credit_allocation_scope_rule_rel",
        string="Rules",
        context={"active_test": False},
        help="Run just these, even if they are switched off otherwise. Empty: the rules of the company.",
    )
    mode = fields.Selection(
        [("preview", "Preview"), ("apply", "Allocate")],
        string="Action",
        required=True,
        default="apply",
        help="A preview changes nothing: it makes drafts that you can look at, and apply all at once.",
    )
    in_background = fields.Boolean(
        default=True, help="Go on in the background, batch by batch. Otherwise you wait until all is done."
    )
    quiet = fields.Boolean(
        help="Faster: documents get one note about the allocation, but no message that their payment status has "
        "changed. Followers are not told that an invoice is paid.",
    )

    def write(self, vals):
        """
        :raise AccessError: it would be of a company that the user has not selected. Odoo asks only what it was before.
        """
        written = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")
        return written

    @api.constrains("company_id", "rule_ids")
    def _check_rules(self):
        for record in self:
            if record.rule_ids.company_id - record.company_id.root_id:
                raise ValidationError(self.env._("Choose rules of the company %s.", record.company_id.root_id.name))

    @api.constrains("min_amount")
    def _check_min_amount(self):
        if any(record.min_amount < 0 for record in self):
            raise ValidationError(self.env._("The minimum amount cannot be negative."))

    @api.constrains("partner_scope", "partner_ids", "category_ids")
    def _check_partner_scope(self):
        for record in self:
            if record.partner_scope == "partners" and not record.partner_ids:
                raise ValidationError(self.env._("Choose at least one partner."))
            if record.partner_scope == "tags" and not record.category_ids:
                raise ValidationError(self.env._("Choose at least one tag."))

    @api.model
    def _get_scope_fields(self):
        """Names of the fields that say what is done: a run takes them over from its schedule."""
        return [
            "company_id",
            "partner_scope",
            "partner_ids",
            "category_ids",
            "account_scope",
            "debt_journal_ids",
            "credit_journal_ids",
            "due_from",
            "due_to",
            "date_from",
            "date_to",
            "min_amount",
            "rule_ids",
            "mode",
            "in_background",
            "quiet",
        ]

    def _get_companies(self):
        """The company and its branches, as far as the responsible user may work in them; the company first."""
        return self._get_all_companies() - self._get_closed_branches()

    def _get_all_companies(self):
        self.ensure_one()
        branches = self.env["res.company"].sudo().search([("id", "child_of", self.company_id.id)])
        return self.company_id.sudo() | branches

    def _get_closed_branches(self):
        """The branches that are not covered, because the responsible user may not work in them."""
        if self.user_id.id == SUPERUSER_ID:
            return self.env["res.company"]
        return self._get_all_companies() - self.company_id - self.user_id.sudo().company_ids

    def _check_may_work_in(self, companies):
        """Nobody has others do in a company what one may not do there oneself.

        :raise UserError: the user may not work in one of these companies
        """
        if self.env.uid == SUPERUSER_ID:
            return
        if closed := companies.sudo() - self.env.user.sudo().company_ids:
            raise UserError(
                self.env._(
                    "This is also about %s, where you may not work. Somebody who may has to do this.",
                    ", ".join(closed.mapped("name")),
                )
            )

    def _in_own_language(self):
        """``self`` with the language and the time zone of the responsible user: what is said in the background is said
        to that user."""
        user = self.exists().sudo().user_id
        return self.with_context(lang=user.lang, tz=user.tz or self.company_id._get_time_zone())

    def _as_responsible(self):
        """``self`` with the rights of the responsible user, in the companies of the run."""
        user = self.user_id
        context = {"allowed_company_ids": self._get_companies().ids, "lang": user.lang, "tz": user.tz}
        return self.with_env(self.env(user=user, su=False, context=context))

    def _find_obstacle(self):
        """Why the responsible user cannot run this.

        :return: a sentence, empty if there is nothing in the way
        """
        self.ensure_one()
        user = self.user_id.sudo()
        if not user:
            return self.env._(
                "The responsible user was deleted. Whoever resumes the run, or changes what the schedule covers, takes "
                "it over."
            )
        if user.id == SUPERUSER_ID:
            return ""
        if not user.active:
            return self.env._("The user %s is archived.", user.name)
        if self.company_id not in user.company_ids:
            return self.env._(
                "The user %(user)s may not work in %(company)s.", user=user.name, company=self.company_id.name
            )
        if not self.env["account.partial.reconcile"].with_user(user).has_access("create"):
            return self.env._("The user %s may not reconcile.", user.name)
        return ""

    def _take_over(self):
        """Make the current user responsible for a run whose user was deleted."""
        if not self.user_id:
            self.sudo().user_id = self.env.user

    def _get_scope(self, partner_ids=None):
        """
        :param partner_ids: ids of commercial partners, None for everybody; the partners of the scope are chosen by
            :meth:`_get_partner_ids`
        :return: :class:`AllocationScope`
        """
        self.ensure_one()
        return AllocationScope(
            company_ids=tuple(self._get_companies().ids),
            account_types=ACCOUNT_TYPES[self.account_scope],
            partner_ids=None if partner_ids is None else tuple(partner_ids),
            limits=self._get_limits(),
            rule_ids=tuple(self.rule_ids.ids) or None,
        )

    def _get_limits(self):
        """:return: :class:`ItemLimits`, None where nothing is limited"""
        limits = ItemLimits(
            debt_journal_ids=tuple(self.debt_journal_ids.ids),
            credit_journal_ids=tuple(self.credit_journal_ids.ids),
            due_from=self.due_from or None,
            due_to=self.due_to or None,
            date_from=self.date_from or None,
            date_to=self.date_to or None,
            min_amount=self.min_amount,
        )
        return None if limits == ItemLimits() else limits

    def _get_partner_ids(self):
        """The commercial partners that were chosen.

        :return: tuple of ids, None for everybody
        """
        self.ensure_one()
        if self.partner_scope == "all":
            return None
        partners = self.partner_ids
        if self.partner_scope == "tags":
            partners = (
                self.env["res.partner"]
                .with_context(active_test=False)
                .search([("category_id", "child_of", self.category_ids.ids)])
            )
        return tuple(sorted(partners.sudo().commercial_partner_id.ids))
