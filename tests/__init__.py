from . import (
    test_allocation_document,
    test_bulk_action,
    test_eligibility,
    test_exclusion,
    test_executor,
    test_on_post,
    test_on_post_native_flows,
    test_on_post_performance,
    test_properties,
    test_rules_on_ledger,
    test_security,
    test_settings,
)
