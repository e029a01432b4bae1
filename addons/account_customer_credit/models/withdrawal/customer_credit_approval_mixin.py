from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError

APPROVE_GROUP = "account_customer_credit.customer_credit_group_approve"
ACTIVITY = "account_customer_credit.customer_credit_activity_type_to_approve"


class CustomerCreditApprovalMixin(models.AbstractModel):
    """Four eyes: who may approve that money leaves, and who is asked to.

    The model that inherits it has activities, and the fields requested_by, partner_id, company_id, bank_is_trusted and
    acc_number.
    """

    _name = "customer.credit.approval.mixin"
    _description = "Approval of a Withdrawal of Customer Credit"

    def _may_approve(self, user):
        """Whether this user is somebody else than whoever asks for the money or gets it."""
        return (
            user.has_group(APPROVE_GROUP)
            and user != self.requested_by
            and user.sudo().partner_id.commercial_partner_id != self.sudo().partner_id.commercial_partner_id
        )

    def _check_approver(self):
        """:raise UserError: the user requested it, or gets the money"""
        if not self._may_approve(self.env.user):
            raise UserError(
                self.env._("Somebody else must approve %s: you requested it, or get the money.", self.display_name)
            )

    def _get_approvers(self):
        """The users who may approve, of whom each gets an activity."""
        users = self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(APPROVE_GROUP).ids),
                ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ]
        )
        return users.filtered(self._may_approve)

    def _schedule_approval(self):
        approvers = self._get_approvers()
        for approver in approvers:
            note = ""
            if not self.bank_is_trusted:
                approver_env = self.with_context(lang=approver.lang).env
                # typed by a customer, perhaps: a note is HTML, and takes any text as such
                text = approver_env._("The bank account %s is not trusted yet.", self.acc_number)
                note = Markup("<p>%s</p>") % text
            self.activity_schedule(ACTIVITY, user_id=approver.id, note=note)
        if not approvers:
            self._message_log(body=self.env._("There is nobody who may approve this withdrawal."))

    def _finish_approval(self):
        """The activity of whoever decided is done, those of the others are no longer to be done."""
        self.activity_feedback([ACTIVITY], user_id=self.env.uid)
        self.activity_unlink([ACTIVITY])
