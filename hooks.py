from .models.res_company import SEQUENCES


def _prepare_companies(env):
    """Number the allocation documents and runs of every company that exists when the addon is installed, and give those
    that keep books a journal for customer credit.

    Companies created later get their sequences when they are created, and the journal with their chart of accounts.
    """
    companies = env["res.company"].search([])
    companies._create_credit_allocation_sequences()
    companies.filtered("chart_template")._create_customer_credit_journals()


def _delete_allocation_sequences(env):
    """Leave nothing behind when the addon is uninstalled."""
    env["ir.sequence"].with_context(active_test=False).search([("code", "in", list(SEQUENCES))]).unlink()
