from . import account_credit_allocation_undo
