from odoo import api, fields, models

KINDS = [
    ("reservation_held", "Reserved amount"),
    ("reservation_items", "Reserved credit of somebody else"),
    ("reservation_entry", "Entry of a reservation is not posted"),
    ("withdrawal_credit", "Withdrawal without its credit"),
    ("withdrawal_decided", "Credit held for a withdrawal that is not paid"),
    ("withdrawal_payment", "Paid withdrawal, yet open"),
]
WARNINGS = {"withdrawal_credit", "withdrawal_decided", "withdrawal_payment"}


class AccountCreditAllocationCheckFinding(models.Model):
    _inherit = "account.credit.allocation.check.finding"

    kind = fields.Selection(selection_add=KINDS, ondelete=dict.fromkeys(dict(KINDS), "cascade"))
    reservation_id = fields.Many2one(
        "customer.credit.reservation", readonly=True, index="btree_not_null", ondelete="set null"
    )

    @api.model
    def _get_warnings(self):
        return super()._get_warnings() | WARNINGS

    @api.model
    def _get_computed_fields(self):
        amounts = ("amount", "amount_held", "amount_settled", "amount_released", "state")
        return {**super()._get_computed_fields(), "reservation_held": ("reservation_id", amounts)}

    @api.depends("reservation_id")
    def _compute_place(self):
        computed = super()._compute_place()
        for finding in self.filtered("reservation_id"):
            finding.place = finding.reservation_id.display_name
        return computed

    @api.model
    def _prepare_finding_vals(self, problem):
        return {
            **super()._prepare_finding_vals(problem),
            "reservation_id": problem.record_id if problem.kind in dict(KINDS) else False,
        }

    def action_open(self):
        self.check_access("read")
        if self.reservation_id:
            return self.reservation_id._get_records_action()
        return super().action_open()

    @api.model
    def _get_problem_texts(self):
        return {
            **super()._get_problem_texts(),
            "reservation_held": self.env._("What is still reserved is not what is open of the reserved journal items."),
            "reservation_items": self.env._(
                "A reserved journal item is no credit of the customer, company and currency of its reservation."
            ),
            "reservation_entry": self.env._("Credit is reserved by an entry that is not posted."),
            "withdrawal_credit": self.env._("Less credit is reserved than is to be paid out by the withdrawal."),
            "withdrawal_decided": self.env._("Credit is reserved for a withdrawal that was refused or cancelled."),
            "withdrawal_payment": self.env._(
                "The withdrawal is paid, but its payment is not reconciled with all of the reserved credit."
            ),
        }

    @api.model
    def _get_remedy_texts(self):
        remedies = super()._get_remedy_texts()
        return {
            **remedies,
            "reservation_held": remedies["residual"],
            "reservation_items": self.env._(
                "Undo what was paid with it, release the reservation, and reserve the right credit again."
            ),
            "reservation_entry": self.env._(
                "Release the reservation if nobody needs it. Else post the entry again; reset it to draft first if it "
                "is cancelled."
            ),
            "withdrawal_credit": self.env._("Refuse the withdrawal and request another."),
            "withdrawal_decided": self.env._("Release the reservation."),
            "withdrawal_payment": self.env._(
                "Open the withdrawal and press Reconcile Again, or reset its payment to draft and confirm it again."
            ),
        }
