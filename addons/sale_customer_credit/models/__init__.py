from . import (
    account_move,
    customer_credit_reservation,
    open_item_reader,
    payment_transaction,
    sale_order,
)
