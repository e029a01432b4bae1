from odoo.exceptions import UserError


class CustomerError(UserError):
    """Why something is refused, in words that the customer may read. Any other error of users is for bookkeepers."""


class InsufficientCreditError(CustomerError):
    """More customer credit was asked for than there is, and than the overdraft policy allows. Nothing was changed."""
