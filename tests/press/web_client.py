import json
from pydoc import locate
from urllib.parse import quote

from lxml import html

from odoo import http
from odoo.exceptions import UserError
from odoo.tools.safe_eval import safe_eval, time


class RefusedError(Exception):
    """The server answered with a sentence for people."""


class BrokenError(Exception):
    """The server answered with what is for nobody: a traceback, an empty page, a status."""


class WebClient:
    """What a user's browser sends to the server: the routes and payloads of Odoo's web client, over real HTTP."""

    def __init__(self, case, user, company):
        self.case, self.user = case, user
        case.authenticate(user.login, user.login)
        self.context = {
            "lang": user.lang or "en_US",
            "tz": user.tz or "UTC",
            "uid": user.id,
            "allowed_company_ids": company.ids,
        }
        self._views = {}

    # --- calls --------------------------------------------------------------------------------------------------------

    def rpc(self, route, params):
        """
        :return: what the server answers
        :raise RefusedError: with a sentence
        :raise BrokenError: with anything else
        """
        response = self.case.url_open(route, json=self.case.build_rpc_payload(params), timeout=60)
        if response.status_code != 200:
            raise BrokenError(f"{route}: status {response.status_code}\n{response.text[:2000]}")
        answer = response.json()
        if "error" in answer:
            raise self.judge(answer["error"]["data"])
        return answer.get("result")

    @staticmethod
    def judge(error):
        """What an error, as it comes to the client, is to a person."""
        kind, sentence = locate(error["name"]), (error["message"] or "").strip()
        if isinstance(kind, type) and issubclass(kind, UserError) and sentence and "Traceback" not in sentence:
            return RefusedError(sentence)
        return BrokenError(f"{error['name']}: {error['message']}\n{error['debug']}")

    def call(self, model, method, args=(), context=None, **kwargs):
        """A method of a model, as a view calls it to read or to save."""
        return self.rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": {**kwargs, "context": {**self.context, **(context or {})}},
            },
        )

    def call_button(self, model, method, ids, context=None):
        """A button of type object. Also of a model method it passes ids."""
        action = self.rpc(
            f"/web/dataset/call_button/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": [list(ids)],
                "kwargs": {"context": {**self.context, **(context or {})}},
            },
        )
        return action if isinstance(action, dict) else {"type": "ir.actions.act_window_close"}

    def load_action(self, action_id, context=None):
        """A button of type action, a menu, an entry of the Action menu: they name an action."""
        return self.rpc("/web/action/load", {"action_id": action_id, "context": {**self.context, **(context or {})}})

    def run_action(self, action_id, context=None):
        """A server action."""
        return self.rpc("/web/action/run", {"action_id": action_id, "context": {**self.context, **(context or {})}})

    # --- views --------------------------------------------------------------------------------------------------------

    def get_views(self, model, views, context=None):
        """As the user gets them: without what is for other groups.

        :param views: ``[(id or False, type), …]``
        """
        key = (model, tuple(map(tuple, views)), json.dumps(context or {}, sort_keys=True, default=str))
        if key not in self._views:
            self._views[key] = self.call(
                model, "get_views", [], context, views=[list(view) for view in views], options={"toolbar": True}
            )
        return self._views[key]

    def evaluate(self, expression, default, **values):
        """An expression of an action or a view: a domain, a context, whether something is invisible."""
        if not isinstance(expression, str):
            return default if expression in (None, False) else expression
        if not expression.strip():
            return default
        names = {
            **self.context,
            "context": self.context,
            "time": time,
            "context_today": self.case.get_today,
            "current_company_id": self.context["allowed_company_ids"][0],
            **values,
        }
        # as the client: JSON's own words
        return safe_eval(expression, {**names, "true": True, "false": False})

    # --- files --------------------------------------------------------------------------------------------------------

    def download(self, action):
        """Fetch a report as the web client does: with ``data`` it sends no ids.

        :return: the text of what is printed
        """
        url, context = f"/report/pdf/{action['report_name']}", action.get("context") or {}
        if action.get("data"):
            url += f"?options={quote(json.dumps(action['data']))}&context={quote(json.dumps(context))}"
        elif context.get("active_ids"):
            url += "/" + ",".join(map(str, context["active_ids"]))
        response = self.case.url_open(
            "/report/download",
            data={
                "data": json.dumps([url, action["report_type"]]),
                "context": json.dumps(self.context),
                "csrf_token": http.Request.csrf_token(self.case),
            },
            timeout=60,
        )
        if response.status_code != 200:
            text = html.document_fromstring(response.text).text_content()
            raise self.judge(json.loads(text)["data"]) if text.startswith("{") else BrokenError(response.text[:2000])
        return self._read_printed(action["report_name"], response)

    def _read_printed(self, name, response):
        """In tests Odoo prints HTML. Header and footer stand outside of the pages."""
        pages = html.document_fromstring(response.text).xpath("//div[contains(concat(' ', @class, ' '), ' page ')]")
        text = " ".join(" ".join(page.text_content().split()) for page in pages)
        if not text:
            raise BrokenError(f"{name} is printed, and blank.")
        return text
