"""What the pages on customer credit share. Whose credit it is never comes from the browser."""

import logging
from decimal import Decimal, InvalidOperation

from odoo.http import request

from odoo.addons.account_customer_credit.exceptions import CustomerError

_logger = logging.getLogger(__name__)

MESSAGE_KEY = "customer_credit_message"
QUESTION_KEY = "customer_credit_question"
LARGEST = 10**12


def get_customer():
    """The commercial partner of the logged-in user, as superuser: the only one whose credit is seen or spent here."""
    return request.env.user.partner_id.commercial_partner_id.sudo()


def get_companies():
    """The companies in which the logged-in user sees credit, as superuser."""
    return request.env.user.company_ids.sudo()


def parse_amount(text, currency):
    """The positive amount that somebody typed, or None: for what is no number, not finite, or finer than the currency.

    :param text: as it came from the browser
    :param currency: ``res.currency`` record
    """
    try:
        amount = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 < amount < LARGEST or amount != round(amount, currency.decimal_places):
        return None
    return currency.round(float(amount)) or None


def parse_text(text, size):
    """What somebody typed, of at most ``size`` characters, without the one that no database takes."""
    return str(text or "").replace("\0", "").strip()[:size]


def parse_id(text):
    """The id that came from the browser, or 0, which is no record's."""
    return int(text) if str(text).isdecimal() and len(str(text)) < 10 else 0


def set_message(kind, text):
    """Have the next page of this session show a message, once.

    :param str kind: ``success``, ``warning`` or ``danger``
    """
    request.session[MESSAGE_KEY] = [kind, str(text)]


def pop_message():
    """The message for this page, ``{"kind": …, "text": …}``, or None."""
    message = request.session.pop(MESSAGE_KEY, None)
    return message and {"kind": message[0], "text": message[1]}


def get_sentence(error):
    """What to tell a customer of an error: its own words only if they are meant for customers."""
    if isinstance(error, CustomerError):
        return str(error)
    _logger.warning("A request of customer %s failed: %s", get_customer().id, error)
    return request.env._("Your credit cannot be used at this moment. Please try again later, or contact us.")


def get_owed(amount, credit, currency):
    """What somebody who spends an amount will owe of it, as it goes beyond the credit; zero or more, in the currency.

    :param float credit: available, negative for what is overdrawn already
    """
    return currency.round(max(amount - max(credit, 0.0), 0.0))


def ask_to_owe(invoice_id, amount):
    """Have the next page of this session ask whether so much is to be paid, as that is more than the credit."""
    request.session[QUESTION_KEY] = [invoice_id, amount]


def pop_question(invoice_id):
    """The amount that this page is to ask about, or None."""
    asked = request.session.pop(QUESTION_KEY, None)
    return asked[1] if asked and asked[0] == invoice_id else None
