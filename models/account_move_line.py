from odoo import Command, api, models

from ..matching.open_item import CREDIT, DEBT, Group
from .engine.open_item_reader import RECEIVABLE
from .engine.pairs import PairsInProgress


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # whether a partner has anything open on the other side is asked at every posting, whatever is open on this side
    _open_debits_idx = models.Index(
        "(account_id, partner_id) WHERE reconciled IS NOT TRUE AND amount_residual_currency > 0"
    )
    _open_credits_idx = models.Index(
        "(account_id, partner_id) WHERE reconciled IS NOT TRUE AND amount_residual_currency < 0"
    )

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        self.env["account.credit.allocation.trigger"]._note_opened(
            items.filtered(lambda item: item.move_id.state == "posted")
        )
        return items

    def write(self, vals):
        if vals.keys().isdisjoint(("account_id", "partner_id")):
            return super().write(vals)
        before = {item.id: (item.account_id, item.partner_id) for item in self if item.move_id.state == "posted"}
        result = super().write(vals)
        # Odoo may have made other items of them
        moved = (
            self.browse(before).exists().filtered(lambda item: (item.account_id, item.partner_id) != before[item.id])
        )
        self.env["account.credit.allocation.trigger"]._note_opened(moved)
        return result

    def _get_open_item_group(self):
        """The :class:`Group` of items that this receivable or payable item may be reconciled with."""
        self.ensure_one()
        return Group(self.company_id.root_id.id, self.account_id.id, self.partner_id.commercial_partner_id.id or 0)

    def _is_open_debit(self):
        """Whether what is open of this item is a debit; of a small foreign amount only one residual may tell."""
        self.ensure_one()
        return (self.amount_residual_currency or self.amount_residual) > 0

    def _get_open_item_side(self):
        """Whether this open receivable or payable item is a debt or a credit, by the sign of what is open of it."""
        return DEBT if self._is_open_debit() == (self.account_type == RECEIVABLE) else CREDIT

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
        return bool(
            self.search_count(
                [
                    ("account_id", "=", self.account_id.id),
                    ("partner_id.commercial_partner_id", "=", self.partner_id.commercial_partner_id.id),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("company_id", "in", self.env.companies.ids),
                    ("amount_residual_currency", "<" if self._is_open_debit() else ">", 0),
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

    # ------------------------------------------------------------------------------------------------------------------
    # Capped pairs: the native method is shown less than what is open, and settles exactly that. 30.00 of an invoice of
    # 100.00 and a payment of 80.00:
    #
    #                                  debit     credit
    #   running residuals             100.00     -80.00
    #   held back                      70.00       0.00    _hold_back
    #   shown to the native method     30.00     -80.00
    #   left by the native method       0.00     -50.00
    #   left by partial and exchange    0.00     -50.00    _get_residuals_left
    #   given back                    +70.00       0.00
    #   running residuals afterwards   70.00     -50.00
    #
    # Running residuals are the dictionaries of native reconciliation: "aml", "amount_residual" in the company's
    # currency, "amount_residual_currency" in that of the item; signed, positive for a debit.
    # ------------------------------------------------------------------------------------------------------------------

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        in_progress = self._get_pairs_in_progress()
        if not in_progress:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
        sides = {"debit": debit_values, "credit": credit_values}
        pair = tuple(values["aml"].id for values in sides.values())
        held_back = {side: self._hold_back(values, in_progress.caps.get(pair)) for side, values in sides.items()}
        shown = {side: dict(values) for side, values in sides.items()}
        results = super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
        if results.get("exchange_values"):
            results["exchange_values"]["credit_allocation_pair"] = pair
        if results.get("partial_values"):
            for side, values in sides.items():
                values.update(self._get_residuals_left(shown[side], side, results))
        if pair not in in_progress.caps:
            return results
        for side, values in sides.items():
            for name, amount in held_back[side].items():
                values[name] += amount
        # the cap is reached: nothing more of this pair
        return {**results, "debit_values": None, "credit_values": None}

    @api.model
    def _hold_back(self, values, cap):
        """Hide from native reconciliation what a cap leaves of an item.

        What stays visible in the company's currency is the share at the rate that the item was booked at, as native
        reconciliation itself computes it.

        :param dict values: the running residuals of the item, lowered here
        :param cap: ``(id of the capped item, amount)``, the amount positive, in the currency of the item; None for none
        :return: ``{name: amount}``, what was taken off the running residuals
        """
        line, (capped_id, amount) = values["aml"], cap or (None, 0.0)
        currency, company_currency = line.currency_id, line.company_currency_id
        residual, residual_currency = values["amount_residual"], values["amount_residual_currency"]
        if line.id != capped_id or currency.compare_amounts(amount, abs(residual_currency)) >= 0:
            return {}
        shown = amount
        if currency != company_currency:
            shown = min(company_currency.round(amount * abs(line.balance / line.amount_currency)), abs(residual))
        sign = 1 if residual_currency > 0 else -1
        values.update(amount_residual=sign * shown, amount_residual_currency=sign * amount)
        return {
            "amount_residual": residual - sign * shown,
            "amount_residual_currency": residual_currency - sign * amount,
        }

    @api.model
    def _get_residuals_left(self, shown, side, results):
        """What the partial and the exchange entry of a pair leave of one of its items.

        Between two foreign currencies the native figure of a credit is wrong by twice its exchange difference. Nobody
        notices where the item is used up by the pair, but a capped one is used again.

        :param dict shown: the residuals of the item that the native method was shown
        :param str side: ``debit`` or ``credit``
        :param dict results: what the native method found out about the pair
        :return: ``{name: amount}``
        """
        partial, line, sign = results["partial_values"], shown["aml"], 1 if side == "debit" else -1
        residual = shown["amount_residual"] - sign * partial["amount"]
        residual_currency = shown["amount_residual_currency"] - sign * partial[f"{side}_amount_currency"]
        exchange_values = results.get("exchange_values") or {"move_values": {"line_ids": []}}
        for _command, _id, vals in exchange_values["move_values"]["line_ids"]:
            if vals.get("reconciled_lines_ids") == [Command.set(line.ids)]:
                residual += vals["debit"] - vals["credit"]
                residual_currency += vals["amount_currency"]
        return {
            "amount_residual": line.company_currency_id.round(residual),
            "amount_residual_currency": line.currency_id.round(residual_currency),
        }

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
