from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .customer_credit import get_customer, parse_text


class CustomerCreditController(Controller):
    @route("/payment/customer_credit/process", type="http", auth="user", methods=["POST"], sitemap=False)
    def customer_credit_process(self, reference=None, **_kwargs):
        """The customer confirms a payment with credit: the form behind the button *Pay*.

        Only the reference is taken from the browser. That it is a draft, what it pays and how much follows from the
        transaction, see ``payment.transaction._pay_with_customer_credit``.

        :raise NotFound: there is no such payment of this customer
        """
        tx_sudo = request.env["payment.transaction"].sudo()
        tx_sudo = tx_sudo.search(
            [("reference", "=", parse_text(reference, 255)), ("provider_id.code", "=", "customer_credit")], limit=1
        )
        if not tx_sudo or tx_sudo.partner_id.commercial_partner_id != get_customer():
            raise NotFound()
        confirm_credit_payment(tx_sudo)
        return request.redirect("/payment/status")


def confirm_credit_payment(tx_sudo):
    """Pay the transaction, which belongs to the logged-in customer, and post-process it at once.

    Where its document cannot be paid now, for instance since its period was closed, the credit stays reserved for it,
    and Odoo tries again as with any other payment.
    """
    PaymentPostProcessing.monitor_transaction(tx_sudo)
    tx_sudo._process("customer_credit", {"reference": tx_sudo.reference})
    if tx_sudo.state != "done" or tx_sudo.is_post_processed:
        return
    try:
        with request.env.cr.savepoint():
            tx_sudo._post_process()
    except UserError as error:
        tx_sudo._log_message_on_linked_documents(str(error))
