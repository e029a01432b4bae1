from . import (
    test_pay_with_credit,
    test_portal,
    test_portal_invoice,
    test_portal_races,
    test_portal_topup,
    test_portal_withdrawal,
    test_provider,
    test_public_methods,
    test_security,
    test_topup,
    test_topup_refund,
    test_tours,
)
