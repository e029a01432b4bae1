INVOICE_TYPES = ("out_invoice", "in_invoice", "out_receipt", "in_receipt")
REFUND_TYPES = ("out_refund", "in_refund")
VENDOR_TYPES = ("in_invoice", "in_refund", "in_receipt")
# the letters and digits of a number, in SQL: account.move has indexes of it, which serve only where it is the same
SQUASHED = "regexp_replace(lower({}), '[^a-z0-9]', '', 'g')"


def get_names(move_type, number, payment_reference, ref, origin):
    """What others may call a document, and the orders that it was made from.

    :param payment_reference: None where it names the customer instead
    :param origin: names of orders, with commas between them
    :return: ``(identifiers, origins)``, two tuples
    """
    is_invoice = move_type in INVOICE_TYPES
    identifiers = distinct(
        number, payment_reference if is_invoice else None, ref if move_type in VENDOR_TYPES else None
    )
    return identifiers, distinct(*map(str.strip, origin.split(","))) if is_invoice and origin else ()


def distinct(*texts):
    return tuple(dict.fromkeys(filter(None, texts)))
