from . import (
    customer_credit_lock,
    customer_credit_releaser,
    customer_credit_reservation,
    customer_credit_reserver,
    customer_credit_settler,
)
