from . import (
    account_credit_allocation_line,
    account_move,
    account_move_line,
    allocation_executor,
    customer_credit_lock,
    customer_credit_reservation,
    open_item_reader,
    res_company,
    res_partner,
    res_partner_policy,
)

# isort: split
from . import customer_credit_reservation_release
