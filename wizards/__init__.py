from . import (
    account_credit_allocation_undo,
    account_credit_allocation_wizard,
    account_credit_allocation_wizard_checks,
    account_credit_allocation_wizard_line,
    customer_credit_withdrawal_payment,
    customer_credit_withdrawal_refusal,
    customer_credit_withdrawal_request,
)
