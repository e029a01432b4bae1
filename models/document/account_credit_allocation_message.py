from collections import defaultdict

from odoo import api, models

from ...matching.open_item import NO_COUNTERPART
from ..engine.minor_units import from_minor_units


class AccountCreditAllocationMessage(models.AbstractModel):
    """What people are told at the end of an allocation, with the same figures as on the documents."""

    _name = "account.credit.allocation.message"
    _description = "Message about a Credit Allocation"

    @api.model
    def _get_notification(self, outcome, without_entry=0, *, name_debts=False, notes=()):
        """Say in words what an allocation did.

        :param AllocationOutcome outcome: what was done and what was left
        :param int without_entry: number of selected payments that have no journal entry
        :param bool name_debts: whether also to count the invoices for which there simply is no credit
        :param notes: further sentences
        :return: a client action that shows the message and then refreshes the view
        """
        documents = outcome.documents.filtered(lambda document: document.state == "done")
        sentences = []
        if documents:
            title = self.env._("Outstanding credits allocated")
            pairs = documents._get_pairs()
            sentences.append(
                self.env._(
                    "Credits: %(credits)s. Invoices: %(debts)s. Total: %(totals)s.",
                    credits=len(pairs.credit_move_id),
                    debts=len(pairs.debt_move_id),
                    totals=documents._format_sum("amount_total"),
                )
            )
            if any(documents.mapped("amount_written_off")):
                sentences.append(self.env._("Written off: %s.", documents._format_sum("amount_written_off")))
        else:
            title = self.env._("Nothing to allocate")
            if not outcome.credits_left:
                sentences.append(self.env._("There is no outstanding credit for these documents."))
        debts = [left for left in outcome.debts_left if name_debts or left.reason != NO_COUNTERPART]
        if outcome.credits_left:
            sentences.append(self.env._("Credits left: %s.", self._summarize(outcome.credits_left)))
        if debts:
            sentences.append(self.env._("Invoices left: %s.", self._summarize(debts)))
        if without_entry:
            sentences.append(self.env._("Payments without journal entry: %s.", without_entry))
        sentences += notes
        if outcome.documents.suggestion_ids:
            sentences.append(self.env._("For some there are several possibilities; open the document and choose:"))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": self._add_link_places(" ".join(sentences), len(outcome.documents)),
                "type": "success" if documents else "info",
                "sticky": bool(outcome.credits_left or debts or outcome.documents),
                "links": [
                    {
                        "label": document.display_name,
                        "url": f"/odoo/action-account_credit_allocation.account_credit_allocation_action/{document.id}",
                    }
                    for document in outcome.documents
                ],
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _format_sum(self, name):
        """The sum of an amount in the companies' currencies, in words."""
        by_currency = self.grouped("company_currency_id").items()
        return ", ".join(currency.format(sum(group.mapped(name))) for currency, group in by_currency)

    @api.model
    def _add_link_places(self, message, count):
        """The browser fills one %s for each link, and reads %% as a percent sign only where there is a link."""
        return message.replace("%", "%%") + " %s" * count if count else message

    @api.model
    def _summarize(self, entries):
        """Leftovers by reason: how many documents and how much in each currency, in one line.

        :param list entries: :class:`Leftover` records
        """
        labels = self.env["account.credit.allocation.leftover"]._get_reason_labels()
        totals, documents = defaultdict(lambda: defaultdict(list)), defaultdict(set)
        for left in entries:
            totals[left.reason][left.item.currency].append(left.amount)
            documents[left.reason].add(left.item.document)
        phrases = []
        for reason, amounts_by_currency in totals.items():
            amounts = ", ".join(
                currency.format(from_minor_units(currency, sum(amounts)))
                for currency_id, amounts in amounts_by_currency.items()
                for currency in self.env["res.currency"].browse(currency_id)
            )
            phrases.append(f"{len(documents[reason])} × {labels[reason]} ({amounts})")
        return "; ".join(phrases)
