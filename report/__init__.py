from . import (
    account_credit_allocation_unallocated,
    report_credit_allocation,
    report_credit_allocation_line,
)
