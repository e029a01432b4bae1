from odoo import models


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    def _get_models(self):
        """Also count the documents: discuss limits the list to what has a chatter."""
        return super()._get_models() | self.env["ir.model"]._get("account.credit.allocation")
