from odoo import api, fields, models

JOURNAL_CODE = "CCRED"


class ResCompany(models.Model):
    _inherit = "res.company"

    customer_credit_journal_id = fields.Many2one(
        "account.journal",
        string="Customer Credit Journal",
        ondelete="set null",  # it goes with the chart of accounts of a new company, and comes with the next one
        copy=False,
        domain="[('type', '=', 'general')]",
        help="Where reservations, corrections and transfers of customer credit are booked.",
    )
    customer_credit_overdraft = fields.Selection(
        [("none", "Never more than the customer has"), ("limit", "Up to a limit")],
        string="Customers May Overdraw",
        default="none",
        required=True,
        help="What is spent beyond the credit is owed: an open debit item, which new credits settle first.",
    )
    customer_credit_overdraft_limit = fields.Monetary(
        string="Overdraft of at Most",
        help="For each customer, all currencies together, in the company's currency. A customer may have an own limit.",
    )
    customer_credit_overdue_lowers_withdrawal = fields.Boolean(
        string="Overdue invoices first",
        help="What a customer may withdraw is the credit less the customer's overdue invoices.",
    )
    customer_credit_reservation_days = fields.Integer(
        string="Days of a Reservation",
        default=30,
        help="After as many days credit that is still reserved, and may be released, is released. 0 for never.",
    )

    customer_credit_mail_deposit = fields.Boolean(
        string="When credit is added",
        default=True,
        help="An e-mail tells the customer of each deposit.",
    )
    customer_credit_mail_payment = fields.Boolean(
        string="When an invoice is paid with credit",
        default=True,
        help="An e-mail tells the customer which invoice was paid, and what is left.",
    )
    customer_credit_mail_withdrawal = fields.Boolean(
        string="When credit is withdrawn",
        default=True,
        help="E-mails tell the customer that a withdrawal was requested, approved, paid or refused.",
    )

    _customer_credit_overdraft_limit_positive = models.Constraint(
        "CHECK(customer_credit_overdraft_limit >= 0)", "The limit of an overdraft cannot be negative."
    )
    _customer_credit_reservation_days_positive = models.Constraint(
        "CHECK(customer_credit_reservation_days BETWEEN 0 AND 36500)",
        "The days of a reservation must be at least 0 and at most 36500, which is a century.",
    )

    @api.model
    def _get_credit_allocation_sequences(self):
        return {
            **super()._get_credit_allocation_sequences(),
            "customer.credit.withdrawal": ("WD", self.env._("Withdrawals of customer credit of %s")),
        }

    def _get_customer_credit_journal(self):
        """The journal of this company for all entries of customer credit, made when it is missing.

        Its numbers are not those of the miscellaneous journal, whose sequence may be audited.

        :raise odoo.exceptions.UserError: the company has no chart of accounts, so there is nothing to book on
        """
        self.ensure_one()
        company = self.sudo()
        if not company.customer_credit_journal_id:
            company._create_customer_credit_journals()
        return company.customer_credit_journal_id

    def _create_customer_credit_journals(self):
        """Give a journal to each company of ``self`` that keeps books and has none."""
        for company in self.sudo().filtered(lambda company: not company.customer_credit_journal_id):
            Journal = self.env["account.journal"].sudo().with_context(active_test=False).with_company(company)
            company.customer_credit_journal_id = Journal.search(
                [("company_id", "=", company.id), ("type", "=", "general"), ("code", "=", JOURNAL_CODE)], limit=1
            ) or Journal.create(
                {
                    "name": self.env._("Customer Credit"),
                    "code": JOURNAL_CODE,
                    "type": "general",
                    "company_id": company.id,
                    "show_on_dashboard": False,
                }
            )

    @api.model
    def _get_all_by(self, key):
        """``{key(company): companies}`` of all companies there are, archived ones too."""
        companies = self.sudo().with_context(active_test=False).search([])  # pylint: disable=no-search-all
        return companies.grouped(key)
