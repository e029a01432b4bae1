"""The buttons of a view: where they are, and on which records they are seen."""

from dataclasses import dataclass, field

ROWS = ("list", "kanban")
PRESSABLE = "self::button or self::a or self::list or self::kanban"


@dataclass(frozen=True)
class Button:
    """A button as the architecture of a view has it. Two are the same when they stand at the same place under the same
    conditions, whoever looks.

    A list or kanban with an action of its own is one: a click on a row presses it.
    """

    view: str  # xml id of the primary view
    path: tuple  # of the x2many fields and their views that lead to it
    type: str
    name: str
    invisible: str
    in_header: bool = False
    node: object = field(default=None, compare=False, repr=False)

    @property
    def always(self):
        """Whether it is there when nothing is selected, too."""
        return self.in_header and self.node.get("display") == "always"

    def __str__(self):
        place = "".join(f" > {name}" for name in self.path)
        return f"{self.view}{place}: {self.name}" + (f" unless {self.invisible}" if self.invisible else "")


def find_buttons(arch, view):
    """All buttons of an architecture, those of the views inside of its fields included."""
    found = []
    for node in arch.xpath(f"descendant-or-self::*[{PRESSABLE}]"):
        is_row = node.tag in ROWS
        name = node.get("action" if is_row else "name")
        if not name or node.get("type") not in ("object", "action"):
            continue
        found.append(
            Button(
                view,
                get_path(node),
                node.get("type"),
                name,
                "" if is_row else node.get("invisible", ""),
                any(parent.tag == "header" and parent.getparent().tag in ROWS for parent in node.iterancestors()),
                node,
            )
        )
    return found


def get_path(node):
    """The x2many fields around a node, each with the kind of view: ``("line_ids", "list")``."""
    path, chain = [], [node, *node.iterancestors()]
    for child, parent in zip(chain, chain[1:], strict=False):
        if parent.tag == "field" and child.tag in (*ROWS, "form"):
            path[:0] = [parent.get("name"), child.tag]
    return tuple(path)


def get_conditions(node):
    """Why a node may not be seen: expressions on its record, from itself up to its own view."""
    conditions = [node.get("invisible")] if node.tag not in ROWS else []
    for parent in node.iterancestors():
        if parent.tag == "field":
            break
        conditions.append(parent.get("invisible"))
    return [condition for condition in conditions if condition]


def get_specification(node, models, model):
    """What a view reads of a record: the argument of ``web_read`` and ``onchange``."""
    specification, fields = {}, models[model]["fields"]
    for child in node.iterdescendants("field"):
        if next((parent for parent in child.iterancestors("field") if is_inside(parent, node)), None) is not None:
            continue
        name = child.get("name")
        info = fields.get(name)
        if info is None:
            continue
        specification[name] = get_field_specification(child, models, info)
    return specification


def is_inside(parent, node):
    return any(ancestor is node for ancestor in parent.iterancestors()) and parent is not node


def get_field_specification(node, models, info):
    if info["type"] in ("many2one", "reference"):
        return {"fields": {"display_name": {}}}
    if info["type"] not in ("one2many", "many2many"):
        return {}
    views = [child for child in node if child.tag in (*ROWS, "form")]
    inner = {"display_name": {}} if not views else {}
    for view in views:
        inner.update(get_specification(view, models, info["relation"]))
    return {"fields": inner, "limit": 40}


def get_evaluated(values, fields, parent=None):
    """The values of a record as an expression of its view sees them: ids in place of records."""
    seen = {"id": values.get("id", False), "parent": parent}
    for name, value in values.items():
        kind = fields.get(name, {}).get("type")
        if kind == "many2one":
            value = value["id"] if isinstance(value, dict) else value
        elif kind in ("one2many", "many2many"):
            value = [row["id"] for row in value or [] if isinstance(row, dict) and "id" in row]
        seen[name] = value
    return seen


class Parent:
    """The record around a row; names that are not read are false, as in the client."""

    def __init__(self, values):
        self.__dict__.update(values)
