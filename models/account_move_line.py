from odoo import api, models

from ..matching.open_item import Group

# what _reconcile_pairs adds to the context
OWN_CONTEXT = {"skip_invoice_sync", "skip_credit_allocation", "credit_allocation_exchange_log"}


class ExchangeLog:
    """Which pair every exchange entry of one plan came from, filled while the plan is executed.

    It travels in the context. An object is equal to itself only, a dictionary would be equal to that of another plan,
    and Odoo hands out an existing environment again where the contexts are equal.
    """

    def __init__(self):
        self.moves = {}  # (debit item id, credit item id) -> account.move


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_open_item_group(self):
        """The :class:`Group` of items that this receivable or payable item may be reconciled with."""
        self.ensure_one()
        return Group(self.company_id.root_id.id, self.account_id.id, self.partner_id.commercial_partner_id.id or 0)

    # Native reconciliation hangs an exchange entry on the first partial that shares a line with it. Where several
    # partials share a line that can be the wrong one, and undoing one allocation would then reverse the gain or loss
    # of another. The overrides of native methods below remember which pair every exchange entry came from, and
    # _reconcile_pairs corrects the link afterwards.

    @api.model
    def _reconcile_pairs(self, pairs):
        """Reconcile each debit and credit item natively, in this order, each as far as their residuals allow.

        :param list pairs: ``(debit item, credit item)``, two records each; an item may stand in several pairs
        :return: the new ``account.partial.reconcile`` records; each holds the exchange entry of its own pair
        """
        Partial = self.env["account.partial.reconcile"]
        newest = Partial.sudo().search([], order="id desc", limit=1).id or 0
        log = ExchangeLog()
        # none of the invoices' lines changes, so there are no dynamic lines to synchronise (core does the same)
        self.with_context(
            skip_invoice_sync=True, skip_credit_allocation=True, credit_allocation_exchange_log=log
        )._reconcile_plan([debit + credit for debit, credit in pairs])
        self.env.flush_all()
        partials = Partial.search(
            [
                ("id", ">", newest),
                ("debit_move_id", "in", [debit.id for debit, _credit in pairs]),
                ("credit_move_id", "in", [credit.id for _debit, credit in pairs]),
            ],
            order="id",
        )
        for partial in partials:
            pair = (partial.debit_move_id.id, partial.credit_move_id.id)
            exchange_move = log.moves.get(pair, self.env["account.move"]).with_env(self.env)
            if partial.exchange_move_id != exchange_move:
                partial.exchange_move_id = exchange_move
        return partials

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        results = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        if results.get("exchange_values") and self.env.context.get("credit_allocation_exchange_log"):
            results["exchange_values"]["credit_allocation_pair"] = (debit_values["aml"].id, credit_values["aml"].id)
        return results

    def _reconcile_post_hook(self, data):
        """What an invoice does when it gets paid is not part of the reconciliation: it sees the context as it was."""
        if self.env.context.get("credit_allocation_exchange_log"):
            context = {key: value for key, value in self.env.context.items() if key not in OWN_CONTEXT}
            env = self.env(context=context)
            data = {key: moves.with_env(env) for key, moves in data.items()}
        return super()._reconcile_post_hook(data)

    @api.model
    def _create_exchange_difference_moves(self, exchange_diff_values_list):
        moves = super()._create_exchange_difference_moves(exchange_diff_values_list)
        if log := self.env.context.get("credit_allocation_exchange_log"):
            for move, values in zip(moves, exchange_diff_values_list, strict=True):
                if pair := values.get("credit_allocation_pair"):
                    log.moves[pair] = move
        return moves
