from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.account_credit_allocation.matching.open_item import RESERVED, TOO_LARGE, VOID
from odoo.addons.account_credit_allocation.models.engine.open_item_reader import AllocationScope

from ..overdraft import OVERDRAFT


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    credit_reservation_id = fields.Many2one(
        "customer.credit.reservation",
        string="Reserved by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups="account.group_account_readonly,account.group_account_invoice",
        help="What this credit is kept for. No rule, wizard or other document may use it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        by_default = self.env.context.get("default_credit_reservation_id")
        if by_default or any(vals.get("credit_reservation_id") for vals in vals_list):
            self._check_may_mark()
        return super().create(vals_list)

    def write(self, vals):
        if "credit_reservation_id" in vals:
            self._check_may_mark()
        return super().write(vals)

    @api.model
    def _check_may_mark(self):
        """The mark is set and taken off by reservations only, which do it as superuser: whoever may edit journal items
        may not thereby release credit.

        :raise AccessError: for everybody else
        """
        if not self.env.su:
            raise AccessError(self.env._("Reserved credit is released by its reservation only."))

    @api.model
    def _get_free_credits(self, partner, company, currency=None):
        """The open credits of a customer that are reserved for nothing, in the order in which they are spent: oldest
        first, but those with taxes on the cash basis after all others, because to use one makes its tax due.

        :param currency: None for all
        :return: ``account.move.line`` records, as superuser
        """
        scope = AllocationScope(
            company_ids=tuple(company.ids),
            account_types=("asset_receivable",),
            partner_ids=tuple(partner.commercial_partner_id.ids),
        )
        _debts, credits = self.env["account.open.item.reader"].sudo()._read_open_items(scope)
        lines = self.sudo().browse(
            [
                item.id
                for item in credits
                if item.blocked not in (RESERVED, VOID, TOO_LARGE)
                and (currency is None or item.currency == currency.id)
            ]
        )
        on_payment = set(lines.move_id.filtered(lambda move: move._has_cash_basis_taxes()).ids)
        return lines.sorted(lambda line: (line.move_id.id in on_payment, line.date, line.id))

    @api.model
    def _get_overdrafts(self, partner, company, currency):
        """What is open of what a customer overdrew; see ``account.open.item.reader._get_is_overdraft_sql``.

        :return: ``account.move.line`` records, as superuser
        """
        scope = AllocationScope(
            company_ids=tuple(company.ids),
            account_types=("asset_receivable",),
            partner_ids=tuple(partner.commercial_partner_id.ids),
        )
        debts, _credits = self.env["account.open.item.reader"].sudo()._read_open_items(scope)
        return self.sudo().browse(
            [
                item.id
                for item in debts
                if OVERDRAFT in item.marks and item.currency == currency.id and item.blocked != TOO_LARGE
            ]
        )

    def _credit_consume(self, credits=None):
        """Reconcile these debit items, oldest first, with their partner's free credits of the same account and
        currency; see :meth:`_get_free_credits`. What has no credit stays open.

        :param credits: use these only, in this order
        :return: what was settled, in the currency of the items
        """
        debits = self.sudo().sorted(lambda line: (line.date, line.id))
        if credits is None:
            credits = self._get_free_credits(debits.partner_id, debits.company_id, debits.currency_id)
        left = {line.id: abs(line.amount_residual_currency) for line in debits | credits.sudo()}
        triples = []
        for debit in debits:
            for credit in credits.sudo().filtered(lambda line, debit=debit: line.account_id == debit.account_id):
                amount = debit.currency_id.round(min(left[debit.id], left[credit.id]))
                if debit.currency_id.is_zero(amount):
                    continue
                left[debit.id] -= amount
                left[credit.id] -= amount
                triples.append((debit, credit, amount))
        return self.env["account.credit.allocation.executor"].sudo()._match_credit(triples, "spent")

    def _may_settle(self, move):
        """Whether this open credit may be used for an invoice: a reserved one is kept for its own."""
        self.ensure_one()
        reservation = self.sudo().credit_reservation_id
        return not reservation or reservation._may_settle(move)
