from odoo import Command, api, models
from odoo.exceptions import UserError

from ...matching.open_item import DEBT, Match, OpenItem
from .minor_units import from_minor_units, to_minor_units


class AllocationWriteOff(models.AbstractModel):
    """Small differences that the rule on tolerance writes off: an entry for each, reconciled with the item."""

    _name = "account.credit.allocation.write.off"
    _description = "Write-off of a Small Difference"

    @api.model
    def _book(self, write_offs, rule_ids=None):
        """Book and post one entry for each write-off: the rest of the item against the account of the rule.

        Called after the matches of the plan have been reconciled, so the rest is all that is open of the item. The
        entry takes over its amount in the company's currency, too: there is no gain or loss on exchange left to book.

        :param list write_offs: :class:`WriteOff` records
        :param rule_ids: see :class:`AllocationScope`
        :return: list of ``(match, entry)``: the :class:`Match` that is still to be reconciled, the posted
            ``account.move``
        :raise UserError: the account or journal is missing, or the rule does not allow it any more
        """
        self._check_tolerance(write_offs, rule_ids)
        lines = self.env["account.move.line"].browse([write_off.item.id for write_off in write_offs])
        entries = self.env["account.move"].create([self._prepare_entry_vals(line) for line in lines])
        entries.with_context(skip_credit_allocation=True).action_post()
        return [
            (self._get_match(write_off, line, entry), entry)
            for write_off, line, entry in zip(write_offs, lines, entries, strict=True)
        ]

    @api.model
    def _check_tolerance(self, write_offs, rule_ids=None):
        """A preview may be older than the tolerance that the company has now. One that is switched off may be chosen by
        those who may switch it on.

        :raise UserError: more than that is to be written off
        """
        Rule = self.env["account.credit.allocation.rule"]
        roots = self.env["res.company"].sudo().browse({write_off.item.group.company for write_off in write_offs})
        if rule_ids is not None and not Rule.has_access("write"):
            rule_ids = Rule.sudo().browse(rule_ids).filtered("enabled").ids
        tolerances = {root.id: Rule._get_matching_options(root, rule_ids).tolerance for root in roots}
        for item, amount, _rule, _evidence in write_offs:
            tolerance = tolerances[item.group.company]
            if tolerance and amount <= tolerance.largest_difference(item, item.residual):
                continue
            line = self.env["account.move.line"].browse(item.id)
            raise UserError(
                self.env._(
                    "To write off %(amount)s of %(document)s is more than the rule Tolerance allows now.",
                    amount=line.currency_id.format(from_minor_units(line.currency_id, amount)),
                    document=line.move_id.name,
                )
            )

    @api.model
    def _prepare_entry_vals(self, line):
        """Values of the entry that writes off all that is open of ``line``: a hook for other accounts or analytics."""
        rule = self.env["account.credit.allocation.rule"]._get_tolerance_rule(line.company_id)
        if not rule.write_off_account_id or not rule.write_off_journal_id:
            raise UserError(self.env._("The rule Tolerance has no account or no journal to write differences off."))
        label = self.env._("Small difference on %s", line.move_id.name)
        common = {"currency_id": line.currency_id.id, "partner_id": line.partner_id.id, "name": label}
        return {
            "move_type": "entry",
            "company_id": line.company_id.id,
            "journal_id": rule.write_off_journal_id.id,
            "date": line.company_id.with_env(self.env)._credit_allocation_today(),
            "ref": label,
            "line_ids": [
                Command.create(
                    {
                        **common,
                        "account_id": line.account_id.id,
                        "balance": -line.amount_residual,
                        "amount_currency": -line.amount_residual_currency,
                    }
                ),
                Command.create(
                    {
                        **common,
                        "account_id": rule.write_off_account_id.id,
                        "balance": line.amount_residual,
                        "amount_currency": line.amount_residual_currency,
                    }
                ),
            ],
        }

    @api.model
    def _get_match(self, write_off, line, entry):
        """The match of the item ``line`` with the line of ``entry`` that writes it off."""
        item = write_off.item
        counterpart = entry.line_ids.filtered(lambda other: other.account_id == line.account_id)
        entry_item = OpenItem(
            id=counterpart.id,
            document=entry.id,
            group=item.group,
            currency=item.currency,
            residual=to_minor_units(counterpart.currency_id, abs(counterpart.amount_residual_currency)),
            date=counterpart.date,
            due_date=counterpart.date,
            document_date=counterpart.date,
        )
        debt, credit = (item, entry_item) if line._get_open_item_side() == DEBT else (entry_item, item)
        return Match(debt, credit, write_off.amount, write_off.amount, write_off.rule, write_off.evidence)
