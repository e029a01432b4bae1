"""Whether each wheel holds its addon, all of it and nothing else.

wheel_contents.py FOLDER ADDON...   the wheels in FOLDER are those of the addons; exits with what is wrong
"""

import sys
import zipfile
from pathlib import Path

NEEDED = ("__init__.py", "__manifest__.py", "README.rst", "static/description/icon.png")
FOREIGN = ("addons", "dev", "docs", "newsfragments", "node_modules", "pyproject.toml")


def main(folder, *addons):
    wheels = {path.name.split("-")[0]: path for path in Path(folder).glob("*.whl")}
    problems = [f"{name}: a wheel of no addon" for name in wheels.keys() - {f"odoo_addon_{addon}" for addon in addons}]
    for addon in addons:
        wheel = wheels.get(f"odoo_addon_{addon}")
        problems += [f"{addon}: {problem}" for problem in (find_problems(wheel, addon) if wheel else ["no wheel"])]
    sys.exit("\n".join(problems) or None)


def find_problems(wheel, addon):
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    prefix = f"odoo/addons/{addon}/"
    inside = {name.removeprefix(prefix) for name in names if name.startswith(prefix)}
    yield from (f"has {name}" for name in names if not name.startswith(prefix))
    yield from (f"lacks {name}" for name in NEEDED if name not in inside)
    yield from (f"has {name}" for name in sorted(inside) if name.startswith(".") or name.split("/")[0] in FOREIGN)


if __name__ == "__main__":
    main(*sys.argv[1:])
