from . import (
    account_move,
    account_payment_method,
    customer_credit_reservation,
    payment_provider,
    payment_transaction,
    payment_transaction_topup,
    payment_transaction_topup_refund,
    res_company,
    res_config_settings,
)
