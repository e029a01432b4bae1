{
    "name": "Credit Allocation: Job Queue",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "summary": "Allocation runs on many workers and many hosts, through OCA's job queue",
    "author": "Credit Allocation contributors",
    "license": "LGPL-3",
    "development_status": "Beta",
    "depends": ["account_credit_allocation", "queue_job"],
    "data": [
        # the channel before the function that names it
        "data/queue_job_channel_data.xml",
        "data/queue_job_function_data.xml",
        "views/account_credit_allocation_run_views.xml",
    ],
    "auto_install": True,
    "installable": True,
}
