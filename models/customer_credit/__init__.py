from . import (
    account_credit_allocation_line,
    account_move,
    account_move_balance,
    account_move_kind,
    account_move_line,
    allocation_executor,
    customer_credit_lock,
    customer_credit_movement,
    customer_credit_reservation,
    open_item_reader,
    res_company,
    res_config_settings,
    res_partner,
    res_partner_balance,
    res_partner_policy,
    res_partner_statement,
)

# isort: split
from . import customer_credit_reservation_release, customer_credit_reservation_stale
