from odoo import api, models

from ...matching.open_item import OpenItem
from .minor_units import from_minor_units, to_minor_units
from .open_item_reader import AllocationScope


class OpenItemRecheck(models.AbstractModel):
    """Reading again what somebody looked at before: whether it is still so, and if not, what has changed."""

    _name = "account.open.item.recheck"
    _description = "Open Item Recheck"

    @api.model
    def _read_items(self, partners):
        """All that these commercial partners have open now, as far as the user sees it in the selected companies.

        :return: ``{(side, journal item id): OpenItem}``
        """
        debts, credits = self.env["account.open.item.reader"]._read_open_items(
            AllocationScope(company_ids=tuple(self.env.companies.ids), partner_ids=tuple(partners.ids))
        )
        return {(side, item.id): item for side, items in (("debt", debts), ("credit", credits)) for item in items}

    @api.model
    def _find_change(self, line, label, item, group, residual):
        """Compare an item as it was seen with what it is now.

        :param line: the journal item, empty when it was deleted
        :param str label: the number of its document then
        :param item: the :class:`OpenItem` it is now, None when it is no open item of its side any more
        :param Group group: company, account and partner then
        :param int residual: what was open of it then, in minor units
        :return: a sentence that says what has changed, None if nothing has
        """
        if not line:
            return self.env._("%s was deleted.", label)
        if item is None or item.group != group:
            return self._find_reason_not_open(line, label, group)
        if item.blocked:
            reasons = self.env["account.credit.allocation.leftover"]._get_reason_labels()
            return f"{label}: {reasons[item.blocked]}."
        if item.residual != residual:
            now, then = (
                line.currency_id.format(from_minor_units(line.currency_id, units))
                for units in (item.residual, residual)
            )
            return self.env._(
                "Of %(document)s %(now)s is open now instead of %(then)s.", document=label, now=now, then=then
            )
        return None

    @api.model
    def _find_reason_not_open(self, line, label, group):
        """Why an item cannot be found among the open items of its group; looks into all companies."""
        line = line.sudo()
        if line.parent_state != "posted":
            return self.env._("%s is not posted any more.", label)
        if line.company_id not in self.env.companies:
            return self.env._(
                "%(document)s belongs to %(company)s, which is not among the selected companies.",
                document=label,
                company=line.company_id.name,
            )
        if line.reconciled:
            return self.env._("%s has been settled meanwhile.", label)
        if line._get_open_item_group() != group:
            return self.env._("%s has another partner or account now.", label)
        return self.env._("%s cannot be allocated any more.", label)

    @api.model
    def _prepare_bare_item(self, line):
        """The journal item as an :class:`OpenItem` to be listed, whatever its state; not one to be planned with."""
        line = line.sudo()
        return OpenItem(
            id=line.id,
            document=line.move_id.id,
            group=line._get_open_item_group(),
            currency=line.currency_id.id,
            residual=to_minor_units(line.currency_id, abs(line.amount_residual_currency)),
            date=line.date,
            due_date=line.date_maturity or line.date,
            document_date=line.move_id.invoice_date or line.date,
        )
