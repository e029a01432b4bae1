from typing import NamedTuple

from odoo import Command, api, models

from ..matching.open_item import CREDIT, DEBT, Group
from .engine.minor_units import from_minor_units


class Pair(NamedTuple):
    """A debit and a credit item to be reconciled, one ``account.move.line`` record each.

    ``capped``: the one of the two of which exactly ``amount`` (positive, in its currency) is settled; None to settle as
    much as is open on both.
    """

    debit: models.BaseModel
    credit: models.BaseModel
    capped: models.BaseModel | None = None
    amount: float = 0.0


def make_pair(lines, debt_is_debit, cap=None):
    """
    :param dict lines: ``{DEBT: account.move.line, CREDIT: account.move.line}``
    :param bool debt_is_debit: whether the debt is the debit, as it is for customers
    :param Cap cap: in minor units, None to settle as much as is open on both
    :return: :class:`Pair`
    """
    pair = Pair(lines[DEBT], lines[CREDIT]) if debt_is_debit else Pair(lines[CREDIT], lines[DEBT])
    if not cap:
        return pair
    line = lines[cap.side]
    return pair._replace(capped=line, amount=from_minor_units(line.currency_id, cap.amount))


class PairsInProgress:
    """What the overrides of native methods must know of the pairs of one call, and what they find out.

    It travels in the context. An object is equal to itself only; a dictionary would be equal to that of another call,
    and Odoo hands out an existing environment again where the contexts are equal.
    """

    def __init__(self, pairs, outer_context=None):
        self.outer_context = outer_context or {}  # without what is only meant for the reconciliation
        # (debit item id, credit item id) -> (id of the capped item, amount)
        self.caps = {(pair.debit.id, pair.credit.id): (pair.capped.id, pair.amount) for pair in pairs if pair.capped}
        self.exchange_moves = {}  # (debit item id, credit item id) -> account.move


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # whether a partner has anything open on the other side is asked at every posting, whatever is open on this side
    _open_debits_idx = models.Index(
        "(account_id, partner_id) WHERE reconciled IS NOT TRUE AND amount_residual_currency > 0"
    )
    _open_credits_idx = models.Index(
        "(account_id, partner_id) WHERE reconciled IS NOT TRUE AND amount_residual_currency < 0"
    )

    def _get_open_item_group(self):
        """The :class:`Group` of items that this receivable or payable item may be reconciled with."""
        self.ensure_one()
        return Group(self.company_id.root_id.id, self.account_id.id, self.partner_id.commercial_partner_id.id or 0)

    def _get_open_item_side(self):
        """Whether this open receivable or payable item is a debt or a credit, by the sign of what is open of it."""
        self.ensure_one()
        is_debit = (self.amount_residual_currency or self.amount_residual) > 0
        return DEBT if is_debit == (self.account_type == "asset_receivable") else CREDIT

    def _get_open_item_label(self):
        """The number of the document, and of an invoice in instalments which one of how many this item is."""
        self.ensure_one()
        name = self.move_id.name
        if not self.move_id.is_invoice(include_receipts=True):
            return name
        instalments = self.move_id.line_ids.filtered(lambda line: line.account_id == self.account_id)
        if len(instalments) == 1:
            return name
        position = instalments.sorted(lambda line: (line.date_maturity or line.date, line.id)).ids.index(self.id)
        return f"{name} ({position + 1}/{len(instalments)})"

    def _has_open_counterpart(self):
        """Whether the partner has anything open, on this account and in the companies at work, on the other side."""
        self.ensure_one()
        is_debit = (self.amount_residual_currency or self.amount_residual) > 0
        return bool(
            self.search_count(
                [
                    ("account_id", "=", self.account_id.id),
                    ("partner_id.commercial_partner_id", "=", self.partner_id.commercial_partner_id.id),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("company_id", "in", self.env.companies.ids),
                    ("amount_residual_currency", "<" if is_debit else ">", 0),
                ],
                limit=1,
            )
        )

    @api.model
    def _reconcile_pairs(self, pairs, quiet=False):
        """Reconcile each debit and credit item natively, in this order, each as far as their residuals and caps allow.

        :param list pairs: :class:`Pair` records; an item may stand in several pairs, a pair only once
        :param bool quiet: no messages in the chatter that the payment status has changed
        :return: the new ``account.partial.reconcile`` records; each holds the exchange entry of its own pair
        """
        Partial = self.env["account.partial.reconcile"]
        newest = Partial.sudo().search([], order="id desc", limit=1).id or 0
        in_progress = PairsInProgress(pairs, self.env.context)
        # none of the invoices' lines changes, so there are no dynamic lines to synchronise (core does the same)
        lines = self.with_context(
            skip_invoice_sync=True, skip_credit_allocation=True, credit_allocation_pairs=in_progress
        )
        if quiet:
            self.env.flush_all()  # what others have changed is not silenced
            # not tracking_disable: that would also leave the followers of exchange entries out
            lines = lines.with_context(mail_notrack=True)
        for call in self._split_by_cash_basis(pairs):
            lines._reconcile_plan([pair.debit + pair.credit for pair in call])
        (lines if quiet else self).env.flush_all()  # the environment of a flush decides whether changes are tracked
        partials = Partial.search(
            [
                ("id", ">", newest),
                ("debit_move_id", "in", [pair.debit.id for pair in pairs]),
                ("credit_move_id", "in", [pair.credit.id for pair in pairs]),
            ],
            order="id",
        )
        # Native reconciliation hangs an exchange entry on the first partial that shares a line with it. Where several
        # partials share a line that can be the wrong one, and undoing one allocation would then reverse the gain or
        # loss of another.
        for partial in partials:
            pair = (partial.debit_move_id.id, partial.credit_move_id.id)
            exchange_move = in_progress.exchange_moves.get(pair, self.env["account.move"]).with_env(self.env)
            if partial.exchange_move_id != exchange_move:
                partial.exchange_move_id = exchange_move
        partials.flush_recordset(["exchange_move_id"])  # as this user; a savepoint would flush as whoever comes first
        return partials

    @api.model
    def _split_by_cash_basis(self, pairs):
        """Part the pairs into native calls, so that a document with cash basis taxes is paid once in each.

        In a plan that pays it in full with several leaves, native reconciliation takes the partial of every leaf for
        the last one, and so lets the first payment make all of the tax due.

        :return: list of lists of pairs, in their order
        """
        moves = self.browse(line.id for pair in pairs for line in pair[:2]).move_id
        on_payment = moves.filtered(lambda move: move._has_cash_basis_taxes())
        if not on_payment:
            return [pairs]
        calls, paid = [[]], set()
        for pair in pairs:
            pays = on_payment & (pair.debit + pair.credit).move_id
            if not paid.isdisjoint(pays):
                calls.append([])
                paid.clear()
            calls[-1].append(pair)
            paid.update(pays)
        return calls

    @api.model
    def _get_pairs_in_progress(self):
        """The :class:`PairsInProgress` of the call at work, else None: whatever a client sends under this name."""
        in_progress = self.env.context.get("credit_allocation_pairs")
        return in_progress if isinstance(in_progress, PairsInProgress) else None

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        in_progress = self._get_pairs_in_progress()
        if not in_progress:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
        pair = (debit_values["aml"].id, credit_values["aml"].id)
        sides = ((debit_values, 1, "debit"), (credit_values, -1, "credit"))
        held_back = self._hold_back(debit_values, credit_values, *in_progress.caps.get(pair, (None, 0.0)))
        visible = [dict(values) for values, _sign, _side in sides]
        results = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        if results.get("exchange_values"):
            results["exchange_values"]["credit_allocation_pair"] = pair
        if results.get("partial_values"):
            for before, (values, sign, side) in zip(visible, sides, strict=True):
                self._correct_residuals(before, values, sign, side, results)
        if pair in in_progress.caps:
            for values, residuals in held_back:
                for name, amount in residuals.items():
                    values[name] += amount
            # the cap is reached: nothing more of this pair
            results = {**results, "debit_values": None, "credit_values": None}
        return results

    @api.model
    def _correct_residuals(self, before, values, sign, side, results):
        """Let the running residuals of one item say what the partial and the exchange entry will leave of it.

        Between two foreign currencies the native figure of a credit is wrong by twice its exchange difference. Nobody
        notices where the item is used up by the pair, but a capped one is used again.

        :param dict before: the residuals of the item before the pair, as far as visible
        :param dict values: the running residuals, corrected here
        :param int sign: 1 for the debit, -1 for the credit
        :param str side: ``debit`` or ``credit``
        :param dict results: what native reconciliation found out about the pair
        """
        partial, line = results["partial_values"], values["aml"]
        residual = before["amount_residual"] - sign * partial["amount"]
        residual_currency = before["amount_residual_currency"] - sign * partial[f"{side}_amount_currency"]
        exchange_values = results.get("exchange_values") or {"move_values": {"line_ids": []}}
        for _command, _id, vals in exchange_values["move_values"]["line_ids"]:
            if vals.get("reconciled_lines_ids") == [Command.set(line.ids)]:
                residual += vals["debit"] - vals["credit"]
                residual_currency += vals["amount_currency"]
        values["amount_residual"] = line.company_currency_id.round(residual)
        values["amount_residual_currency"] = line.currency_id.round(residual_currency)

    @api.model
    def _hold_back(self, debit_values, credit_values, capped_id, amount):
        """Hide from native reconciliation what a cap leaves of the running residuals.

        What stays visible in the company's currency is the share at the rate that the item was booked at, as native
        reconciliation itself computes it.

        :param dict debit_values: the running residuals of the debit item, lowered here; likewise ``credit_values``
        :param capped_id: the item which is capped, None for no cap
        :param float amount: the cap, positive, in the currency of the item
        :return: list of ``(values, residuals to be added again afterwards)``
        """
        for values, sign in ((debit_values, 1), (credit_values, -1)):
            line = values["aml"]
            currency, company_currency = line.currency_id, line.company_currency_id
            residual, residual_currency = sign * values["amount_residual"], sign * values["amount_residual_currency"]
            if line.id != capped_id or currency.compare_amounts(amount, residual_currency) >= 0:
                continue
            if currency == company_currency:
                visible = amount
            else:
                rate = abs(line.balance / line.amount_currency)
                visible = min(company_currency.round(amount * rate), residual)
            visible_residuals = {"amount_residual": sign * visible, "amount_residual_currency": sign * amount}
            held_back = {name: values[name] - visible for name, visible in visible_residuals.items()}
            values.update(visible_residuals)
            return [(values, held_back)]
        return []

    def _reconcile_post_hook(self, data):
        """What an invoice does when it gets paid is not part of the reconciliation: it sees the context as it was."""
        if in_progress := self._get_pairs_in_progress():
            if self.env.context.get("mail_notrack"):
                self.env.flush_all()  # the new payment states are known, quietly, before the context changes
            env = self.env(context=in_progress.outer_context)
            data = {key: moves.with_env(env) for key, moves in data.items()}
        return super()._reconcile_post_hook(data)

    @api.model
    def _create_exchange_difference_moves(self, exchange_diff_values_list):
        moves = super()._create_exchange_difference_moves(exchange_diff_values_list)
        if in_progress := self._get_pairs_in_progress():
            for move, values in zip(moves, exchange_diff_values_list, strict=True):
                if pair := values.get("credit_allocation_pair"):
                    in_progress.exchange_moves[pair] = move
        return moves
