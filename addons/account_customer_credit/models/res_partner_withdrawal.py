from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def _request_credit_withdrawal(self, amount, currency, bank, company, reason=None):
        """Ask for credit of this customer to be paid out. It is reserved at once, and paid after an approval.

        No rights are checked: whoever calls this has checked that the user may, and in whose name. The e-mails go to
        this contact.

        :param float amount: positive, in ``currency``
        :param currency: ``res.currency``
        :param bank: ``res.partner.bank`` of the customer or one of its contacts; whether it is trusted is asked later
        :param company: ``res.company`` whose ledger holds the credit
        :param str reason: told to the approver
        :return: the ``customer.credit.withdrawal``, as superuser
        :raise InsufficientCreditError: it is more than the customer may withdraw; overdrafts are never paid out
        :raise UserError: the amount is not positive, or the bank account is another one's
        """
        self.ensure_one()
        withdrawals = self.env["customer.credit.withdrawal"].sudo()
        return withdrawals._request(self.sudo(), amount, currency, bank.sudo(), company.sudo(), reason)
