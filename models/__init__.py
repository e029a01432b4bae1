from . import account_credit_allocation_run_scope  # run and schedule inherit it

# isort: split
from . import (
    account_credit_allocation,
    account_credit_allocation_check,
    account_credit_allocation_check_finding,
    account_credit_allocation_leftover,
    account_credit_allocation_line,
    account_credit_allocation_line_preview,
    account_credit_allocation_line_undo,
    account_credit_allocation_preview,
    account_credit_allocation_rule,
    account_credit_allocation_rule_type,
    account_credit_allocation_run,
    account_credit_allocation_run_batch,
    account_credit_allocation_run_drafts,
    account_credit_allocation_run_partner,
    account_credit_allocation_run_progress,
    account_credit_allocation_run_reason,
    account_credit_allocation_run_rule,
    account_credit_allocation_run_schedule,
    account_credit_allocation_run_worker,
    account_credit_allocation_suggestion,
    account_journal,
    account_move,
    account_move_line,
    account_payment,
    allocation_executor,
    allocation_executor_plan,
    allocation_executor_reconcile,
    allocation_trigger,
    allocation_write_off,
    open_item_reader,
    open_item_reader_online_payment,
    open_item_recheck,
    res_company,
    res_config_settings,
    res_partner,
)

# isort: split
from . import customer_credit  # what is built on all of the above
