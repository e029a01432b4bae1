from . import open_item_flows  # the reader inherits it

# isort: split
from . import (
    allocation_executor,
    allocation_lock,
    allocation_planner,
    allocation_trigger,
    allocation_write_off,
    known_documents,
    open_item_reader,
    open_item_recheck,
)
