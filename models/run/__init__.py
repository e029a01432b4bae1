from . import (  # the run inherits both
    account_credit_allocation_run_progress,
    account_credit_allocation_run_scope,
)

# isort: split
from . import (
    account_credit_allocation_run,
    account_credit_allocation_run_partner,
    account_credit_allocation_run_queue,
    account_credit_allocation_run_reason,
    account_credit_allocation_run_rule,
    account_credit_allocation_run_schedule,
    account_credit_allocation_run_worker,
)
