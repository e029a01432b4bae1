from . import controllers, models
from .hooks import _remove_customer_credit_provider, _setup_customer_credit_provider
