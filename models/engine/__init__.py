from . import (
    allocation_executor,
    allocation_executor_plan,
    allocation_executor_reconcile,
    allocation_trigger,
    allocation_write_off,
    open_item_reader,
    open_item_reader_online_payment,
    open_item_recheck,
)
