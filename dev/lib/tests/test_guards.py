import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import guards
import links


class CheckoutCase(unittest.TestCase):
    """A small checkout for each test: each guard finds what it looks for, and nothing else."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def write(self, files):
        """:param dict files: texts by path"""
        for file, text in files.items():
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            (self.root / file).write_text(text)
        return guards.Checkout(self.root, "addons", list(files))

    def assertFound(self, guard, places, files):
        self.assertEqual([place for place, _what in guard(self.write(files))], places)


class TestGuards(CheckoutCase):
    def test_long_file(self):
        self.assertFound(
            guards.find_large, ["models/long.py"], {"models/long.py": "x = 1\n" * 451, "models/short.py": "x\n" * 450}
        )

    def test_long_function(self):
        self.assertFound(
            guards.find_large,
            ["models/long.py:1"],
            {
                "models/long.py": "def long():\n" + "    x = 1\n" * 60,
                "models/short.py": "def short():\n" + "    x = 1\n" * 59,
            },
        )

    def test_model_opened_twice_in_an_addon(self):
        self.assertFound(
            guards.find_reopened,
            ["models/again.py:1"],
            {
                "models/first.py": "class First:\n    _name = 'a.model'\n    _inherit = ['mixin', 'other']\n",
                "models/again.py": "class Again:\n    _inherit = ['a.model']\n",
                "addons/further/models/other.py": "class Other:\n    _inherit = 'a.model'\n",
                "tests/common.py": "class Fake:\n    _inherit = 'a.model'\n",
            },
        )

    def test_silencer(self):
        silenced = "class Again:  # pylint: disable=" + "consider-merging-classes-inherited\n    pass\n"
        self.assertFound(guards.find_silencers, ["models/again.py:1"], {"models/again.py": silenced})

    def test_two_files_of_a_name(self):
        self.assertFound(
            guards.find_namesakes,
            ["models/run/partner.py"],
            {
                "models/partner.py": "",
                "models/run/partner.py": "",
                "models/__init__.py": "",
                "models/run/__init__.py": "",
                "addons/further/models/partner.py": "",
            },
        )

    def test_engine_imports_what_is_above_it(self):
        self.assertFound(
            guards.find_wrong_arrows,
            ["models/engine/one.py:1", "models/engine/two.py:1", "models/engine/three.py:1"],
            {
                "models/engine/one.py": "from ..document import line\n",
                "models/engine/two.py": "from odoo.addons.account_credit_allocation.models.run.worker import X\n",
                "models/engine/three.py": "from .. import check\n",
                "models/engine/fine.py": "from ...matching import planner\nfrom .one import x\nimport odoo\n",
                "models/run/fine.py": "from ..engine import one\n",
            },
        )

    def test_wizard_imported(self):
        self.assertFound(
            guards.find_wrong_arrows,
            ["models/move.py:1", "addons/further/models/order.py:1"],
            {
                "models/move.py": "from ..wizards.undo import X\n",
                "addons/further/models/order.py": "from odoo.addons.account_credit_allocation.wizards import undo\n",
                "wizards/fine.py": "from .undo import X\n",
                "tests/test_fine.py": "from ..wizards.undo import X\n",
                "__init__.py": "from . import models, wizards\n",
            },
        )

    def test_import_of_what_is_gone(self):
        self.assertFound(
            guards.find_lost_imports,
            ["models/two.py:1", "dev/lib/stress.py:2"],
            {
                "__init__.py": "from . import models\n",
                "models/__init__.py": "from . import one, two\n",
                "models/one.py": "from .two import X\nfrom odoo.addons.other.gone import y\nimport os.path\n",
                "models/two.py": "from .run.gone import x\n",
                "dev/lib/stress.py": (
                    "from odoo.addons.account_credit_allocation.models import one\n"
                    "from odoo.addons.account_credit_allocation.models.gone import x\n"
                ),
            },
        )

    def test_the_root_speaks_of_customer_credit(self):
        self.assertFound(
            guards.find_words_of_customer_credit,
            ["matching/rules.py:2", "views/move.xml:1"],
            {
                "matching/rules.py": "x = 1\nfrom . import customer_credit\n",
                "views/move.xml": '<field name="credit_reservation_id" />\n',
                "models/fine.py": "# a customer credit note\n",
                "addons/further/models/fine.py": "overdraft = 1\n",
                "tests/fine.py": "overdraft = 1\n",
                "docs/fine.rst": "overdraft\n",
            },
        )


class TestLinks(CheckoutCase):
    def judge(self, name, text):
        path = self.root / name
        path.write_text(text)
        return list(links.find_problems(path))

    def test_what_is_there(self):
        (self.root / "page.rst").write_text("Title\n=====\n\nA section\n---------\n\nText.\n")
        self.assertEqual(self.judge("a.rst", "`Page <page.rst#a-section>`_, `web <https://example.com/x>`__\n"), [])
        self.assertEqual(self.judge("b.md", "# One thing\n\n[p](page.rst) [here](#one-thing) `[not](a-link)`\n"), [])

    def test_missing_file_and_section(self):
        (self.root / "page.rst").write_text("Title\n=====\n")
        self.assertEqual(self.judge("a.rst", "`Page <page.rst#none>`_\n"), ["page.rst#none: no such section"])
        self.assertEqual(self.judge("b.md", "[p](none.md)\n"), ["none.md: no such file"])

    def test_missing_picture(self):
        self.assertEqual(self.judge("c.rst", ".. image:: none.png\n"), ["none.png: no such file"])

    def test_malformed(self):
        self.assertEqual(len(self.judge("d.rst", "`nowhere`_\n")), 1)


if __name__ == "__main__":
    unittest.main()
