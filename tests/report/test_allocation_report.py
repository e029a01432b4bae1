import io

import lxml.html

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon

from ..common import SecurityCase
from ..rule.test_tolerance import ToleranceCase

REPORT = "account_credit_allocation.account_credit_allocation_action_report"

LINE_REPORT = "account_credit_allocation.account_credit_allocation_line_action_report"


class ReportCase(ToleranceCase):
    @classmethod
    def render(cls, records, report=REPORT):
        """The report of the documents, as a tree of HTML."""
        html, _type = cls.env["ir.actions.report"]._render_qweb_html(report, records.ids)
        return lxml.html.fromstring(html)

    @classmethod
    def get_sections(cls, documents):
        return cls.render(documents).findall(".//div[@name='section']")

    @staticmethod
    def get_text(node):
        return " ".join(node.text_content().replace("\N{NO-BREAK SPACE}", " ").split())

    def get_pages(self, documents):
        """``{first line of the address: the part of the report for that partner}``."""
        pages = self.get_sections(documents)
        return {self.get_text(page.find_class("address")[0]).split(" 12 ")[0]: page for page in pages}

    def get_rows(self, page, name="in_force"):
        """The rows of the table, as lists of texts."""
        return [[self.get_text(cell) for cell in row.iter("td")] for row in page.iterfind(f".//tr[@name='{name}']")]

    def get_totals(self, page):
        """``{label: amounts}`` below the table."""
        return {label: amounts for label, *amounts in self.get_rows(page, "total")}


