from .buttons import Parent, get_evaluated, get_specification
from .web_client import RefusedError

TYPED = {"char": "Because", "text": "Because", "html": "Because", "integer": 1, "float": 1.0, "monetary": 1.0}


class Dialog:
    """A form in a dialog, as the client handles it: defaults by ``onchange``, then ``web_save``."""

    def __init__(self, client, model, arch, models, context, res_id=None):
        self.client, self.model, self.arch, self.models = client, model, arch, models
        self.context, self.id = context, res_id
        self.fields = models[model]["fields"]
        self.specification = get_specification(arch, models, model)
        self.nodes = {}
        for node in arch.iterdescendants("field"):
            if next(node.iterancestors("field"), None) is None:
                self.nodes.setdefault(node.get("name"), node)
        self.values, self.changed = {}, set()

    def open(self):
        """Read it, or ask for its defaults."""
        if self.id:
            [self.values] = self.client.call(
                self.model, "web_read", [[self.id]], self.context, specification=self.specification
            )
        else:
            answer = self.client.call(self.model, "onchange", [[], {}, [], self.specification], self.context)
            empty = {
                name: [] if "fields" in below and self.fields[name]["type"] != "many2one" else False
                for name, below in self.specification.items()
            }
            self.values = {**empty, "id": False, **answer["value"]}

    def fill(self):
        """Type what has to be there and is not."""
        for name in self.nodes:
            if self.is_wanted(name) and (value := self.choose(name)):
                self.type(name, value)

    def is_wanted(self, name):
        """Whether a person has to type something here, before the dialog can be confirmed."""
        kind = self.fields[name]["type"]
        if self.is_readonly(name) or self.holds(name, "invisible"):
            return False
        if kind in ("float", "monetary", "integer"):
            return not self.values.get(name)
        return not self.values.get(name) and self.is_required(name)

    def is_required(self, name):
        return bool(self.fields[name].get("required") or self.holds(name, "required")) and (
            self.fields[name]["type"] not in ("float", "monetary", "integer", "boolean")
        )

    def is_readonly(self, name):
        node = self.nodes.get(name)
        if node is not None and node.get("readonly"):
            return self.holds(name, "readonly")
        return bool(self.fields[name].get("readonly"))

    def holds(self, name, attribute):
        """Whether what the view says of a field is true now."""
        node = self.nodes[name]
        values = get_evaluated(self.values, self.fields, Parent({}))
        nodes = [node, *node.iterancestors()] if attribute == "invisible" else [node]
        return any(
            self.client.evaluate(expression, False, **values)
            for expression in (each.get(attribute) for each in nodes)
            if expression
        )

    def choose(self, name):
        """The first of what the field offers, or some text or number."""
        info = self.fields[name]
        if info["type"] == "selection":
            return info["selection"][0][0]
        if info["type"] not in ("many2one", "many2many"):
            return TYPED.get(info["type"])
        node = self.nodes[name]
        values = get_evaluated(self.values, self.fields, Parent({}))
        preferred = self.client.case.press_preferred.get(info["relation"])
        domain = self.client.evaluate(node.get("domain") or info.get("domain"), [], **values)
        taken = [value["id"] for value in self.values.values() if isinstance(value, dict)]
        found = self.client.call(
            info["relation"], "name_search", [], self.context, name="", domain=domain, operator="ilike", limit=8
        )
        ids = [*(preferred.ids if preferred else ()), *(id_ for id_, _name in found)]
        id_ = next((id_ for id_ in ids if id_ not in taken), next(iter(ids), False))
        if info["type"] == "many2one":
            return id_ and {"id": id_}
        return id_ and [[4, id_]]

    def type(self, name, value):
        """A person types or chooses, and the client asks what follows from it."""
        self.values[name] = value
        self.changed.add(name)
        answer = self.client.call(
            self.model,
            "onchange",
            [[self.id] if self.id else [], self.get_sent(), [name], self.specification],
            self.context,
        )
        self.values.update(answer["value"])

    def save(self):
        """What the client does before it presses a button.

        :raise RefusedError: the client finds something missing, and sends nothing
        """
        missing = [name for name in self.nodes if self.is_required(name) and not self.values.get(name)]
        if missing:
            raise RefusedError(f"Missing required fields: {missing}")
        if self.id and not self.changed:
            return
        names = self.changed if self.id else [name for name in self.values if name in self.fields]
        vals = {name: value for name, value in self.get_sent().items() if name in names and not self.is_kept_back(name)}
        [self.values] = self.client.call(
            self.model,
            "web_save",
            [[self.id] if self.id else [], vals],
            self.context,
            specification=self.specification,
        )
        self.id = self.values["id"]

    def is_kept_back(self, name):
        """The client does not send what is read-only, unless the view forces it."""
        return self.is_readonly(name) and not self.nodes[name].get("force_save")

    def get_sent(self):
        """The values as they travel to the server."""
        return {
            name: self.get_sent_value(name, value)
            for name, value in self.values.items()
            if name in self.fields and name in self.nodes and name != "id"
        }

    def get_sent_value(self, name, value):
        kind = self.fields[name]["type"]
        if kind == "many2one":
            return value["id"] if isinstance(value, dict) else value
        if kind in ("one2many", "many2many"):
            return [self.get_sent_command(row) for row in value or []]
        return value

    @staticmethod
    def get_sent_command(row):
        if isinstance(row, dict):
            return [4, row["id"]]
        if row[0] in (0, 1):
            inner = {key: item["id"] if isinstance(item, dict) else item for key, item in row[2].items() if key != "id"}
            return [row[0], row[1], inner]
        return row[:2]
