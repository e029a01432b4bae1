from . import (
    account_credit_allocation_rule,
    account_credit_allocation_rule_type,
)
