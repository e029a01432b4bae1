"""The portal's part of pressing: every page and form of an addon, fetched and sent as a browser does."""

import inspect
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

import werkzeug.exceptions
from lxml import html

from odoo.tests import HttpCase

TYPED = {"number": "1", "email": "somebody@example.com", "date": "2024-03-01"}


class PressPortalCase(HttpCase):
    """Derive, set ``press_modules``, and call :meth:`press_portal` with a user for whom every form is shown."""

    press_modules = ()

    def press_portal(self, user, starts=("/my",), get_snippets=list):
        """Visit the pages of the addons that ``starts`` lead to, and send every form of theirs.

        Fails for an error page, and for a page or form of the addons that was never reached.

        :param starts: addresses; all links to pages of the addons are followed
        :param get_snippets: called once the user is logged in; the HTML, with forms, that scripts put into pages
        """
        self.authenticate(user.login, user.login)
        self.router = self.env["ir.http"].routing_map().bind("localhost")
        self.counts, self.reached, self.problems = Counter(), set(), []
        waiting, seen = list(starts), set()
        for snippet in get_snippets():
            self.press_forms(html.fragment_fromstring(snippet, create_parent=True))
        while waiting:
            url = waiting.pop(0)
            key = self.get_key(url)
            if key not in seen:
                seen.add(key)
                waiting += self.visit(url)
        self._logger.info("Pressed in the portal, as %s: %s", user.login, dict(self.counts))
        missed = sorted(self.get_own_routes() - self.reached)
        self.assertFalse(self.problems or missed, "\n".join([*self.problems, *(f"never reached: {m}" for m in missed)]))

    # --- what there is ------------------------------------------------------------------------------------------------

    def get_own_routes(self):
        """``method and address`` of all pages and forms of the addons."""
        return {
            f"{method} {self.get_name(rule.endpoint)}"
            for rule in self.router.map.iter_rules()
            if self.is_own(rule.endpoint) and rule.endpoint.routing["type"] == "http"
            for method in rule.endpoint.routing.get("methods") or ("GET", "POST")
        }

    def is_own(self, endpoint):
        module = inspect.unwrap(endpoint.original_endpoint).__module__
        return module.split(".")[2] in self.press_modules

    @staticmethod
    def get_name(endpoint):
        return endpoint.routing["routes"][0]

    def find_own(self, url, method):
        """The route of the addons that an address leads to, or None; notes that it was reached."""
        try:
            endpoint, _values = self.router.match(urlsplit(url).path, method)
        except werkzeug.exceptions.HTTPException:
            return None
        if not self.is_own(endpoint):
            return None
        return f"{method} {self.get_name(endpoint)}"

    def get_key(self, url):
        """Pages that differ only in what they filter by are one."""
        parts = urlsplit(url)
        return self.find_own(url, "GET") or parts.path, tuple(sorted(name for name, _value in parse_qsl(parts.query)))

    # --- pressing -----------------------------------------------------------------------------------------------------

    def visit(self, url):
        """:return: the addresses of further pages of the addons"""
        response = self.open(url, "GET")
        if response is None or "html" not in response.headers["Content-Type"]:
            return []
        self.counts["page"] += 1
        page = html.document_fromstring(response.text)
        page.make_links_absolute(self.base_url() + url)
        self.press_forms(page)
        links = {link for _element, name, link, _pos in page.iterlinks() if name == "href"}
        own = {link.removeprefix(self.base_url()) for link in links if link.startswith(self.base_url())}
        return sorted(link for link in own if self.find_own(link, "GET"))

    def press_forms(self, page):
        for form in page.forms:
            action = (form.action or "").removeprefix(self.base_url())
            if self.find_own(action, form.method.upper()):
                self.counts["form"] += 1
                self.fill(form)
                with self.env.cr.savepoint() as savepoint:
                    self.open(action, form.method.upper(), dict(form.form_values()))
                    savepoint.rollback()
                self.env.invalidate_all()

    @staticmethod
    def fill(form):
        """Type what the browser asks for, before it sends the form."""
        for field in form.inputs:
            if getattr(field, "tag", None) == "input" and field.get("required") and not field.get("value"):
                field.set("value", field.get("min") or TYPED.get(field.get("type"), "DE89370400440532013000"))

    def open(self, url, method, values=None):
        """:return: the response, None where it is an error page"""
        if name := self.find_own(url, method):
            self.reached.add(name)
        response = self.url_open(url, **{"params" if method == "GET" else "data": values})
        if response.status_code < 400:
            return response
        self.problems.append(f"{method} {url} {values or ''}: status {response.status_code}\n{response.text[:1500]}")
        return None
