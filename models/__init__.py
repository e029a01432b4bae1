from . import engine  # the others inherit what is in it

# isort: split
from . import check, document, rule, run
from . import (
    account_journal,
    account_move,
    account_move_line,
    account_payment,
    res_company,
    res_config_settings,
    res_partner,
)
