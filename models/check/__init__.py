from . import (
    account_credit_allocation_check,
    account_credit_allocation_check_finding,
)
