from . import test_journal_first, test_journal_first_rule
