from odoo import api, fields, models

SEQUENCE_CODE = "account.credit.allocation"


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
    credit_allocation_order = fields.Selection(
        selection=[("due_date", "Due date"), ("invoice_date", "Invoice date")],
        string="Oldest by",
        default="due_date",
        required=True,
        help="Which date makes an invoice the oldest. Used whenever several invoices are candidates.",
    )
    credit_allocation_cross_currency = fields.Boolean(
        string="Currencies may cross",
        help="A reference, and the rule for what is left, may allocate a credit to an invoice in another currency. "
        "Amounts are compared within one currency all the same.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_credit_allocation_sequences()
        self.env["account.credit.allocation.rule"]._create_missing(companies)
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
            "credit_allocation_order",
            "credit_allocation_cross_currency",
        ]

    def _create_credit_allocation_sequences(self):
        """Give every company of ``self`` that has none a sequence which starts again each year."""
        Sequence = self.env["ir.sequence"].sudo().with_context(active_test=False)
        numbered = Sequence.search([("code", "=", SEQUENCE_CODE), ("company_id", "in", self.ids)]).company_id
        return Sequence.create(
            [
                {
                    "name": self.env._("Credit allocation of %s", company.name),
                    "code": SEQUENCE_CODE,
                    "company_id": company.id,
                    "prefix": "CA/%(range_year)s/",
                    "padding": 5,
                    "use_date_range": True,
                }
                for company in self - numbered
            ]
        )

    def _next_credit_allocation_number(self, date):
        """The next number of this company's allocation documents in the year of ``date``.

        A sequence that somebody archived is used all the same, one that was deleted is made anew and goes on after
        the last number.

        :raise psycopg2.errors.SerializationFailure: another transaction has just begun the year; Odoo tries again
        """
        self.ensure_one()
        sequence = (
            self.env["ir.sequence"]
            .sudo()
            .with_context(active_test=False)
            .search([("code", "=", SEQUENCE_CODE), ("company_id", "=", self.id)], limit=1)
        ) or self._create_credit_allocation_sequences()
        ranges = sequence.date_range_ids
        if not ranges.filtered(lambda year: year.date_from <= date <= year.date_to):
            # Two transactions must not both begin a year: a write to the row that they share makes the second one fail
            # in a way that is tried again.
            self.env.cr.execute("UPDATE ir_sequence SET write_date = write_date WHERE id = %s", (sequence.id,))
            ranges.create(
                {
                    "sequence_id": sequence.id,
                    "date_from": date.replace(month=1, day=1),
                    "date_to": date.replace(month=12, day=31),
                    "number_next_actual": self._get_last_credit_allocation_number(date) + 1,
                }
            )
        return sequence.next_by_id(sequence_date=date)

    def _get_last_credit_allocation_number(self, date):
        """The highest number used in the year of ``date``, 0 for none."""
        documents = self.env["account.credit.allocation"].sudo()
        prefix = f"CA/{date.year}/"
        names = documents.search([("company_id", "=", self.id), ("name", "=like", f"{prefix}%")]).mapped("name")
        numbers = [name.removeprefix(prefix) for name in names]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)
