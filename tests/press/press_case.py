"""Presses everything there is to press: the engine of the generated tests.

An addon's test derives from :class:`PressCase`, names its addon, and makes records in every state. What there is to
press is found in the data and views of the addon, so that a new button is pressed without a word here. Where no record
shows it to anybody, the test fails.
"""

import logging
from collections import Counter
from contextlib import contextmanager

from lxml import etree

from odoo import fields
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .buttons import (
    ROWS,
    Parent,
    find_buttons,
    get_conditions,
    get_evaluated,
    get_specification,
)
from .dialog import Dialog
from .web_client import BrokenError, RefusedError, WebClient

_logger = logging.getLogger(__name__)

ACTIONS = ("ir.actions.act_window", "ir.actions.server", "ir.actions.report")
CLIENT_TAGS = ("display_notification", "soft_reload", "reload", "reload_context")
# what tells states of a record apart, where it has such a field
STATES = ("state", "status", "move_type", "payment_type", "partner_type", "kind", "reason", "is_used")
RECORDS_SEEN = 80
DEPTH = 4


class PressCase(HttpCase):
    """Derive, set ``press_modules``, and call :meth:`press_everything` with the users."""

    press_modules = ()
    press_preferred = {}  # {model: records that somebody chooses in a dialog}
    press_context = {}  # of what a list was opened from, where some buttons are there only then

    def setUp(self):
        super().setUp()
        self.kind, self.client, self.thorough, self.pressed = "", None, False, set()
        self.counts, self.worked, self.seen, self.problems = Counter(), set(), set(), []

    # --- what there is ------------------------------------------------------------------------------------------------

    def find_own(self, model):
        """The records of a model that came with the addons."""
        known = self.env["ir.model.data"].search([("module", "in", self.press_modules), ("model", "=", model)])
        records = self.env[model].browse(known.mapped("res_id")).exists().sorted("id")
        if model == "ir.actions.server":  # scheduled jobs are server actions, too
            records = records.filtered(lambda action: action.usage == "ir_actions_server")
        return records

    def get_surfaces(self):
        """``{primary view: the (type, name) of its buttons that are the addons', or None for all}``"""
        own = self.find_own("ir.ui.view").filtered(lambda view: view.type in ("form", *ROWS) and view.model)
        surfaces = {}
        for view in own:
            primary = view
            while primary.mode != "primary":
                primary = primary.inherit_id
            if primary in own:
                surfaces[primary] = None
                continue
            names = {(button.type, button.name) for button in find_buttons(etree.fromstring(view.arch), "")}
            if names:
                surfaces.setdefault(primary, set()).update(names)
        return surfaces

    def get_all_buttons(self, surfaces):
        """The buttons of the addons in these views, whoever sees them."""
        return {
            button
            for view, names in surfaces.items()
            for button in find_buttons(view._get_combined_arch(), view.xml_id)
            if names is None or (button.type, button.name) in names
        }

    # --- pressing -----------------------------------------------------------------------------------------------------

    def press_everything(self, users):
        """Everything that a user can press, by each of them; fails for what answers with an error page, and for what
        nobody could press with success.

        :param users: ``{kind of user: res.users}``; the first presses each button of each view in every state that
            shows it, the others once what a button does
        """
        surfaces = self.get_surfaces()
        everything = self.get_all_buttons(surfaces)
        for number, (kind, user) in enumerate(users.items()):
            self.kind, self.thorough, self.pressed = kind, number == 0, set()
            self.client = WebClient(self, user, self.company)
            with mute_logger("odoo.http", "odoo.addons.web.controllers.report"):  # what it tells is judged here
                for view, names in surfaces.items():
                    self.press_view(view, names)
                self.press_menus()
                self.press_actions()
                self.press_crons()
        self.report(users, everything)

    def press_view(self, view, names):
        """The buttons of a view, on the records that show them."""
        is_dialog = self.env[view.model]._transient and view.type == "form"
        if is_dialog and names is None:
            return  # opened by what opens it
        try:
            views = self.client.get_views(view.model, [(view.id, view.type)])
        except RefusedError:
            return
        arch = etree.fromstring(views["views"][view.type]["arch"])
        buttons = [
            button for button in find_buttons(arch, view.xml_id) if names is None or (button.type, button.name) in names
        ]
        if is_dialog and buttons:  # Odoo's own, such as the settings: saved as it is opened
            with self.judged(view.xml_id):
                dialog = Dialog(self.client, view.model, arch, views["models"], {})
                dialog.open()
                dialog.save()
                self.press_buttons(buttons, [dialog.values], views["models"], view.model)
        elif buttons:
            rows = self.read_rows(view.model, arch, views["models"])
            self.press_buttons(buttons, rows, views["models"], view.model)

    def read_rows(self, model, arch, models):
        """The newest records of the company, with all that the view reads of them."""
        specification = get_specification(arch, models, model)
        domain = [("company_id", "in", [*self.company.ids, False])] if "company_id" in models[model]["fields"] else []
        found = self.client.call(
            model,
            "web_search_read",
            [],
            domain=domain,
            specification=specification,
            limit=RECORDS_SEEN,
            order="id desc",
        )
        return found["records"]

    def press_buttons(self, buttons, rows, models, model):
        """Each button, on each record that shows it."""
        for button in buttons:
            if button.in_header:
                self.press_header(button, model, rows)
                continue
            for record, parents in self.walk(rows, button.path, models, model):
                if self.is_visible(button, record, parents, models, model):
                    self.press_once(button, self.get_model(button, models, model), [record["id"]], record)

    def press_header(self, button, model, rows):
        """A button above a list: with rows selected, and where it is always there with none."""
        for context in ({}, self.press_context):
            if self.client.evaluate(button.node.get("invisible"), False, context=context):
                continue
            if button.always:
                self.press_once(button, model, [], {}, context)
            if rows:
                self.press_once(button, model, [row["id"] for row in rows[:3]], {"state": "rows"}, context)
            for row in rows:
                if button in self.worked:
                    break  # else what was selected did not fit together
                self.press_once(button, model, [row["id"]], row, context)

    def walk(self, rows, path, models, model):
        """The records that a path of x2many fields leads to, each with those around it."""
        pairs = [(row, None) for row in rows]
        for name in path[::2]:
            info = models[model]["fields"]
            pairs = [
                (inner, get_evaluated(record, info, parent))
                for record, parent in pairs
                for inner in record.get(name) or []
            ]
            model = info[name]["relation"]
        return pairs

    def get_model(self, button, models, model):
        """The model of the records that a button stands on."""
        for name in button.path[::2]:
            model = models[model]["fields"][name]["relation"]
        return model

    def is_visible(self, button, record, parent, models, model):
        """Whether the client shows a button on a record; ``parent``: the values of the record around, None for none."""
        inner = self.get_model(button, models, model)
        around = Parent(parent or {})
        values = get_evaluated(record, models[inner]["fields"], around)
        conditions = get_conditions(button.node)
        if column := button.node.get("column_invisible"):
            conditions.append(column)
        if any(self.client.evaluate(condition, False, **values) for condition in conditions):
            return False
        if parent is None:
            return True
        # the field that the row stands in
        outer = next(button.node.iterancestors("field"))
        return not any(
            self.client.evaluate(condition, False, **parent)
            for condition in [outer.get("invisible"), *get_conditions(outer)]
            if condition
        )

    def press_once(self, button, model, ids, record, context=None):
        """Press a button unless it was pressed in this state; what it does is rolled back."""
        if self.thorough:
            press = button, tuple(str(record[name]) for name in STATES if name in record)
        else:
            press = model, button.type, button.name, bool(ids)
        self.seen.add(button)
        if press in self.pressed:
            return
        self.pressed.add(press)
        self.counts["button"] += 1
        with self.judged(f"{button} on {model}{tuple(ids)}", button):
            action = self.send(button, model, ids, context)
            self.follow(action, {"active_model": model, "active_id": ids[:1] and ids[0], "active_ids": list(ids)})

    def send(self, button, model, ids, context=None):
        """:return: the action that the server answers with"""
        active = {"active_model": model, "active_ids": list(ids), "active_id": ids[0] if ids else None}
        own = self.client.evaluate(button.node.get("context"), {}, **active, id=active["active_id"])
        context = {**(context or {}), **own}
        if button.type == "object":
            return self.client.call_button(model, button.name, ids, context)
        action = self.client.load_action(int(button.name), {**context, **active})
        return {**action, "button_context": {**context, **active}}

    @contextmanager
    def judged(self, what, key=None):
        """What happens inside is rolled back, and written down if it is no answer for people. ``key`` has worked when
        nothing was refused."""
        try:
            with self.env.cr.savepoint() as savepoint:
                yield
                savepoint.rollback()
            self.worked.add(key)
        except RefusedError as refusal:
            self.counts["refusal"] += 1
            _logger.info("%s: %s: %s", self.kind, what, str(refusal).replace("\n", " "))
        except BrokenError as error:
            self.problems.append(f"{self.kind}: {what}\n{error}")
        finally:
            self.env.invalidate_all()

    # --- menus, entries of the Action and Print menus, crons ----------------------------------------------------------

    def press_menus(self):
        """Every action of the addons that can be opened by itself: from a menu, or by its address."""
        for model in ("ir.actions.act_window", "ir.actions.server"):
            for action in self.find_own(model).filtered(lambda action: not action.binding_model_id):
                self.counts["window" if model == "ir.actions.act_window" else "server action"] += 1
                with self.judged(action.xml_id, (model, action.id)):
                    self.follow(self.client.load_action(action.id))

    def press_actions(self):
        """What stands in the Action and Print menus of a model, for a record and for some."""
        bound = [action for model in ACTIONS for action in self.find_own(model) if action.binding_model_id]
        for model in sorted({action.binding_model_id.model for action in bound}):
            own = {action.id for action in bound if action.binding_model_id.model == model}
            try:
                views = self.client.get_views(model, [(False, "list"), (False, "form")])
                ids = self.client.call(
                    model, "search", [self.get_selection_domain(model)], limit=RECORDS_SEEN, order="id desc"
                )
            except RefusedError:
                continue
            for kind, view in views["views"].items():
                for place in ("action", "print"):
                    for entry in view.get("toolbar", {}).get(place, []):
                        if entry["id"] in own:
                            self.press_entry(entry, kind, model, ids)

    def get_selection_domain(self, model):
        return [("company_id", "in", [*self.company.ids, False])] if "company_id" in self.env[model]._fields else []

    def press_entry(self, entry, kind, model, ids):
        """For some records of a list, and for single ones where those do not fit together; in a form for one."""
        action = self.env["ir.actions.actions"].browse(entry["id"])
        key = action.type, action.id
        singles = [[id_] for id_ in ids]
        for number, chosen in enumerate(
            [ids[:5], *singles] if kind == "list" else singles[: 3 if self.thorough else 1]
        ):
            if not chosen or (kind == "list" and number and (key in self.worked or not self.thorough)):
                break
            self.counts["entry of a menu"] += 1
            context = {"active_id": chosen[0], "active_ids": chosen, "active_model": model}
            with self.judged(f"{action.name} on {kind} {model}{tuple(chosen)}", key):
                self.follow({**self.client.load_action(action.id, context), "button_context": context}, context)

    def press_crons(self):
        """*Run Manually* on every scheduled job."""
        if not self.client.user.has_group("base.group_system"):
            return  # nobody else sees them
        for cron in self.find_own("ir.cron"):
            self.counts["cron"] += 1
            with self.judged(cron.cron_name, (cron._name, cron.id)):
                self.follow(self.client.call_button("ir.cron", "method_direct_trigger", cron.ids))

    # --- what comes back ----------------------------------------------------------------------------------------------

    def follow(self, action, active=None, depth=0):
        """Do what the client does with an action.

        :raise BrokenError: it is none, or what it opens cannot be opened
        """
        kind = action.get("type") if isinstance(action, dict) else None
        if kind not in FOLLOWERS:
            raise BrokenError(f"No action that a client knows: {action!r}")
        around = {**(active or {}), **action.pop("button_context", {})}
        context = {**around, **self.client.evaluate(action.get("context"), {}, **around)}
        FOLLOWERS[kind](self, {**action, "context": context}, depth)

    def follow_window(self, action, depth):
        model, context = action["res_model"], action["context"]
        views = [(id_, kind) for id_, kind in action["views"] if kind != "search"]
        found = self.client.get_views(model, [*views, (False, "search")], None)
        kind = "form" if action.get("res_id") else views[0][1]
        arch = etree.fromstring(found["views"][kind]["arch"])
        if kind == "form":
            self.follow_form(action, found, arch, depth)
        else:
            domain = self.client.evaluate(action.get("domain"), [], **context)
            specification = get_specification(arch, found["models"], model)
            self.client.call(
                model, "web_search_read", [], context, domain=domain, specification=specification, limit=20
            )
            self.counts["page"] += 1
        self.worked.add((action["type"], action.get("id")))

    def follow_form(self, action, views, arch, depth):
        model, context = action["res_model"], action["context"]
        if action.get("target") == "new" and depth < DEPTH:
            self.counts["dialog"] += 1
            self.press_dialog(
                Dialog(self.client, model, arch, views["models"], context, action.get("res_id")), views, depth
            )
            return
        specification = get_specification(arch, views["models"], model)
        if action.get("res_id"):
            if not self.client.call(model, "web_read", [[action["res_id"]]], context, specification=specification):
                raise BrokenError(f"{model}({action['res_id']}) cannot be read.")
        else:
            self.client.call(model, "onchange", [[], {}, [], specification], context)
        self.counts["page"] += 1

    def press_dialog(self, dialog, views, depth):
        """Fill a dialog with its defaults, and confirm it with each of its buttons."""
        view = self.env["ir.ui.view"].browse(views["views"]["form"]["id"])
        dialog.open()
        if view not in self.find_own("ir.ui.view"):
            return
        dialog.fill()
        dialog.save()
        for button in find_buttons(dialog.arch, view.xml_id):
            if button.path or not self.is_visible(button, dialog.values, None, dialog.models, dialog.model):
                continue
            self.counts["button"] += 1
            self.seen.add(button)
            with self.judged(f"{button} of a dialog", button):
                self.follow(self.send(button, dialog.model, [dialog.id], dialog.context), dialog.context, depth + 1)

    def follow_report(self, action, _depth):
        self.counts["report"] += 1
        self.client.download(action)
        report = self.env["ir.actions.report"]._get_report(action["report_name"])
        self.worked.add((report._name, report.id))

    def follow_client(self, action, depth):
        if action["tag"] not in CLIENT_TAGS:
            raise BrokenError(f"No client action: {action}")
        following = (action.get("params") or {}).get("next")
        if following:
            self.follow(following, depth=depth + 1)

    def follow_server(self, action, depth):
        result = self.client.run_action(action["id"], action["context"])
        self.follow(result or {"type": "ir.actions.act_window_close"}, depth=depth + 1)

    def follow_url(self, action, _depth):
        if action["url"].startswith("/"):
            status = self.url_open(action["url"]).status_code
            if status >= 400:
                raise BrokenError(f"{action['url']}: status {status}")

    def follow_close(self, _action, _depth):
        """The client closes the dialog, or reads the record anew."""

    # --- the end ------------------------------------------------------------------------------------------------------

    def report(self, users, everything):
        counts = ", ".join(f"{count} × {name}" for name, count in sorted(self.counts.items()))
        _logger.info(
            "Pressed of %s, as %s: %s. %s buttons in views, %s of them seen, %s of them worked.",
            ", ".join(self.press_modules),
            ", ".join(users),
            counts,
            len(everything),
            len(everything & self.seen),
            len(everything & self.worked),
        )
        missed = [f"never seen: {self.describe(button)}" for button in everything - self.seen]
        missed += [f"always refused: {self.describe(button)}" for button in (everything & self.seen) - self.worked]
        missed += [
            f"never worked: {model} {record.display_name}"
            for model in (*ACTIONS, "ir.cron")
            for record in self.find_own(model)
            if (model, record.id) not in self.worked
        ]
        missed.sort()
        problems = [f"{len(self.problems)} answers for nobody:", *self.problems, "", *missed]
        self.assertFalse(self.problems or missed, "\n".join(problems))

    def describe(self, button):
        """A button in words: of an action the view knows the id only."""
        action = self.env["ir.actions.actions"].browse(int(button.name)).name if button.name.isdigit() else ""
        return f"{button} {action}".strip()

    def get_today(self):
        return fields.Date.context_today(self.env.user)


FOLLOWERS = {
    "ir.actions.act_window": PressCase.follow_window,
    "ir.actions.act_window_close": PressCase.follow_close,
    "ir.actions.act_url": PressCase.follow_url,
    "ir.actions.client": PressCase.follow_client,
    "ir.actions.report": PressCase.follow_report,
    "ir.actions.server": PressCase.follow_server,
}
