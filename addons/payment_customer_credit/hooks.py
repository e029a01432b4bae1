from odoo.addons.payment import reset_payment_provider, setup_provider


def _setup_customer_credit_provider(env):
    """Every company has its provider, disabled: the one it had, where the addon was installed before."""
    env["payment.provider"]._take_up_credit_providers()
    setup_provider(env, "customer_credit")


def _remove_customer_credit_provider(env):
    reset_payment_provider(env, "customer_credit")
