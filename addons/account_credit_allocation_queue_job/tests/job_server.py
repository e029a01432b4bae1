from odoo.addons.account_credit_allocation.tests.odoo_server import OdooServer, free_port


class JobServer(OdooServer):
    """A server as a company would run it: HTTP workers, and the job runner that hands them the jobs.

    ``capacity`` is how many jobs the channel runs at a time.
    """

    def __init__(self, database, workers=2, capacity=2, cron_threads=0):
        super().__init__(database)
        self.workers = workers
        self.channels = f"root:{capacity},root.credit_allocation:{capacity}"
        self.cron_threads = cron_threads

    def _prepare_config(self):
        settings = super()._prepare_config()
        settings["options"].update(
            {
                "gevent_port": str(free_port()),
                "workers": str(self.workers),
                "max_cron_threads": str(self.cron_threads),
                "server_wide_modules": "base,web,queue_job",
            }
        )
        settings["queue_job"] = {"channels": self.channels}
        return settings
