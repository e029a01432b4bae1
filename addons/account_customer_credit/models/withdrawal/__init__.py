from . import (
    customer_credit_approval_mixin,
    customer_credit_withdrawal,
    customer_credit_withdrawal_payer,
)
