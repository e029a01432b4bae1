from . import customer_credit_reservation, customer_credit_withdrawal  # others inherit them

# isort: split
from . import (
    account_credit_allocation_line,
    account_move,
    account_move_line,
    account_move_withdrawal,
    account_payment_withdrawal,
    allocation_executor,
    customer_credit_lock,
    customer_credit_mail,
    customer_credit_mail_mark,
    customer_credit_reservation_mail,
    customer_credit_reservation_release,
    customer_credit_reservation_withdrawal,
    customer_credit_withdrawal_payment,
    open_item_reader,
    res_company,
    res_company_mail,
    res_config_settings_mail,
    res_partner,
    res_partner_mail,
    res_partner_policy,
    res_partner_withdrawal,
)
