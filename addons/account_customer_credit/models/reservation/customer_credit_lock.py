from odoo import api, fields, models


class CustomerCreditLock(models.Model):
    """The row that everything writes which spends a customer's credit: it holds no amount, only the place in a queue.

    Under PostgreSQL's REPEATABLE READ two transactions that merely look at a balance both see the old one, even with
    ``SELECT … FOR UPDATE``. Of two that write this row first, the second fails with a serialization error, which Odoo
    answers by starting it again on the new state of the ledger.
    """

    _name = "customer.credit.lock"
    _description = "Customer Credit Lock"
    _log_access = False

    partner_id = fields.Many2one("res.partner", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="cascade")
    uses = fields.Integer(default=1)

    _partner_company_unique = models.Constraint(
        "UNIQUE(partner_id, company_id)", "There is one lock for each customer."
    )

    @api.model
    def _take(self, partners, company):
        """Write the rows of commercial partners, in a fixed order, so that two who want the same cannot deadlock.

        :raise psycopg2.errors.SerializationFailure: another transaction has written one since this one began; Odoo
            tries again
        """
        for partner_id in sorted(partners.commercial_partner_id.ids):
            self.env.cr.execute(
                """INSERT INTO customer_credit_lock (partner_id, company_id, uses) VALUES (%s, %s, 1)
                   ON CONFLICT (partner_id, company_id) DO UPDATE SET uses = customer_credit_lock.uses + 1""",
                (partner_id, company.id),
            )
