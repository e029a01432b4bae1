"""The core must run where there is no database and no framework."""

import ast
from pathlib import Path

import pytest

import matching

ROOT = Path(matching.__file__).parent
MODULES = sorted(path for path in ROOT.rglob("*.py") if "tests" not in path.relative_to(ROOT).parts)
ALLOWED = {
    "__future__",
    "bisect",
    "collections",
    "collections.abc",
    "datetime",
    "functools",
    "heapq",
    "itertools",
    "re",
    "typing",
    "unicodedata",
}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_its_neighbours_and_the_standard_library(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not 0 < node.level <= len(path.relative_to(ROOT).parts):
            imported.add(node.module)
    assert imported <= ALLOWED


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_floating_point_number_gets_near_an_amount(path):
    tree = ast.parse(path.read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, float)]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Div)]
