# What demo data books is named by XML ids, and Odoo deletes what they name, posted entries, too, when their addon goes.
BOOKED = ("account.move", "account.payment", "res.partner", "res.partner.bank")


def _prepare_companies(env):
    """Number the allocation documents and runs of every company that exists when the addon is installed.

    Companies created later get their sequences when they are created.
    """
    env["res.company"].search([])._create_credit_allocation_sequences()


def _leave_ledger_whole(env):
    """What was booked stays booked; the numbers of what goes with the addon go, too."""
    codes = list(env["res.company"]._get_credit_allocation_sequences())
    env["ir.sequence"].with_context(active_test=False).search([("code", "in", codes)]).unlink()
    let_go_of_ledger(env, "account_credit_allocation")


def let_go_of_ledger(env, addon):
    """Let what is booked outlive the addon that brought it as demo data: for uninstall hooks of addons like this."""
    env["ir.model.data"].search([("module", "=", addon), ("model", "in", BOOKED)]).unlink()
