"""Money on its way to a document of its own is no free credit, and that document is no free debt.

What has plans for open items belongs to other addons. They are asked only where they are installed: this addon does not
need them, but a shop must not lose its customers' card payments to their oldest invoices.
"""

from .advance_payments import AdvancePayments
from .invoice_transactions import InvoiceTransactions
from .online_refunds import OnlineRefunds
from .payment_orders import PaymentOrders
from .payments import Payments
from .pos_online_payments import PosOnlinePayments
from .pos_orders import PosOrders
from .purchase_orders import PurchaseOrders
from .sales_orders import SalesOrders

FLOWS = (
    Payments(),
    InvoiceTransactions(),
    OnlineRefunds(),
    SalesOrders(),
    PurchaseOrders(),
    AdvancePayments(),
    PaymentOrders(),
    PosOnlinePayments(),
    PosOrders(),
)
