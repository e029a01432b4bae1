from . import models, report, wizards
from .hooks import _leave_ledger_whole, _prepare_companies
