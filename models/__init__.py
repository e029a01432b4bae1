from . import check, document, engine, rule, run
from . import (
    account_journal,
    account_move,
    account_move_line,
    account_payment,
    res_company,
    res_config_settings,
    res_partner,
)
