from .models.res_company import SEQUENCES


def _create_allocation_sequences(env):
    """Number the allocation documents and runs of every company that exists when the addon is installed.

    Companies created later get their sequences when they are created.
    """
    env["res.company"].search([])._create_credit_allocation_sequences()


def _delete_allocation_sequences(env):
    """Leave nothing behind when the addon is uninstalled."""
    env["ir.sequence"].with_context(active_test=False).search([("code", "in", list(SEQUENCES))]).unlink()
