from . import (  # the others inherit them
    account_credit_allocation_undo,
    account_credit_allocation_wizard,
    account_credit_allocation_wizard_checks,
    account_credit_allocation_wizard_line,
    customer_credit_once,
)

# isort: split
from . import customer_credit_wizard

# isort: split
from . import customer_credit_entry

# isort: split
from . import (
    customer_credit_adjustment,
    customer_credit_deposit,
    customer_credit_statement,
    customer_credit_transfer,
    customer_credit_withdrawal_payment,
    customer_credit_withdrawal_refusal,
    customer_credit_withdrawal_request,
)
