from . import customer_credit_lock
from . import customer_credit_reservation
from . import customer_credit_reservation_release
from . import account_credit_allocation_line
from . import allocation_executor
from . import res_company
from . import res_partner
from . import res_partner_policy
from . import account_move
from . import account_move_line
from . import open_item_reader
from . import account_move_kind
from . import account_move_balance
from . import customer_credit_movement
from . import customer_credit_reservation_stale
from . import res_config_settings
from . import res_partner_balance
from . import res_partner_statement
from . import (
    customer_credit_mail_mark,
    customer_credit_mail,
    customer_credit_withdrawal,
    customer_credit_withdrawal_payment,
    customer_credit_reservation_mail,
    customer_credit_reservation_withdrawal,
    account_move_withdrawal,
    account_payment_withdrawal,
    res_company_mail,
    res_config_settings_mail,
    res_partner_mail,
    res_partner_withdrawal,
)
