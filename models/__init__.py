from . import engine  # the others inherit what is in it

# isort: split
from . import (
    account_journal,
    account_move,
    account_move_line,
    account_payment,
    check,
    document,
    ir_cron,
    ir_http,
    res_company,
    res_config_settings,
    res_partner,
    rule,
    run,
)
