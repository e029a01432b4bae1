from odoo.exceptions import UserError


class InsufficientCreditError(UserError):
    """More customer credit was asked for than there is, and than the overdraft policy allows. Nothing was changed."""
