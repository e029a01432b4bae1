from . import account_credit_allocation_wizard_checks  # the wizard inherits them

# isort: split
from . import (
    account_credit_allocation_undo,
    account_credit_allocation_wizard,
    account_credit_allocation_wizard_line,
    base_module_uninstall,
)
