import configparser
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import requests

from odoo.tools import config

SECONDS = 60


class PortalServer:
    """A server of this database with several HTTP threads, as customers meet it. Use as a context manager."""

    def __init__(self, database):
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="portal_server_")
        self.logfile = Path(self.folder.name, "log")
        path = Path(self.folder.name, "odoo.conf")
        with path.open("w") as out:
            self._prepare_config().write(out)
        with self.logfile.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, sys.argv[0], "server", f"--config={path}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_it_answers()
        return self

    def __exit__(self, *error):
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with suppress(ProcessLookupError):  # what is left of the session that was started above
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.folder.cleanup()

    def _prepare_config(self):
        settings = configparser.ConfigParser(interpolation=None)
        settings["options"] = {
            "addons_path": ",".join(config["addons_path"]),
            "data_dir": config["data_dir"],
            "db_name": self.database,
            **{name: config[name] for name in ("db_host", "db_port", "db_user", "db_password") if config[name]},
            "http_interface": "127.0.0.1",
            "http_port": self.port,
            "max_cron_threads": 0,
        }
        return settings

    def _wait_until_it_answers(self):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/web/login", timeout=SECONDS).ok:
                    return
            time.sleep(0.3)
        log = self.logfile.read_text(errors="replace")[-4000:]
        self.__exit__()
        raise AssertionError(f"The server does not answer.\n{log}")


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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
