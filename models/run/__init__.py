from . import account_credit_allocation_run_scope  # run and schedule inherit it

# isort: split
from . import (
    account_credit_allocation_run,
    account_credit_allocation_run_batch,
    account_credit_allocation_run_drafts,
    account_credit_allocation_run_partner,
    account_credit_allocation_run_progress,
    account_credit_allocation_run_reason,
    account_credit_allocation_run_rule,
    account_credit_allocation_run_schedule,
    account_credit_allocation_run_worker,
)
