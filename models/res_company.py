from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import escape_psql

from .engine.expected_conflicts import conflicts_expected


class ResCompany(models.Model):
    _inherit = "res.company"

    credit_allocation_receivable = fields.Boolean(
        string="Allocate credits of customers automatically",
        default=True,
        help="When a document of a customer is posted, allocate the customer's outstanding credits to the open "
        "invoices.",
    )
    credit_allocation_payable = fields.Boolean(
        string="Allocate credits of vendors automatically",
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

    def _credit_allocation_today(self):
        """The day that it is for whoever is at work, where that is known: for machines, customers and users without a
        time zone it is the day of the company."""
        self.ensure_one()
        user, own = self.env.user, self.env.context.get("tz") or self.env.user.tz
        if own and user.id != SUPERUSER_ID and user._is_internal():
            return fields.Date.context_today(self.with_context(tz=own))
        return self._get_local_today()

    def _get_local_today(self):
        """The day that it is in the company, whoever asks."""
        return fields.Date.context_today(self.with_context(tz=self._get_time_zone()))

    def _get_time_zone(self):
        """Name of the company's time zone: that of its own contact, which the settings show."""
        return self.sudo().partner_id.tz or "UTC"

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

    @api.model
    def _get_credit_allocation_sequences(self):
        """What is numbered by company and year: a hook for addons with numbered documents of their own.

        :return: ``{model, which is the code of the sequence: (prefix of the number, name with %s for the company)}``
        """
        documents = self.env._("Credit allocation of %s")
        runs = self.env._("Credit allocation runs of %s")
        return {"account.credit.allocation": ("CA", documents), "account.credit.allocation.run": ("RUN", runs)}

    def _create_credit_allocation_sequences(self):
        """Give every company of ``self`` the sequences it has not; each starts again every year."""
        Sequence = self.env["ir.sequence"].sudo().with_context(active_test=False)
        sequences = self._get_credit_allocation_sequences()
        existing = Sequence.search([("code", "in", list(sequences)), ("company_id", "in", self.ids)])
        numbered = {(sequence.code, sequence.company_id) for sequence in existing}
        return Sequence.create(
            [
                {
                    "name": name % company.name,
                    "code": code,
                    "company_id": company.id,
                    "prefix": f"{prefix}/%(range_year)s/",
                    "padding": 5,
                    "use_date_range": True,
                }
                for company in self
                for code, (prefix, name) in sequences.items()
                if (code, company) not in numbered
            ]
        )

    def _next_credit_allocation_number(self, date, code="account.credit.allocation"):
        """The next free number of this company's allocation documents, or runs, in the year of ``date``.

        One that is taken, because somebody set the sequence back or changed how it counts, is passed over: it goes on
        after the last one.

        :param str code: of the sequence, see :meth:`_get_credit_allocation_sequences`
        :raise psycopg2.errors.SerializationFailure: another transaction has just begun the year; Odoo tries again
        """
        sequence = self._get_credit_allocation_sequence(date, code)
        with conflicts_expected(self.env.cr):
            number = sequence.next_by_id(sequence_date=date)
            if self.env[code].sudo().search_count([("company_id", "=", self.id), ("name", "=", number)], limit=1):
                counter = sequence._get_current_sequence(date)
                begin = counter.date_from if sequence.use_date_range else None
                # of two that correct it, the second one meets the row that the first one wrote, and is tried again
                counter.number_next_actual = self._get_last_credit_allocation_number(sequence, begin) + 1
                number = sequence.next_by_id(sequence_date=date)
        return number

    def _get_credit_allocation_sequence(self, date, code="account.credit.allocation"):
        """The sequence behind :meth:`_next_credit_allocation_number`, with the year of ``date`` begun.

        A sequence that somebody archived is used all the same, one that was deleted is made anew and goes on after
        the last number.
        """
        self.ensure_one()
        Sequence = self.env["ir.sequence"].sudo().with_context(active_test=False)
        domain = [("code", "=", code), ("company_id", "=", self.id)]
        sequence = Sequence.search(domain, limit=1)
        if not sequence:
            self._create_credit_allocation_sequences()
            sequence = Sequence.search(domain, limit=1)
        ranges = sequence.date_range_ids
        if not ranges.filtered(lambda year: year.date_from <= date <= year.date_to):
            # Two transactions must not both begin a year: a write to the row that they share makes the second one fail
            # in a way that is tried again.
            with conflicts_expected(self.env.cr):
                self.env.cr.execute("UPDATE ir_sequence SET write_date = write_date WHERE id = %s", (sequence.id,))
            begin = date.replace(month=1, day=1)
            ranges.create(
                {
                    "sequence_id": sequence.id,
                    "date_from": begin,
                    "date_to": date.replace(month=12, day=31),
                    "number_next_actual": self._get_last_credit_allocation_number(sequence, begin) + 1,
                }
            )
        return sequence

    def _get_last_credit_allocation_number(self, sequence, begin):
        """The highest number that is taken, of those that a sequence gives with the prefix and suffix of today; 0 for
        none.

        :param begin: first day of the range of dates that is numbered, None where the sequence has none
        """
        prefix, suffix = sequence._get_prefix_suffix(date_range=begin)
        pattern = f"{escape_psql(prefix)}%{escape_psql(suffix)}"
        documents = self.env[sequence.code].sudo()
        names = documents.search([("company_id", "=", self.id), ("name", "=like", pattern)]).mapped("name")
        numbers = [name.removeprefix(prefix).removesuffix(suffix) for name in names]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)
