from odoo.addons.sale.controllers.portal import CustomerPortal as SaleCustomerPortal


class CustomerPortal(SaleCustomerPortal):
    def _get_payment_values(self, order_sudo, is_down_payment=False, payment_amount=None, **kwargs):
        """Credit that is reserved for an order needs not be paid once more, and what is offered fits what is left.

        What a payment link asks for was typed by somebody who knew of it: that is lowered to what is left at most.
        """
        values = super()._get_payment_values(order_sudo, is_down_payment, payment_amount, **kwargs)
        reserved = order_sudo._get_amounts_paid_by_credit()[order_sudo.id]
        if not reserved:
            return values
        left = order_sudo.amount_total - order_sudo.amount_paid
        asked = values["amount"] if payment_amount else values["amount"] - reserved
        amount = max(order_sudo.currency_id.round(min(asked, left)), 0.0)
        if amount:  # Odoo takes an amount of its caller's as a down payment only
            values = super()._get_payment_values(order_sudo, True, amount, **kwargs)
        return {**values, "amount": amount, "payment_amount": payment_amount}
