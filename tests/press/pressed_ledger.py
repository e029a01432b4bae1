from odoo.tests import new_test_user

from ..common import AllocationCase, press

KINDS_OF_USERS = {
    "accountant": "account.group_account_manager",
    "administrator": "base.group_system,account.group_account_manager",
    "billing": "account.group_account_invoice",
    "read-only": "account.group_account_readonly",
    "employee": "base.group_user",
    "portal": "base.group_portal",
}


class PressingUsers(AllocationCase):
    """A company with a user of each kind: ``users``. Postings start no allocation."""

    kinds_of_users = KINDS_OF_USERS

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.credit_allocation_receivable = False
        cls.users = {
            kind: new_test_user(
                cls.env,
                login=f"press-{kind.replace(' ', '-')}",
                groups=groups,
                email=f"{kind.replace(' ', '-')}@example.com",
                company_id=cls.company.id,
                company_ids=cls.company.ids,
            )
            for kind, groups in cls.kinds_of_users.items()
        }


class PressedLedger(PressingUsers):
    """A ledger that shows every button of the root addon: documents, runs and checks in every state.

    Each story has a partner of its own.
    """

    def make_ledger(self):
        self.make_documents()
        self.make_runs()
        self.make_checks()
        for user in self.users.values():
            if user.has_group("account.group_account_readonly") or user.has_group("account.group_account_invoice"):
                lists = self.env["account.credit.allocation.unallocated"].with_user(user)
                lists.with_context(allowed_company_ids=self.company.ids)._open()

    def new_partner(self, name):
        return self.env["res.partner"].create({"name": name})

    # --- documents ----------------------------------------------------------------------------------------------------

    def make_documents(self):
        """Open and settled, on both sides; previews, with and without choices; undone; what names another document."""
        for amount, make in ((100, self.invoice), (60, self.payment), (20, self.credit_note)):
            make(amount)
        self.allocate(partner_ids=(self.customer.id,))
        for amount, make in ((90, self.bill), (40, self.vendor_payment)):
            make(amount)
        self.invoice(15, self.vendor, move_type="in_refund")
        self.entry(-5)
        self.invoice(30, post=False)
        self.payment(10, post=False)
        self.payment(25, payment_type="outbound")

        undone = self.new_partner("Undone")
        self.invoice(10, undone), self.payment(10, undone)
        document = self.allocate(partner_ids=(undone.id,)).documents
        press(press(document, "action_undo"), "action_undo")

        previewed = self.new_partner("Previewed")
        self.invoice(12, previewed), self.payment(12, previewed)
        press(previewed, "action_preview_credit_allocation")
        self.make_choices("Two Ways", marked=False)
        self.make_choices("Two Ways, one chosen", marked=True)
        self.make_choices("Left, with two Ways", marked=False, preview=False)
        self.make_named("Named in a Preview", preview=True)
        self.make_named("Named")

    def make_choices(self, name, *, marked, preview=True):
        """A payment that two combinations of invoices add up to."""
        partner = self.new_partner(name)
        for amount, day in ((30, "2024-03-01"), (70, "2024-03-02"), (40, "2024-03-03"), (60, "2024-03-04")):
            self.invoice(amount, partner, day=day)
        self.payment(100, partner)
        press(partner, "action_preview_credit_allocation" if preview else "action_allocate_credits")
        if marked:
            suggestions = self.env["account.credit.allocation.suggestion"].search([("partner_id", "=", partner.id)])
            press(suggestions[0], "action_choose")

    def make_named(self, name, *, preview=False):
        """A payment that names an invoice which is excluded, beside others that are allocated."""
        partner = self.new_partner(name)
        self.invoice(100, partner, day="2024-01-01"), self.payment(30, partner, memo="Thanks")
        invoice = self.invoice(50, partner, credit_allocation_excluded=True)
        self.payment(50, partner, memo=invoice.name)
        press(partner, "action_preview_credit_allocation" if preview else "action_allocate_credits")

    # --- runs ---------------------------------------------------------------------------------------------------------

    def make_runs(self):
        """In every state, each of a partner of its own; the scheduler works where a run is to be done."""
        Run = self.env["account.credit.allocation.run"]
        Run.create({"company_id": self.company.id})
        self.new_run("Running")
        self.new_run("Stopped").action_stop()
        self.new_run("Preview", mode="preview", in_background=False)
        applied = self.new_run("Applied Preview", mode="preview", in_background=False)
        applied.sudo().write({"is_applying": True})
        applied.sudo().row_ids.write({"state": "failed", "message": "The invoice has changed since."})
        failed = self.new_run("Failed", in_background=False)
        failed.sudo().row_ids.write({"state": "failed", "message": "The period is locked."})
        schedule = self.env["account.credit.allocation.run.schedule"].create(
            {"name": "Every night", "company_id": self.company.id}
        )
        schedule.action_run_now()

    def new_run(self, name, **vals):
        """A started run over an invoice, a payment and a credit that nothing fits."""
        partner = self.new_partner(name)
        self.invoice(100, partner), self.payment(110, partner)
        run = self.env["account.credit.allocation.run"].create(
            {
                "company_id": self.company.id,
                "partner_scope": "partners",
                "partner_ids": partner.ids,
                **vals,
            }
        )
        run.action_start()
        return run

    # --- checks -------------------------------------------------------------------------------------------------------

    def make_checks(self):
        """One that found nothing, and one that found a matching number to be computed again."""
        Check = self.env["account.credit.allocation.check"]
        Check._check(self.company)
        partner = self.new_partner("Damaged")
        self.invoice(10, partner), self.payment(10, partner)
        line = self.allocate(partner_ids=(partner.id,)).documents.line_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = 3, amount_residual_currency = 3 WHERE id = %s",
            [line.debt_line_id.id],
        )
        self.env.invalidate_all()
        Check._check(self.company)