@tagged("post_install", "-at_install")
class TestAllocationReport(ReportCase):
    """The printed document: for each partner a page that tells what settled what."""

    def test_it_tells_which_credit_settled_which_invoice(self):
        invoice = self.invoice(100, day="2024-03-01", due="2024-03-31", ref="PO-77")
        payment = self.payment(60, day="2024-03-15", memo=invoice.name)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        page = self.get_sections(document)[0]
        text = self.get_text(page)
        self.assertIn("Azure Interior", text)
        self.assertIn(document.name, text)
        self.assertEqual(
            self.get_rows(page),
            [
                [
                    f"{invoice.name} PO-77",
                    "03/01/2024",
                    "03/31/2024",
                    f"{payment.name} {invoice.name}",
                    "03/15/2024",
                    "$ 60.00",
                    "$ 40.00",
                ]
            ],
        )
        self.assertEqual(self.get_totals(page), {"Total in USD": ["$ 60.00", ""]})

    def test_it_does_not_tell_the_partner_why(self):
        self.invoice(100)
        self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        text = self.get_text(self.render(document))
        self.assertTrue(document.line_ids.evidence)
        self.assertNotIn(document.line_ids.evidence, text)
        self.assertNotIn("Exact amount", text)

    def test_notes_on_miscellaneous_entries_stay_in_the_house(self):
        self.invoice(100)
        self.entry(-100, ref="Goodwill, do not tell")
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertTrue(document)
        self.assertNotIn("Goodwill", self.get_text(self.render(document)))

    def test_what_is_still_open_stands_once_for_each_invoice(self):
        self.invoice(100)
        self.payment(30), self.payment(50)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        rows = self.get_rows(self.render(document))
        self.assertEqual([row[-2:] for row in rows], [["$ 30.00", ""], ["$ 50.00", "$ 20.00"]])

    def test_every_partner_has_pages_of_its_own(self):
        self.invoice(100), self.payment(100)
        self.invoice(70, self.stranger), self.payment(70, self.stranger)
        document = self.allocate(partner_ids=(self.customer.id, self.stranger.id)).documents
        self.assertEqual(len(document), 1)
        pages = self.get_pages(document)
        self.assertEqual(set(pages), {"Azure Interior", "Deco Addict"})
        self.assertEqual(self.get_totals(pages["Azure Interior"]), {"Total in USD": ["$ 100.00", ""]})
        self.assertEqual(self.get_totals(pages["Deco Addict"]), {"Total in USD": ["$ 70.00", ""]})
        self.assertNotIn("Deco Addict", self.get_text(pages["Azure Interior"]))
        self.assertNotIn("70.00", self.get_text(pages["Azure Interior"]))

    def test_it_is_addressed_to_the_invoice_address(self):
        self.env["res.partner"].create(
            {"name": "Accounting", "type": "invoice", "parent_id": self.customer.id, "street": "Ledger Lane 4"}
        )
        self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        page = self.get_sections(document)[0]
        self.assertIn("Ledger Lane 4", self.get_text(page.find_class("address")[0]))

    def test_a_vendor_reads_of_our_payments_with_the_own_reference(self):
        self.bill(100, ref="RG-2024-5")
        self.vendor_payment(100)
        document = self.allocate(partner_ids=(self.vendor.id,)).documents
        text = self.get_text(self.render(document))
        self.assertIn("Remittance Advice", text)
        self.assertIn("Our payments and your credit notes settled your invoices", text)
        self.assertIn("RG-2024-5", text)

    def test_a_partner_who_buys_and_sells_has_a_page_for_each(self):
        self.invoice(100), self.payment(100)
        self.bill(40, self.customer), self.vendor_payment(40, self.customer)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        customer_page, vendor_page = self.get_sections(document)
        self.assertEqual(self.get_totals(customer_page), {"Total in USD": ["$ 100.00", ""]})
        self.assertEqual(self.get_totals(vendor_page), {"Total in USD": ["$ 40.00", ""]})

    def test_two_currencies_are_totalled_apart_and_together(self):
        self.invoice(100, day="2024-03-01", currency_id=self.euro.id)
        self.payment(100, day="2024-06-15", currency_id=self.euro.id)
        self.invoice(30), self.payment(30)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        exchange = document.line_ids.exchange_move_id
        self.assertTrue(exchange)
        page = self.get_sections(document)[0]
        rows = {row[5]: row[6] for row in self.get_rows(page)}
        # 100 euros were worth 50 dollars when invoiced, 25 when paid: 25 dollars are a loss on exchange
        self.assertEqual(rows, {"100.00 € Exchange difference $ 25.00": "$ 25.00", "$ 30.00": "$ 30.00"})
        self.assertEqual(
            self.get_totals(page),
            {
                "Total in EUR": ["100.00 €", "$ 25.00", ""],
                "Total in USD": ["$ 30.00", "$ 30.00", ""],
                "All together": ["$ 55.00", ""],
            },
        )

    def test_one_currency_needs_no_column_for_another(self):
        self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        text = self.get_text(self.render(document))
        self.assertNotIn("In USD", text)
        self.assertNotIn("Exchange difference", text)

    def test_a_difference_that_was_written_off_is_told_in_words(self):
        invoice = self.invoice(100)
        payment = self.payment(99.5, memo=invoice.name)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        entry = document.line_ids.write_off_move_id
        self.assertTrue(entry)
        page = self.get_sections(document)[0]
        rows = {(row[0], row[3]): row[5] for row in self.get_rows(page)}
        self.assertEqual(
            rows,
            {
                (invoice.name, f"{payment.name} {invoice.name}"): "$ 99.50",
                (invoice.name, "Difference written off"): "$ 0.50",
            },
        )
        self.assertNotIn(entry.name, self.get_text(page))
        self.assertEqual(self.get_totals(page), {"Total in USD": ["$ 99.50", ""]})
        [written_off] = page.xpath("//tr[@name='written_off']")
        self.assertIn("0.50", written_off.text_content())

    def test_what_was_taken_back_is_marked_and_not_counted(self):
        first, second = self.invoice(100), self.invoice(60)
        self.payment(100), self.payment(60)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.open_items(first).remove_move_reconcile()
        page = self.get_sections(document)[0]
        self.assertEqual([row[0] for row in self.get_rows(page)], [second.name])
        self.assertEqual([row[0] for row in self.get_rows(page, "void")], [f"{first.name} Taken back"])
        self.assertEqual(self.get_totals(page), {"Total in USD": ["$ 60.00", ""]})

    def test_a_document_that_was_undone_says_so(self):
        invoice = self.invoice(100)
        self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertNotIn("UNDONE", self.get_text(self.render(document)))
        self.open_items(invoice).remove_move_reconcile()
        document.sudo().state = "undone"
        page = self.get_sections(document)[0]
        self.assertIn("UNDONE", self.get_text(page))
        self.assertFalse(self.get_rows(page))

    def test_a_preview_says_that_nothing_is_booked(self):
        document = self.preview()
        page = self.get_sections(document)[0]
        text = self.get_text(page)
        self.assertIn("PREVIEW Nothing of this has been booked yet.", text)
        self.assertIn("would settle our invoices", text)
        rows = self.get_rows(page)
        self.assertEqual([row[-2:] for row in rows], [["$ 60.00", "$ 40.00"]], "40 of 100 would be left open")
        self.assertFalse(self.get_rows(page, "void"))

    def preview(self):
        invoice, payment = self.invoice(100), self.payment(60)
        debt, credit = self.open_items(invoice), self.open_items(payment)
        return (
            self.env["account.credit.allocation"]
            .sudo()
            .create(
                {
                    "origin": "run",
                    "line_ids": [
                        Command.create(
                            {
                                "partner_id": self.customer.id,
                                "account_id": self.receivable.id,
                                "debt_line_id": debt.id,
                                "debt_move_id": debt.move_id.id,
                                "debt_label": debt.move_id.name,
                                "debt_currency_id": debt.currency_id.id,
                                "debt_amount": 60,
                                "credit_line_id": credit.id,
                                "credit_move_id": credit.move_id.id,
                                "credit_label": credit.move_id.name,
                                "credit_currency_id": credit.currency_id.id,
                                "credit_amount": 60,
                                "amount": 60,
                            }
                        )
                    ],
                }
            )
        )

    def test_every_partner_reads_the_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        view = self.env.ref("account_credit_allocation.report_credit_allocation_section")
        view.update_field_translations("arch_db", {"fr_FR": {"Settled by": "Réglée par"}})
        self.stranger.lang = "fr_FR"
        self.invoice(100, day="2024-03-01"), self.payment(100)
        self.invoice(70, self.stranger, day="2024-03-02"), self.payment(70, self.stranger)
        document = self.allocate(partner_ids=(self.customer.id, self.stranger.id)).documents
        pages = self.get_pages(document)
        self.assertIn("Settled by", self.get_text(pages["Azure Interior"]))
        self.assertIn("03/01/2024", self.get_text(pages["Azure Interior"]))
        self.assertIn("Réglée par", self.get_text(pages["Deco Addict"]))
        self.assertIn("02/03/2024", self.get_text(pages["Deco Addict"]))

    def test_what_was_deleted_since_keeps_its_number(self):
        self.invoice(100)
        payment = self.payment(100)
        number = payment.name
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        payment.action_draft()
        payment.unlink()
        self.assertIn(number, self.get_text(self.render(document)))

    def test_a_document_without_lines_is_printed_too(self):
        document = self.env["account.credit.allocation"].sudo().create({"origin": "run"})
        self.assertIn("PREVIEW", self.get_text(self.render(document)))


