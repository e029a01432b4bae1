from . import queue_job
from . import account_credit_allocation_run
