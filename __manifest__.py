{
    "name": "Credit Allocation",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "summary": "Allocate outstanding payments and credit notes to open invoices by clear rules, on record",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account"],
    "data": [
        # who may see what comes before anything that shows it
        "security/ir.model.access.csv",
        "security/account_credit_allocation_security.xml",
        # each type of rule gives every company its rule
        "data/account_credit_allocation_rule_type_data.xml",
        # actions of the document are used by the buttons on other forms
        "views/account_credit_allocation_views.xml",
        "views/account_credit_allocation_line_views.xml",
        "views/account_credit_allocation_run_views.xml",
        "views/account_credit_allocation_run_result_views.xml",
        "views/account_credit_allocation_run_schedule_views.xml",
        "wizards/account_credit_allocation_undo_views.xml",
        "wizards/account_credit_allocation_wizard_views.xml",
        # its action is used by the settings
        "views/account_credit_allocation_rule_views.xml",
        "views/account_move_views.xml",
        "views/account_payment_views.xml",
        "views/account_journal_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        # the nightly check, and its screens
        "data/account_credit_allocation_check_cron_data.xml",
        "views/account_credit_allocation_check_views.xml",
        # what is printed and analysed
        "report/account_credit_allocation_report.xml",
        "report/account_credit_allocation_unallocated_views.xml",
        # entries of the Action menu
        "data/ir_actions_server_data.xml",
        # runs go on in the background
        "data/ir_cron_data.xml",
        # menus last: they need the actions
        "views/account_credit_allocation_menus.xml",
    ],
    "demo": [
        # currencies, accounts and journals that the documents need
        "demo/configuration_demo.xml",
        # credits that name something, amounts that fit, what every rule leaves, then the vendors' side
        "demo/reference_demo.xml",
        "demo/amount_demo.xml",
        "demo/leftover_demo.xml",
        "demo/vendor_demo.xml",
        # a schedule that waits to be switched on
        "demo/run_demo.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "account_credit_allocation/static/src/**/*",
        ],
        "web.assets_tests": [
            "account_credit_allocation/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "_prepare_companies",
    "uninstall_hook": "_leave_ledger_whole",
    "images": ["static/description/document.png"],
    "application": True,
    "installable": True,
}
