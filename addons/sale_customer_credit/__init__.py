from . import controllers, models, wizards
from .hooks import _earmark_payments_of_orders, _release_payments_of_orders
