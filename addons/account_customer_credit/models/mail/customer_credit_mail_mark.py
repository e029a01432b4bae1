from odoo import api, fields, models


class CustomerCreditMailMark(models.Model):
    """That a customer was told of an event: however often a flow is run again, there is one e-mail."""

    _name = "customer.credit.mail.mark"
    _description = "Customer Credit E-mail Sent"
    _order = "id desc"

    event = fields.Char(required=True, readonly=True)
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", required=True, readonly=True)
    document_id = fields.Integer(string="Document", readonly=True, help="Journal entry, 0 for none.", default=0)
    email = fields.Char(readonly=True)

    _event_unique = models.Constraint(
        "UNIQUE(event, res_model, res_id, document_id)", "The customer was told of this already."
    )

    @api.model
    def _set(self, event, record, document, email):
        """
        :return: the new mark, empty when there was one
        """
        self.env.cr.execute(
            """INSERT INTO customer_credit_mail_mark
                      (event, res_model, res_id, document_id, email, create_uid, write_uid, create_date, write_date)
               VALUES (%s, %s, %s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
               ON CONFLICT DO NOTHING RETURNING id""",
            (event, record._name, record.id, document.id if document else 0, email, self.env.uid, self.env.uid),
        )
        row = self.env.cr.fetchone()
        return self.browse(row and row[0])
