from odoo import models


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    def _get_models(self):
        """Also count the reservations, as the documents of allocations are."""
        return super()._get_models() | self.env["ir.model"]._get("customer.credit.reservation")
