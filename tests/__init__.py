from . import (
    test_eligibility,
    test_exclusion,
    test_on_post,
    test_on_post_native_flows,
    test_rules_on_ledger,
)
