from odoo import api, fields, models

from ..matching.open_item import CREDIT, DEBT, EXCLUDED, NO_EXCHANGE_JOURNAL, TOO_LARGE, Evidence
from ..models.engine.document_names import INVOICE_TYPES, REFUND_TYPES, VENDOR_TYPES
from ..models.engine.minor_units import from_minor_units

# what users may write themselves
EDITABLE = {"amount"}


class AccountCreditAllocationWizardLine(models.TransientModel):
    """One open item that the document may be allocated with, and the amount typed for it.

    ``residual`` is in the currency of the item, all other amounts are in the currency of the document.
    """

    _name = "account.credit.allocation.wizard.line"
    _description = "Allocate Credits: Open Item"
    _order = "id"

    wizard_id = fields.Many2one(
        "account.credit.allocation.wizard", required=True, readonly=True, index=True, ondelete="cascade"
    )
    item_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("payment", "Payment"),
            ("credit_note", "Credit note"),
            ("prepayment", "Prepayment"),
            ("overpayment", "Overpayment"),
            ("invoice", "Invoice"),
            ("bill", "Bill"),
            ("refund", "Refund"),
            ("other", "Other"),
        ],
        string="Type",
        readonly=True,
        help="Prepayment: paid before the date of the invoice.\nOverpayment: what is left of a payment that was partly "
        "used.",
    )
    label = fields.Char(string="Number", readonly=True)
    date = fields.Date(readonly=True, help="Invoice date, or accounting date of what is no invoice.")
    date_due = fields.Date(string="Due Date", readonly=True)
    reference = fields.Char(readonly=True)
    item_currency_id = fields.Many2one("res.currency", string="Its Currency", readonly=True)
    residual = fields.Monetary(string="Open", currency_field="item_currency_id", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    available = fields.Monetary(
        string="Converted", readonly=True, help="What is open, in the currency of the document."
    )
    amount_proposed = fields.Monetary(string="Proposed", readonly=True)
    evidence = fields.Char(readonly=True, help="Why the amount is proposed.")
    excluded = fields.Boolean(readonly=True)
    kept_for = fields.Char(readonly=True, help="What it names, and the rules leave it for.")
    obstacle = fields.Char(readonly=True, help="Why this item cannot be used at all.")

    amount = fields.Monetary(string="Allocate")
    error = fields.Char(compute="_compute_error")
    note = fields.Char(string="Why", compute="_compute_error")

    @api.model
    def _prepare_line_vals(self, item, line, targets, side, proposal):
        """
        :param OpenItem item: the item that the line shows
        :param line: its journal item
        :param list targets: open items of the document
        :param str side: of the document
        :param list proposal: the matches that the rules propose for the item
        """
        target = self.env["account.move.line"].browse(targets[0].id)
        currency = target.currency_id
        amounts = [match.amount if side == DEBT else match.credit_amount for match in proposal]
        proposed = from_minor_units(currency, sum(amounts))
        AllocationLine = self.env["account.credit.allocation.line"]
        evidence = dict.fromkeys(AllocationLine._get_evidence_text(match.evidence) for match in proposal)
        return {
            "item_id": line.id,
            "kind": self._get_kind(item, line, targets, side),
            "label": line._get_open_item_label(),
            "date": item.document_date,
            "date_due": item.due_date if line.move_id.is_invoice(include_receipts=True) else False,
            "reference": self._get_reference(line),
            "item_currency_id": line.currency_id.id,
            "residual": from_minor_units(line.currency_id, item.residual),
            "currency_id": currency.id,
            "available": self._convert_residual(line, target),
            "amount_proposed": proposed,
            "amount": proposed,
            "evidence": ". ".join(evidence),
            "excluded": item.blocked == EXCLUDED,
            "obstacle": self._get_obstacle(item, line, target),
        }

    @api.model
    def _get_kind(self, item, line, targets, side):
        """What the item is to a bookkeeper."""
        move = line.move_id
        if move.move_type in REFUND_TYPES:
            return "credit_note"
        if move.move_type in INVOICE_TYPES:
            return "bill" if move.move_type in VENDOR_TYPES else "invoice"
        if not (move.origin_payment_id or move.statement_line_id):
            return "other"
        if side == CREDIT:
            return "refund"
        if item.partly_settled:
            return "overpayment"
        return "prepayment" if item.date < targets[0].document_date else "payment"

    @api.model
    def _get_reference(self, line):
        """What the document says of itself besides its number; the item of a payment tells but the method."""
        texts = [line.move_id.ref, line.move_id.payment_reference]
        if not line.move_id.origin_payment_id:
            texts.append(line.name)
        return next((text for text in texts if text and text != line.move_id.name), False)

    @api.model
    def _get_obstacle(self, item, line, target):
        """Why the item cannot be used, though it is shown; False if it can."""
        if item.blocked == TOO_LARGE:
            return self.env._("It is too large to be counted to the cent. If that is a mistake, correct it.")
        if item.blocked == NO_EXCHANGE_JOURNAL:
            return self.env._("In a foreign currency, and the company has no journal for exchange gains and losses.")
        if line.currency_id != target.currency_id and not self._allows_other_currencies(line.company_id.root_id):
            return self.env._("In another currency, which the settings do not allow.")
        if not self._convert_residual(line, target):
            return self.env._("Worth less than the smallest amount in %s.", target.currency_id.name)
        return False

    @api.model
    def _allows_other_currencies(self, company):
        return company.sudo().credit_allocation_cross_currency

    @api.model
    def _convert_residual(self, line, target):
        """What is open of an item in the currency of the document, as native reconciliation will convert it.

        Two currencies meet in the foreign one, at the rate of the side that is kept in the company's currency. Two
        foreign currencies meet in the company's, each at the rate it was booked at.
        """
        currency, company_currency = target.currency_id, target.company_currency_id
        if line.currency_id == currency:
            return abs(line.amount_residual_currency)
        if not line.balance or not target.balance:
            return 0  # worth nothing in the company's currency, so there is no rate
        if line.currency_id == company_currency:
            return abs(self._read_native_amounts(line, target).get("residual", 0))
        if currency == company_currency:
            rate = self._read_native_amounts(target, line).get("rate")
            return currency.round(abs(line.amount_residual_currency) / rate) if rate else 0
        return currency.round(abs(line.amount_residual) * abs(target.amount_currency / target.balance))

    @api.model
    def _read_native_amounts(self, line, other):
        """``residual`` and ``rate`` of an item in the currency of the other one; nothing if it is worth nothing."""
        values, other_values = (
            {
                "aml": item,
                "amount_residual": item.amount_residual,
                "amount_residual_currency": item.amount_residual_currency,
            }
            for item in (line, other)
        )
        amounts = line._prepare_move_line_residual_amounts(values, other.currency_id, other_aml_values=other_values)
        return amounts.get(other.currency_id, {})

    @api.depends("amount", "wizard_id.amount_due")
    def _compute_error(self):
        for line in self:
            line.error = line._get_error()
            line.note = line.error or line._get_note()

    def _get_error(self):
        """Why the amount of the line cannot be allocated; False if it can."""
        currency = self.currency_id
        if currency.compare_amounts(self.amount, 0) < 0:
            return self.env._("An amount cannot be negative.")
        if currency.is_zero(self.amount):
            return False
        if self.obstacle:
            return self.obstacle
        limit = min(self.available, self.wizard_id.amount_due)
        if currency.compare_amounts(self.amount, limit) > 0:
            return self._get_limit_message(limit)
        return False

    def _name_error(self, error):
        """The sentence about this line, for a place where the line is not in sight."""
        return self.env._("%(number)s: %(error)s", number=self.label, error=error)

    def _get_limit_message(self, limit):
        """:param float limit: the most that could be allocated, in the currency of the document"""
        amount = self.currency_id.format(limit)
        if (self.wizard_id.side == DEBT) == (limit == self.available):
            return self.env._("Only %s is available.", amount)
        return self.env._("Only %s is due.", amount)

    def _get_note(self):
        """What there is to know of the line as it is."""
        if self.obstacle:
            return self.obstacle
        if self.excluded:
            return self.env._("Excluded from automatic allocation")
        if self.currency_id.compare_amounts(self.amount, self.amount_proposed) == 0 and self.amount:
            return self.evidence
        if self.kept_for or self.currency_id.is_zero(self.amount):
            return self.kept_for
        return self.env["account.credit.allocation.line"]._get_evidence_text(Evidence("manual"))

    def write(self, vals):
        if not self.env.su:
            vals = {name: value for name, value in vals.items() if name in EDITABLE}
        return super().write(vals)
