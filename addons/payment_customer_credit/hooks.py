from odoo.addons.payment import reset_payment_provider, setup_provider


def _setup_customer_credit_provider(env):
    """Every company has its provider, disabled."""
    setup_provider(env, "customer_credit")


def _remove_customer_credit_provider(env):
    reset_payment_provider(env, "customer_credit")
