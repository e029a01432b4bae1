def _prepare_companies(env):
    """Number the allocation documents and runs of every company that exists when the addon is installed.

    Companies created later get their sequences when they are created.
    """
    env["res.company"].search([])._create_credit_allocation_sequences()


def _delete_allocation_sequences(env):
    """Leave nothing behind when the addon is uninstalled."""
    codes = list(env["res.company"]._get_credit_allocation_sequences())
    env["ir.sequence"].with_context(active_test=False).search([("code", "in", codes)]).unlink()
