from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    credit_allocation_receivable = fields.Boolean(
        string="Allocate customer credits automatically",
        default=True,
        help="When a document of a customer is posted, allocate the customer's outstanding credits to the open "
        "invoices.",
    )
    credit_allocation_payable = fields.Boolean(
        string="Allocate vendor credits automatically",
        help="When a document of a vendor is posted, allocate your outstanding credits with the vendor to the open "
        "bills.",
    )
    credit_allocation_on_payment = fields.Boolean(
        string="When a payment is posted",
        default=True,
        help="A payment that is posted, and still has something left afterwards, starts the allocation.",
    )
    credit_allocation_on_refund = fields.Boolean(
        string="When a credit note is posted",
        default=True,
        help="A customer credit note or vendor refund that is posted starts the allocation.",
    )
    credit_allocation_on_invoice = fields.Boolean(
        string="When an invoice is posted",
        default=True,
        help="An invoice or bill that is posted is settled with what the partner has outstanding.",
    )
    credit_allocation_on_entry = fields.Boolean(
        string="When another entry is posted",
        default=True,
        help="A journal entry with an open receivable or payable item, such as an opening balance or a bank "
        "transaction, starts the allocation.",
    )
    credit_allocation_oldest_first = fields.Boolean(
        string="Oldest first",
        default=True,
        help="What neither a reference nor an exact amount settles goes to the oldest open invoices, the last one "
        "partially. Switched off, it stays outstanding until somebody decides.",
    )
    credit_allocation_order = fields.Selection(
        selection=[("due_date", "Due date"), ("invoice_date", "Invoice date")],
        string="Oldest by",
        default="due_date",
        required=True,
        help="Which date makes an invoice the oldest. Used whenever several invoices are candidates.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_credit_allocation_sequences()
        return companies

    def _get_company_root_delegated_field_names(self):
        """Branches share the books of their root company, so they share the way credits are allocated in them."""
        return super()._get_company_root_delegated_field_names() + [
            "credit_allocation_receivable",
            "credit_allocation_payable",
            "credit_allocation_on_payment",
            "credit_allocation_on_refund",
            "credit_allocation_on_invoice",
            "credit_allocation_on_entry",
            "credit_allocation_oldest_first",
            "credit_allocation_order",
        ]

    def _create_credit_allocation_sequences(self):
        """Give every company of ``self`` that has none a sequence which starts again each year."""
        Sequence = self.env["ir.sequence"].sudo()
        code = "account.credit.allocation"
        numbered = Sequence.search([("code", "=", code), ("company_id", "in", self.ids)]).company_id
        Sequence.create(
            [
                {
                    "name": self.env._("Credit allocation of %s", company.name),
                    "code": code,
                    "company_id": company.id,
                    "prefix": "CA/%(range_year)s/",
                    "padding": 5,
                    "use_date_range": True,
                }
                for company in self - numbered
            ]
        )

    def _next_credit_allocation_number(self, date):
        """The next number of this company's allocation documents in the year of ``date``."""
        self.ensure_one()
        Sequence = self.env["ir.sequence"].sudo().with_company(self)
        code = "account.credit.allocation"
        number = Sequence.next_by_code(code, sequence_date=date)
        if not number:  # somebody deleted or archived it
            self._create_credit_allocation_sequences()
            number = Sequence.next_by_code(code, sequence_date=date)
        return number
