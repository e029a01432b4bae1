from . import account_credit_allocation_run, queue_job
