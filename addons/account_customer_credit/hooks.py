from odoo.addons.account_credit_allocation.hooks import let_go_of_ledger


def _prepare_companies(env):
    """Give every company that exists its numbers of withdrawals and, where it keeps books, its journal.

    Companies created later get the numbers when they are created, and the journal with their chart of accounts.
    """
    companies = env["res.company"].search([])
    companies._create_credit_allocation_sequences()
    companies.filtered("chart_template")._create_customer_credit_journals()


def _leave_ledger_whole(env):
    """What was booked stays booked, and its record says that the rule is gone. Nothing is reserved any more: before
    that the addon cannot be uninstalled, see ``ir.module.module.button_uninstall``."""
    lines = env["account.credit.allocation.line"].search([("rule", "=", "credit")])
    lines.rule = "removed"
    sequences = env["ir.sequence"].with_context(active_test=False)
    sequences.search([("code", "=", "customer.credit.withdrawal")]).unlink()
    let_go_of_ledger(env, "account_customer_credit")
