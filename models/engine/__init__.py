from . import (
    allocation_executor,
    allocation_planner,
    allocation_trigger,
    allocation_write_off,
    allocation_lock,
    open_item_reader,
    open_item_recheck,
)
