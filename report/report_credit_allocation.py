import datetime
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import groupby

from ..models.engine.open_item_reader import PAYABLE


class Row(NamedTuple):
    """One allocation as its partner reads it.

    ``debt_label``, ``credit_label``: numbers; empty for a small difference that was written off.
    ``debt_reference``, ``credit_reference``: what the partner may know the documents by, besides our numbers.
    ``still_open``: in the invoice's currency, on the last row of each invoice only, else None.
    ``exchange_amount``: gain or loss without sign, in the company's currency. ``void``: it is no longer in force.
    """

    line: models.BaseModel
    debt_label: str | bool
    credit_label: str | bool
    due_date: datetime.date | None
    debt_reference: str | bool
    credit_reference: str | bool
    still_open: float | None
    exchange_amount: float
    void: bool


class Section(NamedTuple):
    """What one partner gets to see of one document: pages of its own, in the partner's language, without anybody else.

    ``totals``: ``[(currency, amount, amount in the company's currency)]`` of what is in force, without what was written
    off; ``written_off``: the same of that.
    ``foreign``: whether the company's currency needs a column.
    """

    document: models.BaseModel
    recipient: models.BaseModel
    lang: str
    is_vendor: bool
    rows: list[Row]
    totals: list[tuple]
    written_off: list[tuple]
    foreign: bool


class Booklet(NamedTuple):
    """The sections of one company, under its header; ``lang``: theirs, or the user's where they have several."""

    company: models.BaseModel
    lang: str
    sections: list[Section]


class AllocationReport(models.AbstractModel):
    """The printed allocation document: for each partner a remittance advice that can be sent to the partner.

    It tells what settled what, and not why: the rules and what they saw stay in the house.
    """

    _name = "report.account_credit_allocation.report_credit_allocation"
    _description = "Credit Allocation Report"

    @api.model
    def _get_report_values(self, docids, data=None):
        documents = self.env["account.credit.allocation"].browse(docids)
        documents.check_access("read")
        sections = [
            section
            for document in documents
            for section in self._get_sections(document, document.sudo().line_ids)
            or [self._prepare_section(document, self.env["res.partner"], False, document.line_ids)]
        ]
        return self._prepare_values(documents, sections)

    @api.model
    def _prepare_values(self, records, sections):
        """What the template needs.

        All sections of a company make one body with page breaks: a wkhtmltopdf that was built without Odoo's patch, as
        Linux distributions do, cannot print several.
        """
        booklets = []
        for company, group in groupby(sections, lambda section: section.document.company_id):
            langs = {section.lang for section in group}
            booklets.append(Booklet(company, langs.pop() if len(langs) == 1 else self.env.lang, group))
        return {
            "doc_ids": records.ids,
            "doc_model": records._name,
            "docs": records,
            "booklets": booklets,
            "today": fields.Date.context_today(self),
        }

    @api.model
    def _get_sections(self, document, lines):
        """One section for each partner of these lines, customers before vendors, by name.

        :param document: the ``account.credit.allocation``, which the user may read
        :param lines: of the document, as superuser: who may read it may read what it tells of another branch's credits
        :return: list of :class:`Section`
        """
        groups = lines.grouped(lambda line: (line.partner_id, line.account_id.account_type == PAYABLE))
        ordered = sorted(groups.items(), key=lambda item: (item[0][1], item[0][0].display_name or "", item[0][0].id))
        return [
            self._prepare_section(document, partner, is_vendor, section_lines)
            for (partner, is_vendor), section_lines in ordered
        ]

    @api.model
    def _prepare_section(self, document, partner, is_vendor, lines):
        rows = self._prepare_rows(document, lines)
        in_force = lines.browse([row.line.id for row in rows if not row.void])
        write_offs = in_force.filtered("is_write_off")
        return Section(
            document=document,
            recipient=partner.browse(partner.address_get(["invoice"])["invoice"]) if partner else partner,
            lang=partner.lang or self.env.lang,
            is_vendor=is_vendor,
            rows=rows,
            totals=self._get_totals(in_force - write_offs, "debt"),
            written_off=self._get_totals(write_offs.filtered("debt_label"), "debt")
            + self._get_totals(write_offs.filtered(lambda line: not line.debt_label), "credit"),
            foreign=bool(lines.debt_currency_id - document.company_currency_id),
        )

    @api.model
    def _get_totals(self, lines, side):
        """See :class:`Section`; ``side``: whose currency counts, a planned write-off has one only."""
        return [
            (currency, sum(group.mapped(f"{side}_amount")), sum(group.mapped("amount")))
            for currency, group in lines.grouped(f"{side}_currency_id").items()
        ]

    @api.model
    def _prepare_rows(self, document, lines):
        """Rows by due date and number of the invoice."""
        due_dates = {
            line.id: line.debt_line_id.date_maturity or line.debt_move_id.invoice_date_due or line.debt_move_id.date
            for line in lines
        }
        ordered = lines.sorted(
            lambda line: (due_dates[line.id] or fields.Date.today(), line.debt_label or "", line.credit_label or "")
        )
        last_rows = {line.debt_move_id: line for line in ordered}
        return [
            Row(
                line=line,
                debt_label=self._get_label(line, "debt"),
                credit_label=self._get_label(line, "credit"),
                due_date=due_dates[line.id],
                debt_reference=self._get_reference(line.debt_move_id),
                credit_reference=self._get_reference(line.credit_move_id),
                still_open=self._get_still_open(document, line) if last_rows[line.debt_move_id] == line else None,
                exchange_amount=self._get_exchange_amount(line),
                void=document.state != "draft" and not line.partial_id,
            )
            for line in ordered
        ]

    @api.model
    def _get_still_open(self, document, line):
        """What is open of the line's invoice now, or what a preview would leave of it.

        :return: positive, in the invoice's currency; None for an invoice that was deleted
        """
        if not line.debt_move_id:
            return None
        items = line.debt_move_id.line_ids.filtered(lambda item: item.account_id == line.account_id)
        residual = abs(sum(items.mapped("amount_residual_currency")))
        if document.state == "draft":
            planned = document.sudo().line_ids.filtered(lambda other: other.debt_move_id == line.debt_move_id)
            residual = max(0, residual - sum(planned.mapped("debt_amount")))
        return line.debt_currency_id.round(residual)

    @api.model
    def _get_label(self, line, side):
        """The number of what the line settles, or settles it with; none for the entry of a write-off, which is ours."""
        is_write_off = line.write_off_move_id and line[f"{side}_move_id"] == line.write_off_move_id
        return not is_write_off and line[f"{side}_label"]

    @api.model
    def _get_reference(self, move):
        """What stands on a miscellaneous entry is a note to ourselves."""
        return (move.is_invoice(include_receipts=True) or bool(move.origin_payment_id)) and move.ref

    @api.model
    def _get_exchange_amount(self, line):
        items = line.exchange_move_id.line_ids.filtered(lambda item: item.account_id == line.account_id)
        return abs(sum(items.mapped("balance")))
