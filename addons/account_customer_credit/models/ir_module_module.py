from odoo import models
from odoo.exceptions import UserError

MODULE = "account_customer_credit"
OPEN_WITHDRAWALS = [("state", "in", ("requested", "approved"))]


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Without this addon nothing keeps reserved credit for its owner, and nothing could release it.

        :raise UserError: credit is reserved, or a withdrawal is open
        """
        # to anybody else nothing is told: Odoo refuses
        if self.env.is_admin() and MODULE in (self + self.downstream_dependencies()).mapped("name"):
            self._check_no_credit_reserved()
        return super().button_uninstall()

    def _check_no_credit_reserved(self):
        Reservation = self.env["customer.credit.reservation"].sudo()
        withdrawals = self.env["customer.credit.withdrawal"].sudo().search(OPEN_WITHDRAWALS)
        reservations = Reservation.search([("state", "=", "held")]) - withdrawals.reservation_id
        if not reservations and not withdrawals:
            return
        first = [
            *(f"{withdrawal.name} ({withdrawal.partner_id.display_name})" for withdrawal in withdrawals[:3]),
            *(f"{reservation.name} ({reservation.origin_label})" for reservation in reservations[:3]),
        ]
        raise UserError(
            self.env._(
                "Credit of customers is still reserved. Reservations: %(reservations)s, "
                "open withdrawals: %(withdrawals)s, such as %(examples)s. Release the reservations, and pay or refuse "
                "the withdrawals, under Customers, Customer Credit; then uninstall.",
                reservations=len(reservations),
                withdrawals=len(withdrawals),
                examples=", ".join(first),
            )
        )
