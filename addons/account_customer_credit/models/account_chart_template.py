from odoo import api, models


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _post_load_data(self, template_code, company, template_data):
        loaded = super()._post_load_data(template_code, company, template_data)
        (company or self.env.company)._create_customer_credit_journals()
        return loaded
