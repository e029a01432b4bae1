"""Money on its way to a document of its own is no free credit, and that document is no free debt.

What has plans for open items belongs to other addons. They are asked only where they are installed: this addon does not
need them, but a shop must not lose its customers' card payments to their oldest invoices.
"""

from .invoice_transactions import InvoiceTransactions
from .payments import Payments
from .sales_orders import SalesOrders

FLOWS = (Payments(), InvoiceTransactions(), SalesOrders())
