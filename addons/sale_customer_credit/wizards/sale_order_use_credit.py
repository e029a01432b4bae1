from odoo import api, fields, models


class SaleOrderUseCredit(models.TransientModel):
    """How much of a customer's credit is used for an order: as much as there is and as is to be paid, or less."""

    _name = "sale.order.use.credit"
    _inherit = "customer.credit.once"
    _description = "Use Credit for a Sales Order"

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    # with the user's own rights, as everything here: the id of the order comes from a client, who may have guessed it
    partner_id = fields.Many2one(related="order_id.partner_id", related_sudo=False)
    currency_id = fields.Many2one(related="order_id.currency_id", related_sudo=False)
    available = fields.Monetary(string="Available Credit", compute="_compute_amounts")
    overdraft = fields.Monetary(
        string="Overdraft Left",
        compute="_compute_amounts",
        help="What this customer may spend in addition, and owes you then.",
    )
    amount_to_pay = fields.Monetary(string="Still to Pay", compute="_compute_amounts")
    amount_owed = fields.Monetary(
        string="Will Be Owed",
        compute="_compute_amount_owed",
        help="What goes beyond the customer's credit, and the customer owes you then.",
    )
    amount = fields.Monetary(
        string="Use",
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
        required=True,
        help="It is reserved for the order, and pays its invoices as soon as they are confirmed.",
    )

    @api.depends("order_id")
    def _compute_amounts(self):
        for wizard in self:
            order = wizard.order_id
            order._origin.check_access("read")
            wizard.available = order.customer_credit_available
            wizard.overdraft = max(order._get_spendable_credit() - max(wizard.available, 0.0), 0.0) if order else 0.0
            wizard.amount_to_pay = order._get_amount_to_pay_by_credit() if order else 0.0

    @api.depends("order_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = max(min(wizard.available, wizard.amount_to_pay), 0.0)

    @api.depends("amount", "available")
    def _compute_amount_owed(self):
        for wizard in self:
            wizard.amount_owed = max(wizard.amount - max(wizard.available, 0.0), 0.0)

    def action_use_credit(self):
        """Reserve the amount for the order.

        :raise AccessError: the user may not change the order
        :raise UserError: the order does not need so much, or the customer does not have it
        """
        self.ensure_one()
        self.order_id._check_may_use_credit()
        if self._use():
            self.order_id._use_credit(self.amount)
        return {"type": "ir.actions.act_window_close"}
