from collections import defaultdict

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import formatLang

from ..matching.open_item import NO_COUNTERPART
from .minor_units import from_minor_units
from .open_item_reader import PAYABLE, RECEIVABLE, AllocationScope

ORIGINS = [
    ("on_post", "On posting"),
    ("bulk", "Bulk action"),
    ("wizard", "Wizard"),
    ("run", "Run"),
]


class AccountCreditAllocation(models.Model):
    """What was allocated together, by whom and why: the numbered document behind the partial reconciliations.

    Its lines are pairs of one debt and one credit. Documents are written by the allocation executor alone, in the
    transaction that makes the partials; users read them.
    """

    _name = "account.credit.allocation"
    _description = "Credit Allocation"
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, index="trigram", default="/")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    date = fields.Date(required=True, readonly=True, index=True, default=fields.Date.context_today)
    user_id = fields.Many2one(
        "res.users",
        string="Allocated by",
        readonly=True,
        ondelete="set null",
        help="OdooBot where a customer's own action, such as a payment in the portal, led to it.",
    )
    origin = fields.Selection(
        ORIGINS, required=True, readonly=True, help="What started the allocation: a posting, an action or a run."
    )
    state = fields.Selection(
        [("draft", "Preview"), ("done", "Done"), ("undone", "Undone")], required=True, readonly=True, default="draft"
    )
    line_ids = fields.One2many("account.credit.allocation.line", "allocation_id", string="Allocations", readonly=True)
    leftover_ids = fields.One2many(
        "account.credit.allocation.leftover", "allocation_id", string="Not Allocated", readonly=True
    )
    amount_total = fields.Monetary(
        string="Allocated", currency_field="company_currency_id", readonly=True, help="Sum of the lines."
    )
    credit_count = fields.Integer(string="Credits", readonly=True)
    debt_count = fields.Integer(string="Invoices", readonly=True)

    _name_uniq = models.UniqueIndex(
        "(company_id, name) WHERE name != '/'", "The number of a credit allocation must be unique in its company."
    )

    # ------------------------------------------------------------------------------------------------------------------
    # Writing the document
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _create_done(self, outcome, origin):
        """Record what was executed: one document for each company that owned a debt, and a note on every invoice,
        credit note and payment.

        Written as superuser: nobody may write an allocation that did not happen.

        :param AllocationOutcome outcome: what was executed and what was left
        :param str origin: see ``origin``
        :return: the documents, in the rights of the current user; none when nothing was executed
        """
        by_company = defaultdict(list)
        for executed in outcome.executed:
            line = self.env["account.move.line"].browse(executed.match.debt.id)
            by_company[line.company_id].append(executed)
        documents = self.sudo().create(
            [self._prepare_done_vals(company, executed, origin) for company, executed in by_company.items()]
        )
        documents._add_leftovers(outcome)
        documents._log_on_documents()
        return documents.sudo(self.env.su)

    @api.model
    def _prepare_done_vals(self, company, executed, origin):
        date = fields.Date.context_today(self)
        Line = self.env["account.credit.allocation.line"]
        return {
            "name": company._next_credit_allocation_number(date),
            "company_id": company.id,
            "date": date,
            "user_id": self.env.uid if self.env.user._is_internal() else SUPERUSER_ID,
            "origin": origin,
            "state": "done",
            "amount_total": sum(entry.partial.amount for entry in executed),
            "credit_count": len({entry.match.credit.id for entry in executed}),
            "debt_count": len({entry.match.debt.document for entry in executed}),
            "line_ids": [fields.Command.create(Line._prepare_allocation_vals(entry)) for entry in executed],
        }

    def _add_leftovers(self, outcome):
        """List what was left on the document of its company: every credit, and the debts that a credit came near to.

        Invoices that simply have no credit are no news.
        """
        documents = {document.company_id: document for document in self}
        debts = [left for left in outcome.debts_left if left.leftover.reason != NO_COUNTERPART]
        vals_list = []
        Leftover = self.env["account.credit.allocation.leftover"].sudo()
        for side, entries in (("credit", outcome.credits_left), ("debt", debts)):
            for left in entries:
                line = self.env["account.move.line"].sudo().browse(left.leftover.item.id)
                if document := documents.get(line.company_id):
                    vals_list.append(Leftover._prepare_leftover_vals(document, line, side, left))
        Leftover.create(vals_list)

    def _log_on_documents(self):
        """Say on every invoice, credit note and payment what was allocated, and why, with a link to the document."""
        bodies = defaultdict(Markup)
        for line in self.line_ids:
            bodies[line.debt_move_id] += line._get_chatter_message("debt")
            bodies[line.credit_move_id] += line._get_chatter_message("credit")
        self.env["account.move"]._log_credit_allocation(bodies)

    # ------------------------------------------------------------------------------------------------------------------
    # Actions: which items, and what to say at the end
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _allocate_documents(self, moves, without_entry=0):
        """Allocate the credits of the partners of these entries.

        Of a partner with selected invoices only those are settled; of a partner with selected payments or credit notes
        only those are spent.

        :param moves: ``account.move`` records of any kind
        :param int without_entry: how many payments were selected that have no journal entry
        :return: a client action that shows the result
        """
        self._check_may_allocate()
        lines = moves.line_ids.filtered(
            lambda line: line.parent_state == "posted"
            and line.account_type in (RECEIVABLE, PAYABLE)
            and not line.reconciled
        )
        scope = AllocationScope(
            company_ids=tuple(self.env.companies.ids),
            account_types=tuple(set(lines.mapped("account_type"))),
            partner_ids=tuple({line.partner_id.commercial_partner_id.id or 0 for line in lines}),
            documents=frozenset(lines.move_id.ids),
        )
        outcome = self.env["account.credit.allocation.executor"]._allocate(scope, "bulk")
        return self._get_notification(outcome, without_entry, name_debts=True)

    @api.model
    def _allocate_partners(self, partners):
        """Allocate everything these partners have outstanding, as customers and as vendors.

        :return: a client action that shows the result
        """
        self._check_may_allocate()
        scope = AllocationScope(
            company_ids=tuple(self.env.companies.ids), partner_ids=tuple(partners.commercial_partner_id.ids)
        )
        return self._get_notification(self.env["account.credit.allocation.executor"]._allocate(scope, "bulk"))

    @api.model
    def _check_may_allocate(self):
        """:raise AccessError: the user may not reconcile"""
        self.env["account.partial.reconcile"].check_access("create")

    def _get_open_action(self):
        """The form of the document, or the list where there are several."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_credit_allocation.account_credit_allocation_action"
        )
        action["context"] = {"create": False}
        if len(self) == 1:
            return {**action, "res_id": self.id, "view_mode": "form", "views": [(False, "form")]}
        return {**action, "domain": [("id", "in", self.ids)]}

    @api.model
    def _get_notification(self, outcome, without_entry=0, *, name_debts=False):
        """Say in words what an allocation did.

        :param AllocationOutcome outcome: what was done and what was left
        :param int without_entry: number of selected payments that have no journal entry
        :param bool name_debts: whether also to count the invoices for which there simply is no credit
        :return: a client action that shows the message and then refreshes the view
        """
        documents = outcome.documents
        sentences = []
        if documents:
            title = self.env._("Outstanding credits allocated")
            totals = ", ".join(
                formatLang(self.env, sum(group.mapped("amount_total")), currency_obj=currency)
                for currency, group in documents.grouped("company_currency_id").items()
            )
            sentences.append(
                self.env._(
                    "Credits: %(credits)s. Invoices: %(debts)s. Total: %(totals)s.",
                    credits=sum(documents.mapped("credit_count")),
                    debts=sum(documents.mapped("debt_count")),
                    totals=totals,
                )
            )
        else:
            title = self.env._("Nothing to allocate")
            if not outcome.credits_left:
                sentences.append(self.env._("There is no outstanding credit for these documents."))
        debts = [left for left in outcome.debts_left if name_debts or left.leftover.reason != NO_COUNTERPART]
        if outcome.credits_left:
            sentences.append(self.env._("Credits left: %s.", self._summarize(outcome.credits_left)))
        if debts:
            sentences.append(self.env._("Invoices left: %s.", self._summarize(debts)))
        if without_entry:
            sentences.append(self.env._("Payments without journal entry: %s.", without_entry))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": self._add_link_places(" ".join(sentences), len(documents)),
                "type": "success" if documents else "info",
                "sticky": bool(outcome.credits_left or debts or documents),
                "links": [
                    {
                        "label": document.name,
                        "url": f"/odoo/action-account_credit_allocation.account_credit_allocation_action/{document.id}",
                    }
                    for document in documents
                ],
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _add_link_places(self, message, count):
        """The browser fills one %s for each link, and reads %% as a percent sign only where there is a link."""
        return message.replace("%", "%%") + " %s" * count if count else message

    @api.model
    def _summarize(self, entries):
        """Leftovers by reason: how many and how much in each currency, in one line.

        :param list entries: :class:`Left` records
        """
        labels = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        totals = defaultdict(lambda: defaultdict(list))
        for left in entries:
            totals[left.leftover.reason][left.leftover.item.currency].append(left.leftover.amount)
        phrases = []
        for reason, amounts_by_currency in totals.items():
            amounts = ", ".join(
                formatLang(self.env, from_minor_units(currency, sum(amounts)), currency_obj=currency)
                for currency_id, amounts in amounts_by_currency.items()
                for currency in self.env["res.currency"].browse(currency_id)
            )
            count = sum(map(len, amounts_by_currency.values()))
            phrases.append(f"{count} × {labels[reason]} ({amounts})")
        return "; ".join(phrases)
