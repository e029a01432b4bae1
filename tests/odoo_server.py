import configparser
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from odoo.tools import config


class OdooServer:
    """A server of a database in a process of its own, as users meet it. Use as a context manager."""

    def __init__(self, database):
        self.database = database
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="odoo_server_")
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
        """The configuration file: the settings of this process, without cron jobs."""
        settings = configparser.ConfigParser(interpolation=None)
        settings["options"] = {
            "addons_path": ",".join(config["addons_path"]),
            "data_dir": config["data_dir"],
            "db_name": self.database,
            **{name: config[name] for name in ("db_host", "db_port", "db_user", "db_password") if config[name]},
            "http_interface": "127.0.0.1",
            "http_port": str(self.port),
            "max_cron_threads": "0",
        }
        return settings

    def wait_until(self, is_reached, seconds, what, interval=0.3):
        """Waits until ``is_reached()`` is true and returns that; after ``seconds`` fails with the end of the log."""
        deadline = time.monotonic() + seconds
        while not (reached := is_reached()):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(
                    f"{what}: not within {seconds} seconds, or the server has ended.\n{self.read_log()[-6000:]}"
                )
            time.sleep(interval)
        return reached

    def read_log(self):
        return self.logfile.read_text(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
