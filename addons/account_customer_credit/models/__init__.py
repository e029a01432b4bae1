from . import allocation, balance, mail, reservation, withdrawal  # the rooms; balance has what the partner inherits

# isort: split
from . import (
    account_chart_template,
    account_move,
    account_move_line,
    account_payment,
    ir_module_module,
    res_company,
    res_config_settings,
    res_partner,
)
