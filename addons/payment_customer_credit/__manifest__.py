{
    "name": "Customer Credit: Online Payments",
    "version": "19.0.1.0.0",
    "category": "Accounting/Payment Providers",
    "summary": "Customers see, top up, spend and withdraw their credit in the portal; credit is a payment method",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account_customer_credit", "account_payment"],
    "data": [
        # the form that confirms a payment, and the payment method, before the provider that names them
        "views/payment_templates.xml",
        "data/payment_method_data.xml",
        "data/payment_provider_data.xml",
        "views/payment_provider_views.xml",
        "views/payment_transaction_views.xml",
        "views/res_config_settings_views.xml",
        # the portal: what its pages share comes first
        "views/portal_templates.xml",
        "views/portal_credit_templates.xml",
        "views/portal_topup_templates.xml",
        "views/portal_withdrawal_templates.xml",
        "views/portal_invoice_templates.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "payment_customer_credit/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "_setup_customer_credit_provider",
    "uninstall_hook": "_remove_customer_credit_provider",
    "auto_install": True,
    "installable": True,
}
