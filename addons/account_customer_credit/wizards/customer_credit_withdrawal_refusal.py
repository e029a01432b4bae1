from odoo import fields, models


class CustomerCreditWithdrawalRefusal(models.TransientModel):
    """The dialog that asks why a withdrawal is refused."""

    _name = "customer.credit.withdrawal.refusal"
    _description = "Refuse Withdrawal of Customer Credit"

    withdrawal_id = fields.Many2one("customer.credit.withdrawal", required=True, readonly=True, ondelete="cascade")
    reason = fields.Text(required=True)

    def action_refuse(self):
        """Refuse the withdrawal; the credit is available again.

        :raise UserError: see ``customer.credit.withdrawal.action_refuse``
        """
        self.ensure_one()
        self.withdrawal_id.action_refuse(self.reason)
        return {"type": "ir.actions.act_window_close"}
