# Odoo runs what it finds here by its name; the folders are the rooms of what is tested.
from . import test_chart_of_accounts, test_demo, test_security, test_settings, test_stands_alone
from .check import (
    test_integrity,
    test_integrity_check,
    test_remedies,
)
from .document import (
    test_allocation_document,
    test_numbers,
    test_preview,
    test_preview_apply,
    test_suggestion,
    test_undo,
    test_undo_lock_dates,
    test_undo_security,
)
from .engine import (
    test_capped_pairs,
    test_eligibility,
    test_exclusion,
    test_executor,
    test_expected_conflicts,
    test_flow_oca,
    test_flow_point_of_sale,
    test_flows,
    test_known_documents,
    test_on_opening,
    test_on_post,
    test_on_post_jobs,
    test_on_post_native_flows,
    test_on_post_online_payment,
    test_on_post_online_refund,
    test_on_post_performance,
    test_properties,
    test_real_transactions,
    test_same_as_native,
    test_scenarios,
    test_scope_limits,
    test_time_zones,
    test_too_large,
    test_void_documents,
)
from .press import (
    test_press,
    test_wrong_values,
)
from .report import (
    test_allocation_report,
    test_unallocated,
)
from .rule import (
    test_rule_chain,
    test_rules_on_ledger,
    test_tolerance,
)
from .run import (
    test_run,
    test_run_companies,
    test_run_counts,
    test_run_drafts,
    test_run_faults,
    test_run_lifecycle,
    test_run_record,
    test_run_scope,
    test_run_tour,
    test_run_transactions,
    test_run_user,
)
from .wizards import (
    test_bulk_action,
    test_bulk_action_tour,
    test_wizard,
    test_wizard_currencies,
    test_wizard_online_payment,
    test_wizard_refusals,
    test_wizard_rights,
    test_wizard_tour,
    test_wizard_transactions,
)
