def _earmark_payments_of_orders(env):
    """Payments of orders that were made before this addon was installed belong to their orders, too."""
    transactions = env["payment.transaction"].search([("payment_id", "!=", False), ("state", "=", "done")])
    for transaction in transactions:
        transaction._earmark_payment()
        transaction._get_paid_orders()._settle_reserved_credit()


def _release_payments_of_orders(env):
    """Without this addon nothing settles them; the open item reader keeps them from other invoices by itself then."""
    earmarks = env["customer.credit.reservation"].search(
        [("state", "=", "held"), ("move_id", "=", False), ("origin_model", "in", ("sale.order", "payment.transaction"))]
    )
    for earmark in earmarks:
        if earmark._get_sale_orders():
            earmark._credit_release()
