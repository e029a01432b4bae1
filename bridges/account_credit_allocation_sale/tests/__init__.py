from . import test_order_payment
from . import test_order_payment_invoices
from . import test_order_use_credit
from . import test_order_use_credit_rights
from . import test_order_credit_portal
from . import test_order_credit_properties
from . import test_order_use_credit_tour
