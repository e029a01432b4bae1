from . import (
    customer_credit_balance_mixin,
    customer_credit_movement,
    customer_credit_statement_mixin,
)
