from . import (  # the documents and their lines inherit them
    account_credit_allocation_line_preview,
    account_credit_allocation_line_undo,
    account_credit_allocation_message,
    account_credit_allocation_preview,
)

# isort: split
from . import (
    account_credit_allocation,
    account_credit_allocation_leftover,
    account_credit_allocation_line,
    account_credit_allocation_suggestion,
)
