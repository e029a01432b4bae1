from . import models, report, wizards
from .hooks import _delete_allocation_sequences, _prepare_companies
