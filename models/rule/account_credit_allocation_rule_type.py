from odoo import api, fields, models

from ...matching import RULES


class AccountCreditAllocationRuleType(models.Model):
    """A rule that exists, whoever brings it; each root company has an :class:`AccountCreditAllocationRule` of it.

    Another addon adds a rule with one record, which brings the rule into the list of every company, and one method:
    :meth:`_get_matching_rules`. Parameters of its own are fields that it adds to ``account.credit.allocation.rule``.
    """

    _name = "account.credit.allocation.rule.type"
    _description = "Credit Allocation Rule Type"
    _order = "sequence, id"

    code = fields.Char(required=True, readonly=True, help="What the program calls the rule.")
    name = fields.Char(required=True, translate=True)
    summary = fields.Char(translate=True, help="What the rule looks for, in one sentence.")
    description = fields.Html(translate=True)
    sequence = fields.Integer(default=100, help="Where the rule stands among the others until somebody moves it.")
    active_by_default = fields.Boolean(default=True)
    rule_ids = fields.One2many("account.credit.allocation.rule", "type_id", string="Rules of the Companies")

    _code_unique = models.Constraint("UNIQUE(code)", "There is already a rule of this code.")

    @api.model_create_multi
    def create(self, vals_list):
        types = super().create(vals_list)
        roots = self.env["res.company"].sudo().with_context(active_test=False).search([("parent_id", "=", False)])
        self.env["account.credit.allocation.rule"]._create_missing(roots)
        return types

    def unlink(self):
        """What a rule allocated stays on record, though nobody remains to tell its name."""
        lines = self.env["account.credit.allocation.line"].sudo().search([("rule", "in", self.mapped("code"))])
        lines.rule = "removed"
        return super().unlink()

    @api.model
    def _get_matching_rules(self):
        """The functions of all rules: a hook for addons with rules of their own.

        A function takes the :class:`~..matching.pool.Pool` of one company, account and partner, reads what is still
        available there, and decides with ``settle`` and ``set_aside``; it must be deterministic and write nothing.

        :return: ``{code of the type: function(pool)}``
        """
        return dict(RULES)

    @api.model
    def _get_labels(self):
        """``[(code, name in the user's language)]``, in the order in which the rules run by default."""
        return [(rule_type.code, rule_type.name) for rule_type in self.sudo().search_fetch([], ["code", "name"])]
