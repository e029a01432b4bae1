"""What the layout of the code promises, and no linter knows.

guards.py ROOT ADDONS   the files of the checkout ROOT come from standard input, with NUL between them; ADDONS is the
                        folder of the further addons. Prints 'file: what is wrong', exits 1 if there is any offence.
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LONGEST_FILE = 450
LONGEST_FUNCTION = 60
SILENCER = re.compile(r"disable=.*consider-merging-classes-inherited")
# what the engine must not know: it is used by them
ROOMS_ABOVE_ENGINE = ("document", "rule", "run", "check")
OUTER_ROOMS = ("wizards", "report")
WORDS_OF_CUSTOMER_CREDIT = re.compile(r"(?i)overdraft|customer[._]credit|credit_reservation")
# what is no part of the root addon, or tells of all addons
OUTSIDE_OF_ROOT = ("dev/", "docs/", "newsfragments/", "i18n/", "static/description/", "tests/")


class Source(NamedTuple):
    """A Python file: ``addon`` is the folder of its addon, ``inside`` the path within that."""

    path: str
    addon: str
    inside: PurePosixPath
    text: str
    tree: ast.Module


class Checkout:
    """The files of this project, and which addon each belongs to."""

    def __init__(self, root, addons_folder, files):
        self.root, self.addons_folder = Path(root), addons_folder
        self.texts = {file: self._read(file) for file in files}
        self.sources = [self._parse(file) for file in files if file.endswith(".py")]

    def _read(self, file):
        return (self.root / file).read_text(errors="replace")

    def _parse(self, file):
        path = PurePosixPath(file)
        depth = 2 if path.parts[0] == self.addons_folder else 0
        inside = PurePosixPath(*path.parts[depth:])
        addon = path.parts[1] if depth else "account_credit_allocation"
        try:
            tree = ast.parse(self.texts[file], file)
        except SyntaxError:  # the linters tell
            tree = ast.Module([], [])
        return Source(file, addon, inside, self.texts[file], tree)

    def of_addons(self):
        """Without dev/, which is no part of an addon."""
        return [source for source in self.sources if source.inside.parts[0] != "dev"]


def find_large(checkout):
    """A file is a sitting, a function a screenful."""
    for source in checkout.sources:
        lines = source.text.count("\n")
        if lines > LONGEST_FILE:
            yield source.path, f"{lines} lines, more than {LONGEST_FILE}"
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = node.end_lineno - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield f"{source.path}:{node.lineno}", f"{node.name} has {lines} lines, more than {LONGEST_FUNCTION}"


def find_reopened(checkout):
    """A model is opened once in an addon; what is too large is two things."""
    places = defaultdict(list)
    for source in checkout.of_addons():
        if "tests" in source.inside.parts:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and (model := get_model(node)):
                places[source.addon, model].append(f"{source.path}:{node.lineno}")
    for (_addon, model), opened in sorted(places.items()):
        for place in opened[1:]:
            yield place, f"opens {model} again, which {opened[0]} has opened"


def get_model(node):
    """The model that a class defines or extends, None if it is no model."""
    values = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            values[statement.targets[0].id] = statement.value
    for name in ("_name", "_inherit"):
        value = values.get(name)
        if isinstance(value, ast.List | ast.Tuple) and len(value.elts) == 1:
            value = value.elts[0]
        if isinstance(value, ast.Constant):
            return value.value
    return None


def find_silencers(checkout):
    """Nobody silences the linter about models that are opened twice."""
    for file, text in checkout.texts.items():
        if file.startswith("dev/lib/"):  # speaks of it
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if SILENCER.search(line):
                yield f"{file}:{number}", "silences consider-merging-classes-inherited"


def find_namesakes(checkout):
    """Who looks for a file finds one."""
    places = defaultdict(list)
    for source in checkout.of_addons():
        if source.inside.name not in ("__init__.py", "conftest.py"):
            places[source.addon, source.inside.name].append(source.path)
    for files in places.values():
        for file in files[1:]:
            yield file, f"has the name of {files[0]}"


def find_wrong_arrows(checkout):
    """The engine knows nothing of those that use it, and nobody knows wizards and reports."""
    for source in checkout.of_addons():
        if "tests" in source.inside.parts or len(source.inside.parts) == 1:
            continue
        here = source.inside.parts[:-1]
        for addon, target, line in list_imports(source):
            outer = target[0] if target and target[0] in OUTER_ROOMS else None
            if outer and (addon != source.addon or here[0] != outer):
                yield f"{source.path}:{line}", f"imports {'.'.join(target)}, which nothing may import"
            in_engine = addon == source.addon and here[:2] == ("models", "engine")
            if in_engine and target[:1] == ("models",) and set(target[1:2]) & set(ROOMS_ABOVE_ENGINE):
                yield f"{source.path}:{line}", f"imports {'.'.join(target)}: the engine is below it"


def find_lost_imports(checkout):
    """What is imported of these addons is there, also where only dev/benchmark or dev/stress would notice."""
    files = {(source.addon, source.inside.with_suffix("").parts) for source in checkout.of_addons()}
    packages = {(addon, parts[:-1]) for addon, parts in files if parts[-1] == "__init__"}
    addons = {addon for addon, _parts in files}
    for source in checkout.sources:
        for addon, target, line in list_imports(source):
            module = (addon, target[:-1])  # the last part may be a name in that
            if addon in addons and target and not {module, (addon, target)} & (files | packages):
                yield f"{source.path}:{line}", f"imports {'.'.join(target)} of {addon}, which is not there"


def list_imports(source):
    """Yields ``(addon, path within that addon, line)`` of what a file imports of this project's addons."""
    package = source.inside.parts[:-1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            if node.level:
                base = package[: len(package) - node.level + 1]
                targets = [(source.addon, (*base, *split(node.module), name)) for name in names]
            else:
                targets = [get_target((*split(node.module), name)) for name in names]
        elif isinstance(node, ast.Import):
            targets = [get_target(split(alias.name)) for alias in node.names]
        else:
            continue
        for addon, target in filter(None, targets):
            yield addon, target, node.lineno


def split(module):
    return tuple(module.split(".")) if module else ()


def get_target(parts):
    """``(addon, path)`` of an absolute import of an addon, None of anything else."""
    return (parts[2], parts[3:]) if parts[:2] == ("odoo", "addons") and len(parts) > 2 else None


def find_words_of_customer_credit(checkout):
    """The root addon knows nothing of the addon that keeps credit for customers."""
    for file, text in checkout.texts.items():
        is_code = file.endswith((".py", ".xml", ".csv", ".js"))
        if not is_code or file.startswith((f"{checkout.addons_folder}/", *OUTSIDE_OF_ROOT)):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := WORDS_OF_CUSTOMER_CREDIT.search(line):
                yield f"{file}:{number}", f"says {found[0]!r}"


GUARDS = (
    find_large,
    find_reopened,
    find_silencers,
    find_namesakes,
    find_wrong_arrows,
    find_lost_imports,
    find_words_of_customer_credit,
)


def main(root, addons_folder):
    checkout = Checkout(root, addons_folder, [file for file in sys.stdin.read().split("\0") if file])
    offences = [(guard, list(guard(checkout))) for guard in GUARDS]
    for guard, found in offences:
        if found:
            print(f"{guard.__doc__}")
        for place, what in found:
            print(f"  {place}: {what}")
    sys.exit(any(found for _guard, found in offences))


if __name__ == "__main__":
    main(*sys.argv[1:])
