"""What customers are invoiced and how they pay: drawn by chance, always the same from the same seed. Needs no Odoo."""

from collections.abc import Mapping
from itertools import accumulate
from typing import NamedTuple

# What customers do, and how often. See the functions ``draw_…``.
USUAL_SHARES = {"reference": 35, "exact": 30, "combination": 10, "any_amount": 15, "unpaid": 7, "on_account": 3}


class LedgerSpec(NamedTuple):
    """What to make. Numbers of items are for each partner; an invoice or payment has one item on the receivable.

    ``shares``: weights of the kinds of business, see :data:`USUAL_SHARES`. ``closed_items``: invoices and payments that
    are settled already, half of each. ``year``: of all documents.
    """

    partners: int = 100
    open_items: int = 20
    closed_items: int = 0
    shares: Mapping[str, int] = USUAL_SHARES
    year: int = 2024


class Document:
    """An invoice, or a payment: its partner by position, its amount in cents, and the invoice that it names."""

    __slots__ = ("cents", "closed", "day", "is_invoice", "named", "number", "partner", "position", "settles")

    def __init__(self, partner, cents, day, *, is_invoice, named=None, settles=None):
        self.partner, self.cents, self.day, self.is_invoice = partner, cents, day, is_invoice
        self.named, self.settles, self.closed = named, settles, settles is not None


def draw_documents(spec, chance):
    """All documents, by date, as a real ledger holds them: those of one partner lie far from each other."""
    names, bounds = list(spec.shares), list(accumulate(spec.shares.values()))
    documents = []
    for partner in range(spec.partners):
        mine = []
        while len(mine) < spec.open_items:
            kind = chance.choices(names, cum_weights=bounds)[0]
            mine += DRAW[kind](chance, partner)[: spec.open_items - len(mine)]
        for _ in range(spec.closed_items // 2):
            mine += draw_closed(chance, partner)
        documents += mine
    documents.sort(key=lambda document: document.day)
    numbers = {True: 0, False: 0}
    for position, document in enumerate(documents):
        document.position, document.number = position, numbers[document.is_invoice]
        numbers[document.is_invoice] += 1
    return documents


def draw_cents(chance):
    """Mostly small, sometimes large, never twice the same by much chance."""
    return int(10 ** chance.uniform(3, 6)) + chance.randrange(100)


def draw_invoice(chance, partner):
    return Document(partner, draw_cents(chance), chance.randrange(300), is_invoice=True)


def draw_payment(chance, partner, cents, invoice, **vals):
    return Document(partner, cents, invoice.day + chance.randrange(1, 60), is_invoice=False, **vals)


def draw_reference(chance, partner):
    """The payment names its invoice; one in five is of another amount."""
    invoice = draw_invoice(chance, partner)
    cents = invoice.cents if chance.random() < 0.8 else draw_cents(chance)
    return [invoice, draw_payment(chance, partner, cents, invoice, named=invoice)]


def draw_exact(chance, partner):
    """The payment says nothing, but it is of the invoice's amount."""
    invoice = draw_invoice(chance, partner)
    return [invoice, draw_payment(chance, partner, invoice.cents, invoice)]


def draw_combination(chance, partner):
    """One payment for two to four invoices."""
    invoices = [draw_invoice(chance, partner) for _ in range(chance.randint(2, 4))]
    cents = sum(invoice.cents for invoice in invoices)
    return [*invoices, draw_payment(chance, partner, cents, max(invoices, key=lambda invoice: invoice.day))]


def draw_any_amount(chance, partner):
    """A payment on account: whatever is oldest."""
    invoice = draw_invoice(chance, partner)
    return [invoice, draw_payment(chance, partner, draw_cents(chance), invoice)]


def draw_unpaid(chance, partner):
    return [draw_invoice(chance, partner)]


def draw_on_account(chance, partner):
    return [draw_payment(chance, partner, draw_cents(chance), draw_invoice(chance, partner))]


def draw_closed(chance, partner):
    invoice = draw_invoice(chance, partner)
    invoice.closed = True
    return [invoice, draw_payment(chance, partner, invoice.cents, invoice, named=invoice, settles=invoice)]


DRAW = {
    "reference": draw_reference,
    "exact": draw_exact,
    "combination": draw_combination,
    "any_amount": draw_any_amount,
    "unpaid": draw_unpaid,
    "on_account": draw_on_account,
}
