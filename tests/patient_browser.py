from unittest.mock import patch

from odoo.tests import common

SECONDS = 60


class PatientBrowser:
    """For tours: a browser may take its time to start, where a busy machine needs more than Odoo's ten seconds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        looks = int(SECONDS / common.CHECK_BROWSER_SLEEP)
        cls.startClassPatcher(patch.object(common, "CHECK_BROWSER_ITERATIONS", looks))
