from . import (
    account_move,
    account_payment_method,
    customer_credit_reservation,
    customer_credit_topup_mixin,
    payment_provider,
    payment_transaction,
    res_company,
    res_config_settings,
)
