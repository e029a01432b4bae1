{
    "name": "Customer Credit",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "summary": "What customers have to spend is what the ledger says: see it, reserve it, pay it out",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account_credit_allocation"],
    "data": [
        # groups come before what is given to them
        "security/customer_credit_security.xml",
        "security/ir.model.access.csv",
        "security/customer_credit_withdrawal_security.xml",
        # gives every company its rule
        "data/account_credit_allocation_rule_type_data.xml",
        "views/account_credit_allocation_check_views.xml",
        # windows and statement first: the movements have buttons for them
        "wizards/customer_credit_deposit_views.xml",
        "wizards/customer_credit_adjustment_views.xml",
        "wizards/customer_credit_transfer_views.xml",
        "report/customer_credit_statement.xml",
        "wizards/customer_credit_statement_views.xml",
        "views/customer_credit_movement_views.xml",
        "views/customer_credit_reservation_views.xml",
        "views/customer_credit_partner_views.xml",
        "views/customer_credit_settings_views.xml",
        # withdrawals: dialogs before the form that opens them
        "data/customer_credit_activity_type_data.xml",
        "views/customer_credit_mail_templates.xml",
        "data/customer_credit_mail_template_data.xml",
        "wizards/customer_credit_withdrawal_request_views.xml",
        "wizards/customer_credit_withdrawal_payment_views.xml",
        "wizards/customer_credit_withdrawal_refusal_views.xml",
        "views/customer_credit_withdrawal_views.xml",
        "views/customer_credit_mail_views.xml",
        "data/customer_credit_cron_data.xml",
        # menus last: they need the actions
        "views/customer_credit_menus.xml",
        "views/customer_credit_withdrawal_menus.xml",
    ],
    "demo": ["demo/customer_credit_demo.xml"],
    "assets": {
        "web.assets_tests": [
            "account_customer_credit/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "_prepare_companies",
    "uninstall_hook": "_leave_ledger_whole",
    "images": ["static/description/customer_credit_movements.png"],
    "application": True,
    "installable": True,
}
