{
    "name": "Credit Allocation: Journal First",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "summary": "Money that arrives on a bank account settles the invoices of its own journals first",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account_credit_allocation"],
    "data": [
        "data/account_credit_allocation_rule_type_data.xml",
        "views/account_journal_views.xml",
    ],
    "installable": True,
}
