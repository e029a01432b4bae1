from . import account_move
from . import customer_credit_reservation
from . import open_item_reader
from . import payment_transaction
from . import sale_order
from . import sale_order_settle
