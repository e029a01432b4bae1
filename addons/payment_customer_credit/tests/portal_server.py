import re
from contextlib import suppress

import requests

from odoo.addons.account_credit_allocation.tests.odoo_server import OdooServer

SECONDS = 60


class PortalServer(OdooServer):
    """A server with several HTTP threads, as customers meet it: on entering it answers."""

    def __enter__(self):
        super().__enter__()
        try:
            self.wait_until(self._answers, SECONDS, "an answer")
        except AssertionError:
            self.__exit__()
            raise
        return self

    def _answers(self):
        with suppress(requests.ConnectionError):
            return requests.get(f"{self.url}/web/login", timeout=SECONDS).ok


class Browser:
    """The session of a portal user, who is logged in."""

    def __init__(self, server, login):
        self.url = server.url
        self.session = requests.Session()
        self._post("/web/login", self._read_token("/web/login"), {"login": login, "password": login})
        self.token = self._read_token("/my/security")

    def get(self, path):
        return self.session.get(f"{self.url}{path}", timeout=SECONDS)

    def post(self, path, **form):
        """Send a form, and follow to the page that it leads to."""
        return self._post(path, self.token, form)

    def _post(self, path, token, form):
        return self.session.post(f"{self.url}{path}", data={"csrf_token": token, **form}, timeout=SECONDS)

    def _read_token(self, path):
        return re.search(r'csrf_token: "(\w+)"', self.get(path).text)[1]
