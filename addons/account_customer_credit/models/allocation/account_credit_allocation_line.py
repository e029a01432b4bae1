from odoo import api, models

# Handed over in the context, so that no client can say that it is releasing a reservation.
RELEASING = object()


class AccountCreditAllocationLine(models.Model):
    _inherit = "account.credit.allocation.line"

    @api.model
    def _selection_rule(self):
        return [*super()._selection_rule(), ("credit", self.env._("Customer credit"))]

    @api.model
    def _get_evidence_text(self, evidence):
        texts = {
            "overdraft": self.env._("What was overdrawn is settled first"),
            "spent": self.env._("The customer's credit was spent, the oldest first"),
            "reserved": self.env._("The credit was reserved for this document"),
            "released": self.env._("The reservation was released"),
        }
        return texts.get(evidence.code) or super()._get_evidence_text(evidence)

    def _check_may_undo(self):
        """What a reservation took, or gave back, is no allocation to take back by itself.

        :raise UserError: one of these belongs to a reservation, which is released instead
        """
        checked = super()._check_may_undo()
        if self.env.context.get("credit_reservation_releasing") is not RELEASING:
            self.filtered(lambda line: line.state == "done").debt_move_id._check_reserves_nothing()
        return checked