@tagged("post_install", "-at_install")
class TestAllocationReportRights(SecurityCase, ReportCase):
    def test_reader_prints_and_employee_does_not(self):
        self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        Report = self.env["ir.actions.report"]
        reader = self.new_user("reader", ["account.group_account_readonly"])
        self.assertIn(document.name.encode(), Report.with_user(reader)._render_qweb_html(REPORT, document.ids)[0])
        employee = self.new_user("employee", ["base.group_user"])
        with self.assertRaises(AccessError):
            Report.with_user(employee)._render_qweb_html(REPORT, document.ids)

    def test_a_branch_prints_what_a_credit_of_its_root_company_settled(self):
        invoice = self.invoice(100, company=self.branch_company)
        payment = self.payment(100)
        document = self.allocate(
            company_ids=(self.company | self.branch_company)._ids, partner_ids=(self.customer.id,)
        ).documents
        self.assertAllocated(invoice, payment, 100)
        in_branch = self.new_user("in_branch", ["account.group_account_readonly"], self.branch_company)
        Report = self.env["ir.actions.report"].with_user(in_branch)
        self.env.invalidate_all()
        page = lxml.html.fromstring(Report._render_qweb_html(REPORT, document.ids)[0])
        self.assertEqual(self.get_rows(page)[0][3], payment.name)
        self.assertIn("Branch", self.get_text(page.find_class("header")[0]))

    def test_nobody_prints_a_document_of_a_company_of_others(self):
        self.invoice(100), self.payment(100)
        document = self.allocate(partner_ids=(self.customer.id,)).documents
        elsewhere = self.new_user("elsewhere", ["account.group_account_manager"], self.other_company)
        self.env.invalidate_all()
        Report = self.env["ir.actions.report"].with_user(elsewhere)
        for report, records in ((REPORT, document), (LINE_REPORT, document.line_ids)):
            with self.assertRaises(AccessError):
                Report._render_qweb_html(report, records.ids)


@tagged("post_install", "-at_install")
class TestAllocationReportPdf(ReportCase, AccountTestInvoicingHttpCommon):
    """Printed for real: wkhtmltopdf asks the server for the style sheets."""

    def print_pdf(self, report, records):
        """The pages of the PDF."""
        state = self.env["ir.actions.report"].get_wkhtmltopdf_state()
        self.assertNotEqual(state, "install", "wkhtmltopdf is needed to print, and to test printing")
        Report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, file_type = Report._render_qweb_pdf(report, records.ids)
        self.assertEqual(file_type, "pdf")
        return PdfFileReader(io.BytesIO(content)).pages

    def test_several_documents_are_one_pdf_with_a_page_for_each_partner(self):
        self.invoice(100), self.payment(100)
        self.invoice(70, self.stranger), self.payment(70, self.stranger)
        documents = self.allocate(partner_ids=(self.customer.id, self.stranger.id)).documents
        self.invoice(30), self.payment(30)
        documents |= self.allocate(partner_ids=(self.customer.id,)).documents
        self.assertEqual(len(documents), 2)
        self.assertEqual(len(self.print_pdf(REPORT, documents)), 3)

    def test_one_partner_is_printed_without_the_others(self):
        self.invoice(100), self.payment(100)
        self.invoice(70, self.stranger), self.payment(70, self.stranger)
        lines = self.allocate(partner_ids=(self.customer.id, self.stranger.id)).documents.line_ids
        lines = lines.filtered(lambda line: line.partner_id == self.stranger)
        text = self.get_text(self.render(lines, LINE_REPORT))
        self.assertIn("Deco Addict", text)
        self.assertIn(lines.allocation_id.name, text)
        self.assertNotIn("Azure Interior", text)
        self.assertEqual(len(self.print_pdf(LINE_REPORT, lines)), 1)
