from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    customer_credit_topup = fields.Boolean(
        string="Top-up in the portal",
        help="Customers may add to their credit with any online payment method.",
    )
    customer_credit_topup_min = fields.Monetary(string="Smallest top-up", default=10.0)
    customer_credit_topup_max = fields.Monetary(
        string="Largest top-up", default=1000.0, help="0 means that there is no limit."
    )
    customer_credit_portal_withdrawal = fields.Boolean(
        string="Withdrawal requests in the portal",
        help="Customers may ask to have their credit paid out. Somebody of the company approves each request.",
    )

    @api.constrains("customer_credit_topup_min", "customer_credit_topup_max")
    def _check_customer_credit_topup_limits(self):
        for company in self:
            smallest, largest = company.customer_credit_topup_min, company.customer_credit_topup_max
            if smallest < 0 or largest < 0 or (largest and largest < smallest):
                raise ValidationError(
                    self.env._("The smallest top-up cannot be negative, nor higher than the largest one.")
                )

    def _get_customer_credit_topup_error(self, amount):
        """Why the portal does not accept a top-up of ``amount`` (in company currency), or an empty string."""
        self.ensure_one()
        currency = self.currency_id
        smallest, largest = self.customer_credit_topup_min, self.customer_credit_topup_max
        if amount is None or currency.compare_amounts(amount, 0) <= 0:
            return self.env._("Please enter an amount, such as 50.00.")
        if currency.compare_amounts(amount, smallest) < 0:
            return self.env._("The smallest amount is %s.", currency.format(smallest))
        if largest and currency.compare_amounts(amount, largest) > 0:
            return self.env._("The largest amount is %s.", currency.format(largest))
        return ""
