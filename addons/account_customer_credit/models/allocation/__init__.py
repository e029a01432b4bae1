from . import (
    account_credit_allocation,
    account_credit_allocation_check,
    account_credit_allocation_check_finding,
    account_credit_allocation_line,
    account_credit_allocation_rule_type,
    allocation_executor,
    open_item_reader,
)
