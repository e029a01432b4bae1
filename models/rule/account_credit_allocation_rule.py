from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...matching.open_item import EXACT_COMBINATION, OLDEST_FIRST, TOLERANCE, MatchingOptions, Tolerance
from ..engine.minor_units import to_minor_units

# What a search for a combination may be asked to try: more would take long and find what is right by chance.
MEMBERS = (2, 20)
CANDIDATES = (2, 60)
# What is owed, or money itself, is no place for a difference.
NO_WRITE_OFF_TYPES = ("asset_receivable", "liability_payable", "asset_cash", "liability_credit_card", "off_balance")
# Handed over in the context while rules are put in a new order one by one: no client can send this very object.
_RESEQUENCING = object()


class AccountCreditAllocationRule(models.Model):
    """Whether, where in the chain and how a root company runs a rule; its branches share it.

    Rules run by ``sequence``, each on what the ones before it left. There is one of each type, made when the company
    or the type is created.
    """

    _name = "account.credit.allocation.rule"
    _description = "Credit Allocation Rule"
    _order = "company_id, sequence, id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    type_id = fields.Many2one(
        "account.credit.allocation.rule.type",
        string="Rule",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    code = fields.Char(related="type_id.code", store=True)
    name = fields.Char(related="type_id.name", string="Rule Name")
    summary = fields.Char(related="type_id.summary", string="What It Looks For")
    description = fields.Html(related="type_id.description", string="Explanation")
    sequence = fields.Integer(default=10, help="Rules run from the lowest to the highest.")
    enabled = fields.Boolean(string="Active", default=True)

    max_members = fields.Integer(
        string="Documents at Most",
        default=12,
        help="The more documents may add up, the likelier they do so by chance. 2 to 20.",
    )
    max_candidates = fields.Integer(
        string="Out of at Most",
        default=40,
        help="With more open documents than this, no combination is searched. 2 to 60.",
    )
    partial = fields.Boolean(
        string="Allow partial allocation",
        default=True,
        help="A credit may be split over several invoices. Switched off, a credit is used only where it fits whole.",
    )
    order = fields.Selection(related="company_id.credit_allocation_order", string="Oldest by")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    tolerance_amount = fields.Monetary(
        string="Difference of at Most",
        currency_field="company_currency_id",
        help="Differences of documents in another currency are compared at today's rate.",
    )
    tolerance_percent = fields.Float(
        string="and at Most",
        digits=(5, 2),
        help="Of the document that is settled. A difference must be within both the amount and the percentage.",
    )
    write_off_account_id = fields.Many2one(
        "account.account",
        string="Write-off Account",
        check_company=True,
        ondelete="set null",  # both go with the chart of accounts of a new company; the rule then does not run
        domain=[("account_type", "not in", NO_WRITE_OFF_TYPES)],
        help="Where the differences are booked.",
    )
    write_off_journal_id = fields.Many2one(
        "account.journal",
        string="Write-off Journal",
        check_company=True,
        ondelete="set null",
        domain=[("type", "=", "general")],
    )

    _company_type_unique = models.Constraint(
        "UNIQUE(company_id, type_id)", "A company has each credit allocation rule once."
    )

    # ------------------------------------------------------------------------------------------------------------------
    # What can be set
    # ------------------------------------------------------------------------------------------------------------------

    @api.constrains("company_id")
    def _check_company_is_root(self):
        if self.company_id.parent_id:
            raise ValidationError(
                self.env._("A branch has no rules of its own: it shares those of its parent company.")
            )

    @api.constrains("sequence", "type_id", "company_id")
    def _check_order(self):
        """After oldest first, whatever it left of the last document would look like a small difference."""
        if self.env.context.get("credit_allocation_resequencing") is _RESEQUENCING:
            return
        for company in self.company_id:
            rules = {rule.code: rule for rule in self.search([("company_id", "=", company.id)])}
            codes = list(rules)
            if {TOLERANCE, OLDEST_FIRST} <= rules.keys() and codes.index(TOLERANCE) > codes.index(OLDEST_FIRST):
                raise ValidationError(
                    self.env._(
                        "%(tolerance)s must come before %(oldest_first)s, which would leave nothing but differences.",
                        tolerance=rules[TOLERANCE].name,
                        oldest_first=rules[OLDEST_FIRST].name,
                    )
                )

    @api.constrains("max_members", "max_candidates")
    def _check_bounds(self):
        for rule in self:
            if not MEMBERS[0] <= rule.max_members <= MEMBERS[1]:
                raise ValidationError(
                    self.env._(
                        "The documents in a combination must be between %(least)s and %(most)s.",
                        least=MEMBERS[0],
                        most=MEMBERS[1],
                    )
                )
            if not CANDIDATES[0] <= rule.max_candidates <= CANDIDATES[1]:
                raise ValidationError(
                    self.env._(
                        "The documents to choose from must be between %(least)s and %(most)s.",
                        least=CANDIDATES[0],
                        most=CANDIDATES[1],
                    )
                )

    @api.constrains("enabled", "tolerance_amount", "tolerance_percent", "write_off_account_id", "write_off_journal_id")
    def _check_tolerance(self):
        for rule in self:
            if rule.tolerance_amount < 0:
                raise ValidationError(self.env._("The largest difference cannot be negative."))
            if not 0 <= rule.tolerance_percent <= 100:
                raise ValidationError(self.env._("The largest difference in percent must be between 0 and 100."))
            if rule.enabled and not rule._is_set_up():
                raise ValidationError(
                    self.env._(
                        "%s needs an amount, a percentage, an account and a journal before it can run. "
                        "Open the rule, fill them in and switch it on there.",
                        rule.name,
                    )
                )

    def _is_set_up(self):
        """Whether the rule has everything that it needs to run."""
        self.ensure_one()
        return self.code != TOLERANCE or bool(
            self.tolerance_amount and self.tolerance_percent and self.write_off_account_id and self.write_off_journal_id
        )

    @api.constrains("write_off_account_id", "write_off_journal_id")
    def _check_write_off(self):
        for rule in self:
            account, journal = rule.write_off_account_id, rule.write_off_journal_id
            if account.account_type in NO_WRITE_OFF_TYPES:
                raise ValidationError(
                    self.env._(
                        "Differences cannot be written off to %s, which is a receivable, payable, bank or off-balance "
                        "account. Choose an account for small expenses.",
                        account.display_name,
                    )
                )
            if journal and journal.type != "general":
                raise ValidationError(
                    self.env._("Differences are booked in a journal of type Miscellaneous; %s is not.", journal.name)
                )

    def web_resequence(self, specification, field_name="sequence", offset=0):
        """Check the new order when it is complete: on the way to it, rules may stand in any order."""
        rules = self.with_context(credit_allocation_resequencing=_RESEQUENCING)
        values = super(AccountCreditAllocationRule, rules).web_resequence(specification, field_name, offset)
        self._check_order()
        return values

    # ------------------------------------------------------------------------------------------------------------------
    # One of each type for every root company
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _create_missing(self, companies):
        """Give the root companies among ``companies`` the rules that they lack."""
        types = (
            self.env["account.credit.allocation.rule.type"].sudo().search_fetch([], ["sequence", "active_by_default"])
        )
        for company in companies.filtered(lambda company: not company.parent_id):
            existing = self.sudo().search([("company_id", "=", company.id)]).type_id
            for rule_type in types - existing:
                self._create_in_place(company, rule_type)

    @api.model
    def _create_in_place(self, company, rule_type):
        """Create a rule before the first one that by default comes after it, wherever somebody moved that to."""
        rules = self.sudo().search([("company_id", "=", company.id)])
        positions = [at for at, rule in enumerate(rules) if rule.type_id.sequence > rule_type.sequence]
        following = rules[positions[0] :] if positions else rules.browse()
        sequence = following[0].sequence if following else max(rules.mapped("sequence"), default=0) + 10
        for rule in reversed(following):  # so that they never change their order
            rule.sequence += 10
        return rules.create(
            {
                "company_id": company.id,
                "type_id": rule_type.id,
                "sequence": sequence,
                "enabled": rule_type.active_by_default,
            }
        )

    # ------------------------------------------------------------------------------------------------------------------
    # What the matching core is told
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _get_matching_options(self, company, rule_ids=None):
        """The rules that a root company runs, in order, and all their settings, whoever asks.

        A rule that has no function is left out: the addon that brought it is not there in full. So is a chosen one that
        was never set up.

        :param company: ``res.company`` record without parent
        :param rule_ids: run exactly these of the company's rules, whether they are switched on or not; None: the
            active ones
        :return: :class:`MatchingOptions`
        """
        functions = self.env["account.credit.allocation.rule.type"]._get_matching_rules()
        chosen = ("enabled", "=", True) if rule_ids is None else ("id", "in", rule_ids)
        rules = self.sudo().search([("company_id", "=", company.id), chosen]).filtered(lambda rule: rule._is_set_up())
        values = {}
        for rule in rules:
            values.update(rule._prepare_matching_options())
        return MatchingOptions(
            rules=tuple(rule.code for rule in rules if rule.code in functions),
            order_by_invoice_date=company.credit_allocation_order == "invoice_date",
            cross_currencies=company.credit_allocation_cross_currency,
            **values,
        )

    @api.model
    def _get_tolerance_rule(self, company):
        """The rule that says where small differences in the books of ``company``, or of its parent, are written off."""
        return self.sudo().search([("company_id", "=", company.root_id.id), ("code", "=", TOLERANCE)])

    def _prepare_matching_options(self):
        """Values of :class:`MatchingOptions` that are set on this rule."""
        self.ensure_one()
        if self.code == EXACT_COMBINATION:
            return {"max_members": self.max_members, "max_candidates": self.max_candidates}
        if self.code == OLDEST_FIRST:
            return {"partial": self.partial}
        if self.code == TOLERANCE:
            return {"tolerance": self._get_tolerance()}
        return {}

    def _get_tolerance(self):
        """The largest difference in each active currency, at today's rate of the company.

        :return: :class:`Tolerance`, its amounts in minor units
        """
        own, today = self.company_currency_id, fields.Date.context_today(self)
        amounts = {
            currency.id: to_minor_units(currency, own._convert(self.tolerance_amount, currency, self.company_id, today))
            for currency in self.env["res.currency"].search([("active", "=", True)])
        }
        return Tolerance(amounts, round(self.tolerance_percent * 100))
