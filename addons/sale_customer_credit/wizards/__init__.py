from . import sale_order_use_credit
