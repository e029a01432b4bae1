from odoo import models


class CustomerCreditReservation(models.Model):
    _inherit = "customer.credit.reservation"

    def _may_settle(self, move):
        """What is reserved by a payment with credit may be assigned to the invoices of that payment."""
        origin = self._get_origin()
        if origin and origin._name == "payment.transaction":
            return move in origin.sudo().invoice_ids
        return super()._may_settle(move)
