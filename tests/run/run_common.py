from ..common import AllocationCase


class RunCase(AllocationCase):
    """A company whose postings start no allocation, so that runs have something to do.

    Transactions of a run are savepoints of the test's own.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_allocation_receivable = False
        cls.Run = cls.env["account.credit.allocation.run"]
        cls.Queue = cls.env["account.credit.allocation.run.queue"]
        cls.Worker = cls.env["account.credit.allocation.run.worker"]

    def setUp(self):
        super().setUp()
        self.env.cr.postcommit.clear()
        self.registry_enter_test_mode()

    def new_partner(self, name):
        return self.env["res.partner"].create({"name": name})

    def pair(self, partner, amount=100, **vals):
        """An open invoice and a payment of the same amount."""
        return self.invoice(amount, partner, **vals), self.payment(amount, partner)

    def new_run(self, **vals):
        return self.Run.create({"company_id": self.company.id, **vals})

    def work(self):
        """What the scheduler does."""
        self.Queue._get_cron().method_direct_trigger()
        self.env.invalidate_all()

    def run_now(self, **vals):
        """A run from start to end."""
        run = self.new_run(**vals)
        run.action_start()
        self.work()
        return run

    def pending_batches(self, run):
        return run._get_work_list()._get_pending_batches(run)

    def row(self, run, partner):
        return run.row_ids.filtered(lambda row: row.partner_id == partner)
