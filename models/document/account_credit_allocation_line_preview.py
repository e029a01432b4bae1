from collections import defaultdict

from odoo import api, models

from ...matching.open_item import DEBT, AllocationPlan, Cap, Evidence, Match, WriteOff
from ..engine.minor_units import from_minor_units, to_minor_units


class AccountCreditAllocationLinePreview(models.AbstractModel):
    """The lines of a preview: written from a plan, and turned into that plan again when it is applied."""

    _name = "account.credit.allocation.line.preview"
    _description = "Line of a Preview"

    @api.model
    def _list_planned_vals(self, plan):
        """``(company, values)`` of the lines that show a plan: first its matches, then its write-offs.

        :param AllocationPlan plan: amounts in minor units
        :return: list of pairs; the company is the one whose document shows the line
        """
        MoveLine = self.env["account.move.line"]
        planned = []
        for match, residual_vals in zip(plan.matches, self._list_residual_vals(plan.matches), strict=True):
            debt = MoveLine.browse(match.debt.id)
            vals = {**self._prepare_match_vals(match), **residual_vals}
            planned.append((debt.company_id, {**vals, "amount": self._estimate_amount(debt, vals["debt_amount"])}))
        for write_off in plan.write_offs:
            line = MoveLine.browse(write_off.item.id)
            planned.append((line.company_id, self._prepare_planned_write_off_vals(write_off, line)))
        return planned

    @api.model
    def _prepare_planned_write_off_vals(self, write_off, line):
        """Values of the line that announces a write-off; the side of the entry that will be booked stays empty.

        :param WriteOff write_off: amount in minor units of the currency of ``line``
        :param line: the journal item of which the amount is written off
        """
        side = line._get_open_item_side()
        amount = from_minor_units(line.currency_id, write_off.amount)
        return {
            "partner_id": write_off.item.group.partner,
            "account_id": write_off.item.group.account,
            f"{side}_line_id": line.id,
            f"{side}_move_id": line.move_id.id,
            f"{side}_label": line.move_id.name,
            f"{side}_currency_id": line.currency_id.id,
            f"{side}_amount": amount,
            f"{side}_residual_before": amount,
            f"{side}_residual_after": 0,
            "amount": self._estimate_amount(line, amount),
            "is_write_off": True,
            "rule": write_off.rule,
            "evidence": self._get_evidence_text(write_off.evidence),
        }

    @api.model
    def _estimate_amount(self, line, amount):
        """What ``amount`` of a journal item, positive and in its currency, is worth in the company's currency at the
        rate at which the item itself is booked."""
        if not line.amount_residual_currency:
            return 0.0
        share = amount / abs(line.amount_residual_currency)
        return line.company_currency_id.round(abs(line.amount_residual) * share)

    def _get_sides(self):
        """``(side, journal item)`` of a line; a planned write-off has one side only."""
        self.ensure_one()
        return [(side, self[f"{side}_line_id"]) for side in ("debt", "credit") if self[f"{side}_label"]]

    def _get_units(self, name):
        """The amount ``debt_…`` or ``credit_…`` in minor units of the currency of its side."""
        return to_minor_units(self[f"{name.split('_')[0]}_currency_id"], self[name])

    def _find_changes(self, group, items):
        """What of the books is not as the lines, one after the other, need it.

        :param Group group: company, account and partner of the lines
        :param dict items: ``{(side, journal item id): OpenItem}`` as they are now
        :return: list of sentences, empty if nothing has changed
        """
        recheck = self.env["account.open.item.recheck"]
        changes = {}
        settled = dict.fromkeys(self.debt_line_id | self.credit_line_id, 0)
        for line in self:
            for side, item in line._get_sides():
                residual = line._get_units(f"{side}_residual_before") + settled.get(item, 0)
                change = recheck._find_change(item, line[f"{side}_label"], items.get((side, item.id)), group, residual)
                if change:
                    changes.setdefault(item, change)
                elif item:
                    settled[item] += line._get_units(f"{side}_amount")
        return list(changes.values())

    def _count_settled(self):
        """``{journal item: what these lines settle of it}``, in minor units of its currency."""
        settled = defaultdict(int)
        for line in self:
            for side, item in line._get_sides():
                settled[item] += line._get_units(f"{side}_amount")
        return settled

    def _rebuild_plan(self, items):
        """The plan that the lines show, with the items as they are now.

        :param dict items: see :meth:`_find_changes`
        :return: :class:`AllocationPlan` without leftovers
        """
        matches, write_offs = [], []
        for line in self:
            sides = {side: items[side, item.id] for side, item in line._get_sides()}
            evidence = Evidence(line.evidence or "")  # what is no code stays as it is written
            if len(sides) == 1:
                [(side, item)] = sides.items()
                write_offs.append(WriteOff(item, line._get_units(f"{side}_amount"), line.rule, evidence))
                continue
            amount = line._get_units("debt_amount")
            capped = line.debt_residual_after and line.credit_residual_after
            matches.append(
                Match(
                    sides["debt"],
                    sides["credit"],
                    amount,
                    line._get_units("credit_amount"),
                    line.rule,
                    evidence,
                    Cap(DEBT, amount) if capped else None,
                )
            )
        return AllocationPlan(tuple(matches), (), (), tuple(write_offs))

    def _map_planned(self):
        """``{(debt item id, credit item id): lines}`` of a preview; of a write-off ``{id of the item that it closes:
        lines}``."""
        planned = defaultdict(self.browse)
        for line in self:
            ids = tuple(item.id for _side, item in line._get_sides())
            planned[ids if len(ids) > 1 else ids[0]] |= line
        return planned
