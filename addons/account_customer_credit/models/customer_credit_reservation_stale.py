from odoo import api, fields, models
from odoo.fields import Domain


class CustomerCreditReservation(models.Model):
    _inherit = "customer.credit.reservation"  # pylint: disable=consider-merging-classes-inherited

    is_stale = fields.Boolean(
        string="Stale",
        compute="_compute_is_stale",
        search="_search_is_stale",
        help="Held beyond the day until which it was reserved, or for what needs it no longer.",
    )

    @api.depends("state", "date_expiry")
    def _compute_is_stale(self):
        candidates = self.filtered_domain(self._get_stale_domain())
        for reservation in self:
            reservation.is_stale = reservation in candidates and reservation.sudo()._is_stale()

    @api.model
    def _search_is_stale(self, operator, value):
        if operator != "in":
            return NotImplemented
        stale = self.sudo().search(self._get_stale_domain()).filtered(lambda reservation: reservation._is_stale())
        return Domain("id", "in" if True in value else "not in", stale.ids)
