from . import (
    account_credit_allocation_undo,
    account_credit_allocation_wizard,
    account_credit_allocation_wizard_checks,
    account_credit_allocation_wizard_line,
)
