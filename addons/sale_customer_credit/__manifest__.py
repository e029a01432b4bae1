{
    "name": "Customer Credit: Sales",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "summary": "Payments and customer credit that belong to a sales order pay the invoices of that order",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["payment_customer_credit", "sale"],
    "data": [
        "security/ir.model.access.csv",
        "security/sale_order_use_credit_security.xml",
        # its action is used by the button on the order
        "wizards/sale_order_use_credit_views.xml",
        "views/sale_order_views.xml",
    ],
    "assets": {
        "web.assets_tests": [
            "sale_customer_credit/static/tests/tours/**/*",
        ],
    },
    "post_init_hook": "_earmark_payments_of_orders",
    "uninstall_hook": "_release_payments_of_orders",
    "auto_install": True,
    "installable": True,
}
