from odoo.exceptions import UserError

from odoo.addons.account_credit_allocation.matching.open_item import CREDIT, Cap, Evidence, Match
from odoo.addons.account_credit_allocation.models.engine.minor_units import from_minor_units, to_minor_units


class CreditPlan:
    """Chosen pairs of one customer's items, in the order in which they are to be settled. Nothing is written.

    What is open of an item here is what the pairs before leave of it.
    """

    def __init__(self, items, exchange, evidence):
        """
        :param dict items: ``{journal item id: OpenItem}``
        :param exchange: of these items, see ``account.credit.allocation.planner._get_exchange``
        :param str evidence: code of the reason, see ``account.credit.allocation.line._get_evidence_text``
        """
        self.matches = []
        self._items, self._exchange, self._evidence = items, exchange, Evidence(evidence)
        self._open = {item.id: item.residual for item in items.values()}

    def get_open(self, line):
        """What is open of a journal item; positive, in its currency."""
        return from_minor_units(line.currency_id, self._open[line.id])

    def settle(self, debit, credit, amount=None):
        """Settle a debit item with a credit item.

        :param amount: positive, in the credit's currency; None for as much as is open of both
        :return: what is settled of the credit, in its currency
        :raise UserError: one of them is settled already
        """
        debt, paid = self._items[debit.id], self._items[credit.id]
        cap = None if amount is None else Cap(CREDIT, to_minor_units(credit.currency_id, amount))
        settled = self._exchange.settle(debt, paid, cap)
        if not settled:
            raise UserError(debit.env._("%s is settled already. Nothing was changed.", debit.move_id.name))
        if cap and settled[1] < cap.amount:
            cap = None  # there is less: one of the two is settled in full
        for item, part in zip((debt, paid), settled, strict=True):
            self._open[item.id] -= part
        self.matches.append(Match(debt, paid, *settled, "credit", self._evidence, cap))
        return from_minor_units(credit.currency_id, settled[1])
