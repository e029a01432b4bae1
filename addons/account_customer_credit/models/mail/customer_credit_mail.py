import logging
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Command
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

MODULE = "account_customer_credit"
LAYOUT = f"{MODULE}.customer_credit_mail_layout"


class Event(NamedTuple):
    """What a customer is told by e-mail."""

    switch: str  # boolean field of res.company
    template: str  # XML id of the mail.template


class CustomerCreditMail(models.AbstractModel):
    """E-mails to customers about their credit: put into Odoo's mail queue once for each event, and sent from there.

    They are news, no part of the flow that they tell of: whatever goes wrong with one is logged, and the money moves
    all the same.
    """

    _name = "customer.credit.mail"
    _description = "Customer Credit E-mails"

    @api.model
    def _get_events(self):
        """``{event: Event}``. A hook for addons that have more to tell."""
        withdrawal = "customer_credit_mail_withdrawal"
        return {
            "deposit": Event("customer_credit_mail_deposit", f"{MODULE}.customer_credit_mail_template_deposit"),
            "payment": Event("customer_credit_mail_payment", f"{MODULE}.customer_credit_mail_template_payment"),
            **{
                event: Event(withdrawal, f"{MODULE}.customer_credit_mail_template_{event}")
                for event in (
                    "withdrawal_requested",
                    "withdrawal_approved",
                    "withdrawal_paid",
                    "withdrawal_refused",
                )
            },
        }

    @api.model
    def _queue(self, event, record, document=None, amount=None):
        """Tell the customer of an event, once, unless the company or the customer does not want that.

        Nothing is sent here, and nothing is raised whatever becomes of the e-mail.

        :param str event: see :meth:`_get_events`
        :param record: with the fields partner_id, company_id, currency_id and amount: an ``account.payment``, a
            ``customer.credit.reservation`` or a ``customer.credit.withdrawal``
        :param document: ``account.move`` that the event is about, where a record may have several such events: an
            invoice that was paid with this reservation
        :param float amount: in the currency of the record; its own amount when None
        :return: the queued ``mail.mail``, empty where there is nothing to send, or where that failed
        :raise psycopg2.errors.SerializationFailure: another transaction has told of it; Odoo starts again
        """
        record = record.with_user(SUPERUSER_ID).sudo()
        record.ensure_one()
        self.env.cr.flush()  # what is pending belongs to the flow, and so do its errors
        try:
            with self.env.cr.savepoint():
                return self._queue_once(event, record, document, amount)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("The e-mail %r about %s cannot be made", event, record)
            return self.env["mail.mail"]

    @api.model
    def _queue_once(self, event, record, document, amount):
        mails = self.env["mail.mail"].sudo()
        settings = self._get_events()[event]
        if not record.company_id[settings.switch]:
            return mails
        recipient = self._get_recipient(record, document)
        template = self.env.ref(settings.template, raise_if_not_found=False)
        if not recipient or not template:
            return mails
        mark = self.env["customer.credit.mail.mark"].sudo()._set(event, record, document, recipient.email)
        if not mark:
            return mails
        template = (
            template.with_user(SUPERUSER_ID)
            .sudo()
            .with_company(record.company_id)
            .with_context(
                customer_credit={
                    "amount": record.amount if amount is None else amount,
                    "balance": record.partner_id._get_credit(record.company_id, record.currency_id),
                    "document": document.name if document else "",
                    "left": self._get_left_to_pay(document, recipient),
                    "partner": recipient.name or recipient.commercial_partner_id.name,
                    "lang": recipient.lang,
                }
            )
        )
        mail_id = template.send_mail(
            record.id,
            force_send=False,
            email_layout_xmlid=LAYOUT,
            email_values={"recipient_ids": [Command.set(recipient.ids)], "email_to": False, "email_cc": False},
        )
        mail = mails.browse(mail_id)
        if "message_ids" in record:
            self._keep_in_chatter(mail, template)
        return mail

    @api.model
    def _get_left_to_pay(self, document, recipient):
        """What is still to be paid of an invoice, as a text for the recipient; empty where nothing is."""
        if not document or document.currency_id.is_zero(document.amount_residual):
            return ""
        return document.currency_id.with_context(lang=recipient.lang).format(document.amount_residual)

    @api.model
    def _keep_in_chatter(self, mail, template):
        """The text alone, without the frame of an e-mail, and for good.

        Odoo deletes what it has sent together with its message, unless the e-mail notifies of that message.
        """
        mail.is_notification = True
        bodies = template._render_field("body_html", [mail.res_id], compute_lang=True)
        mail.mail_message_id.body = bodies[mail.res_id]

    @api.model
    def _get_recipient(self, record, document):
        """The contact who is told: whoever the record or document names, else the customer.

        :return: ``res.partner`` with an e-mail address, empty where nobody has one or wants to be told
        """
        contact = record.contact_id if "contact_id" in record else record.partner_id
        if document:
            contact = document.sudo().partner_id
        customer = record.partner_id.commercial_partner_id
        if contact.customer_credit_no_mail or customer.customer_credit_no_mail:
            return self.env["res.partner"]
        return (contact | customer).filtered("email")[:1]
