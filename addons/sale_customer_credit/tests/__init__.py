from . import (
    test_dialogs_tell_nothing,
    test_order_credit_portal,
    test_order_credit_properties,
    test_order_pay_with_credit,
    test_order_pay_with_credit_portal,
    test_order_payment,
    test_order_payment_invoices,
    test_order_press,
    test_order_use_credit,
    test_order_use_credit_rights,
    test_order_use_credit_tour,
    test_overrides_check_access,
)
