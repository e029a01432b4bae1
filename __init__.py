from . import models, report, wizards
from .hooks import _create_allocation_sequences, _delete_allocation_sequences
