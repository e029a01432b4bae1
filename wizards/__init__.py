from . import (
    account_credit_allocation_undo,
    account_credit_allocation_wizard,
    account_credit_allocation_wizard_checks,
    account_credit_allocation_wizard_line,
    customer_credit_wizard,  # the others inherit it
)

# isort: split
from . import customer_credit_entry  # adjustment and transfer inherit it

# isort: split
from . import (
    customer_credit_adjustment,
    customer_credit_deposit,
    customer_credit_statement,
    customer_credit_transfer,
)
