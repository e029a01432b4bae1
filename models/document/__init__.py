from . import (
    account_credit_allocation,
    account_credit_allocation_leftover,
    account_credit_allocation_line,
    account_credit_allocation_line_preview,
    account_credit_allocation_line_undo,
    account_credit_allocation_preview,
    account_credit_allocation_suggestion,
)
