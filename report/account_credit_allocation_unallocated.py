from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..matching.open_item import EXCLUDED
from ..models.document.account_credit_allocation_leftover import REASONS
from ..models.engine.document_names import REFUND_TYPES
from ..models.engine.open_item_reader import RECEIVABLE, AllocationScope

WOULD_BE_ALLOCATED = "would_be_allocated"


class AccountCreditAllocationUnallocated(models.TransientModel):
    """An outstanding credit as it stood when a user opened the analysis, and what the rules would do with it.

    Every user has rows of their own, written at each opening from a plan that is made and not executed: the analysis
    says what an allocation would do because it asks the same rules. Amounts are positive.
    """

    _name = "account.credit.allocation.unallocated"
    _description = "Unallocated Credit"
    _order = "date, id"
    _rec_name = "label"

    line_id = fields.Many2one("account.move.line", string="Open Item", readonly=True, ondelete="cascade")
    label = fields.Char(string="Credit", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    partner_type = fields.Selection([("customer", "Customer"), ("supplier", "Vendor")], string="Type", readonly=True)
    kind = fields.Selection(
        [("payment", "Payment"), ("credit_note", "Credit note"), ("entry", "Other entry")], readonly=True
    )
    date = fields.Date(readonly=True)
    age = fields.Integer(string="Days", readonly=True, aggregator=None, help="Days since the date of the credit.")
    # groups are sorted by their keys
    age_bucket = fields.Selection(
        [
            ("0_future", "Not due yet"),
            ("1_month", "0-30 days"),
            ("2_months", "31-60 days"),
            ("3_months", "61-90 days"),
            ("4_half_year", "91-180 days"),
            ("5_older", "Over 180 days"),
        ],
        string="Age",
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount_currency = fields.Monetary(string="Open in Currency", readonly=True, aggregator=None)
    amount_left_currency = fields.Monetary(
        string="Left in Currency", readonly=True, aggregator=None, help="What the rules would leave open."
    )
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        string="Open", currency_field="company_currency_id", readonly=True, help="In the company's currency."
    )
    amount_allocatable = fields.Monetary(
        string="To Allocate",
        currency_field="company_currency_id",
        readonly=True,
        help="What the rules would allocate now, in the company's currency.",
    )
    amount_left = fields.Monetary(
        string="Left",
        currency_field="company_currency_id",
        readonly=True,
        help="What the rules would leave open, in the company's currency.",
    )
    reason = fields.Selection(
        [(WOULD_BE_ALLOCATED, "A rule would allocate it"), *REASONS],
        readonly=True,
        help="Why the rules would leave it, or a part of it, outstanding.",
    )
    rule = fields.Selection(
        lambda self: self.env["account.credit.allocation.line"]._selection_rule(),
        readonly=True,
        help="The rule that would allocate it, or the first part of it.",
    )
    message = fields.Char(string="Details", readonly=True)

    # two openings at the same time end in a conflict, of which the later one is tried again, not in doubled rows
    _line_uniq = models.UniqueIndex("(line_id, create_uid)")

    @api.model
    def _open(self, search_default=None):
        """Take stock and show it.

        :param str search_default: name of a filter to start with
        :return: a window action
        """
        self._refresh()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_allocation.account_credit_allocation_unallocated_action"
        )
        return {**action, "context": {f"search_default_{search_default}": 1} if search_default else {}}

    def action_refresh(self):
        """Take stock anew of the companies that the user works in, whatever rows are selected.

        :return: a client action that shows it
        """
        self.browse().check_access("read")
        self._refresh()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_allocate_credits(self):
        """Spend the selected credits on the open invoices of their partners.

        :return: a client action that says what was done, what was left and why
        :raise UserError: the list is of another time
        """
        self._check_listed()
        notification = self.env["account.credit.allocation"]._allocate_documents(self.line_id.move_id)
        self._refresh()
        return notification

    def action_open_document(self):
        """Open the payment, credit note, bank transaction or entry that the credit is an item of.

        :raise UserError: the list is of another time
        """
        self.ensure_one()
        self._check_listed()
        return self.line_id.action_open_business_doc()

    def _check_listed(self):
        """:raise UserError: the user has taken stock anew since these rows were shown, perhaps in another window"""
        if self.exists() != self:
            raise UserError(self.env._("This list is out of date. Refresh it first."))

    @api.model
    def _refresh(self):
        """Replace the user's rows by the credits that are open now in the companies that the user works in.

        The ledger is read with the user's own rights. The rows themselves, which nobody may write, are written by one
        statement each way: there may be tens of thousands.
        """
        scope = AllocationScope(company_ids=tuple(self.env.companies.ids))
        plans = self.env["account.credit.allocation.planner"]._plan(scope)
        self.env.cr.execute(SQL("DELETE FROM %s WHERE create_uid = %s", SQL.identifier(self._table), self.env.uid))
        columns = self._get_columns()
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s ON CONFLICT DO NOTHING",
                SQL.identifier(self._table),
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(columns.values()),
                self._get_from_clause(self._list_planned(plans)),
            )
        )
        self.invalidate_model()

    @api.model
    def _list_planned(self, plans):
        """What the plans would do with each credit.

        :param list plans: :class:`GroupPlan` records
        :return: list of ``(journal item id, what is left in minor units, reason, rule or None, message)``
        """
        left = {leftover.item.id: leftover for _group, plan in plans for leftover in plan.credits_left}
        rules = {}
        for _group, plan in plans:
            for step in plan.matches:
                rules.setdefault(step.credit.id, step.rule)
        excluded = self.env["account.move.line"].browse(
            [item_id for item_id, leftover in left.items() if leftover.reason == EXCLUDED]
        )
        get_message = self.env["account.credit.allocation.leftover"]._get_message
        messages = {line.id: get_message(line, EXCLUDED) for line in excluded}
        return [
            (
                item_id,
                left[item_id].amount if item_id in left else 0,
                left[item_id].reason if item_id in left else WOULD_BE_ALLOCATED,
                rules.get(item_id),
                messages.get(item_id),
            )
            for item_id in sorted({*left, *rules})
        ]

    @api.model
    def _get_from_clause(self, planned):
        """The planned credits, joined to what the ledger knows of them."""
        item_ids, units, reasons, rules, messages = map(list, zip(*planned, strict=True)) if planned else ([],) * 5
        return SQL(
            """UNNEST(%s::integer[], %s::numeric[], %s::varchar[], %s::varchar[], %s::varchar[])
                    AS planned(line_id, units, reason, rule, message)
               JOIN account_move_line line ON line.id = planned.line_id
               JOIN account_move move ON move.id = line.move_id
               JOIN account_account account ON account.id = line.account_id
               JOIN res_currency currency ON currency.id = line.currency_id
               JOIN res_currency company_currency ON company_currency.id = line.company_currency_id
               LEFT JOIN res_partner contact ON contact.id = line.partner_id
               CROSS JOIN LATERAL (
                   SELECT planned.units / 10::numeric ^ currency.decimal_places AS left_currency,
                          %s - line.date AS age
               ) credit
               CROSS JOIN LATERAL (
                   SELECT ROUND(
                       ABS(line.amount_residual) * credit.left_currency / ABS(line.amount_residual_currency),
                       company_currency.decimal_places
                   ) AS left_company
               ) part""",
            item_ids,
            units,
            reasons,
            rules,
            messages,
            fields.Date.context_today(self),
        )

    @api.model
    def _get_columns(self):
        """``{column: SQL}`` over :meth:`_get_from_clause`."""
        now = self.env.cr.now()
        return {
            "create_uid": SQL("%s", self.env.uid),
            "create_date": SQL("%s", now),
            "write_uid": SQL("%s", self.env.uid),
            "write_date": SQL("%s", now),
            "line_id": SQL("line.id"),
            "label": SQL("move.name"),
            "company_id": SQL("line.company_id"),
            "partner_id": SQL("contact.commercial_partner_id"),
            "partner_type": SQL("CASE WHEN account.account_type = %s THEN 'customer' ELSE 'supplier' END", RECEIVABLE),
            "kind": SQL(
                """CASE WHEN move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL THEN 'payment'
                        WHEN move.move_type IN %s THEN 'credit_note'
                        ELSE 'entry' END""",
                REFUND_TYPES,
            ),
            "date": SQL("line.date"),
            "age": SQL("credit.age"),
            "age_bucket": SQL(
                """CASE WHEN credit.age < 0 THEN '0_future'
                        WHEN credit.age <= 30 THEN '1_month'
                        WHEN credit.age <= 60 THEN '2_months'
                        WHEN credit.age <= 90 THEN '3_months'
                        WHEN credit.age <= 180 THEN '4_half_year'
                        ELSE '5_older' END"""
            ),
            "currency_id": SQL("line.currency_id"),
            "amount_currency": SQL("ABS(line.amount_residual_currency)"),
            "amount_left_currency": SQL("credit.left_currency"),
            "company_currency_id": SQL("line.company_currency_id"),
            "amount": SQL("ABS(line.amount_residual)"),
            "amount_allocatable": SQL("ABS(line.amount_residual) - part.left_company"),
            "amount_left": SQL("part.left_company"),
            "reason": SQL("planned.reason"),
            "rule": SQL("planned.rule"),
            "message": SQL("planned.message"),
        }
