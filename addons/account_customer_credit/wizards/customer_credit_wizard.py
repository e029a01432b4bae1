from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.balance.context_ids import get_ids


class CustomerCreditWizard(models.AbstractModel):
    """What the windows that change a customer's credit have in common: whose, where, how much there is."""

    _name = "customer.credit.wizard"
    _inherit = "customer.credit.once"
    _description = "Customer Credit Window"

    _required_group = None  # xml id of the group that may use it
    _refusal = None

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        default=lambda self: self._get_default_partner(),
        help="Credit belongs to the commercial entity.",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, string="Currency"
    )
    date = fields.Date(required=True, default=fields.Date.context_today)
    available = fields.Monetary(
        string="Available Credit",
        compute="_compute_available",
        help="What the customer has in this currency before. Negative for an overdraft.",
    )

    @api.depends("partner_id", "company_id", "currency_id")
    def _compute_available(self):
        for wizard in self:
            wizard.available = wizard._get_available()

    def _get_available(self):
        """The customer's available credit, in the currency of the window; as superuser, but in no company that the user
        has not selected."""
        if not (self.partner_id and self.currency_id and self.company_id in self.env.companies):
            return 0.0
        self.partner_id._origin.check_access("read")
        return self.partner_id.sudo()._get_credit(self.company_id, self.currency_id)

    @api.model
    def _get_default_partner(self):
        """The partner from whose form, or from whose movements, the window was opened."""
        from_partner = self.env.context.get("active_model") == "res.partner"
        ids = get_ids(self.env.context.get("active_id" if from_partner else "customer_credit_partner_id"))
        return ids[0] if ids else None

    def _check_may_use(self):
        """Whether the current user may do it: asked again by every button, whatever a client shows.

        :raise AccessError: no group, or a company that is not selected
        """
        self.ensure_one()
        if not self.env.user.has_group(self._required_group):
            raise AccessError(self._get_refusal())
        self.partner_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("%s is not among the companies that you have selected.", self.company_id.sudo().name)
            )

    def _get_refusal(self):
        return self.env._("You may not change the credit of customers. Ask an accountant to do it.")

    def _check_positive(self, amount):
        """:raise UserError: the amount is zero or less"""
        if self.currency_id.compare_amounts(amount, 0.0) <= 0:
            raise UserError(self.env._("The amount must be positive."))

    def _notify_customer(self, event, record):
        """Queue the customer's e-mail; see ``customer.credit.mail``."""
        self.env["customer.credit.mail"].sudo()._queue(event, record)

    @api.model
    def _close(self):
        """The action that ends the window and says nothing: what it was for is done already."""
        return {"type": "ir.actions.act_window_close", "infos": {"done": True}}

    def _say_done(self, message):
        """The action that ends the window: says what was done, and lets the view behind it read anew."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success",
                "next": self._close(),
            },
        }
