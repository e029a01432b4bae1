from . import customer_credit_once  # the others inherit them

# isort: split
from . import customer_credit_wizard

# isort: split
from . import customer_credit_entry

# isort: split
from . import (
    base_module_uninstall,
    customer_credit_adjustment,
    customer_credit_deposit,
    customer_credit_statement,
    customer_credit_transfer,
    customer_credit_withdrawal_payment,
    customer_credit_withdrawal_refusal,
    customer_credit_withdrawal_request,
)
