{
    "name": "Commits in Tests",
    "summary": "For dev/odoo-tests --commits: what happens after a commit happens in Odoo's own tests, too",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Credit Allocation contributors",
    "category": "Hidden",
    "depends": ["account_credit_allocation"],
    "installable": True,
}
