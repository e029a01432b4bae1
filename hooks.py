def _create_allocation_sequences(env):
    """Number the allocation documents of every company that exists when the addon is installed.

    Companies created later get their sequence when they are created.
    """
    env["res.company"].search([])._create_credit_allocation_sequences()
