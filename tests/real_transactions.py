from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name

from ..models.engine.open_item_reader import AllocationScope

CONTEXT = {"tracking_disable": True}


class RealTransactionsCase(BaseCase):
    """Real commits and two connections at a time: what no test inside one transaction can show.

    Everything is committed, so everything is deleted again at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, CONTEXT)
            self.company_id = (
                env["account.journal"].search([("type", "=", "bank"), ("company_id.parent_id", "=", False)], limit=1)
            ).company_id.id
            self.context = {**CONTEXT, "allowed_company_ids": [self.company_id]}
            self.settings = (
                env["res.company"]
                .browse(self.company_id)
                .read(["credit_allocation_receivable", "credit_allocation_on_payment", "credit_allocation_on_invoice"])[
                    0
                ]
            )
            env["res.company"].browse(self.company_id).write(dict.fromkeys(list(self.settings)[1:], True))
            self.partner_id = env["res.partner"].create({"name": "Real Customer"}).id
        self.addCleanup(self.delete_everything)

    def delete_everything_of(self, partner_id):
        self.partner_id = partner_id
        self.delete_everything()

    def delete_everything(self):
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            env["res.company"].browse(self.company_id).write(
                {name: value for name, value in self.settings.items() if name != "id"}
            )
            moves = env["account.move"].search([("partner_id", "=", self.partner_id)])
            documents = env["account.credit.allocation"].search([("line_ids.partner_id", "=", self.partner_id)])
            documents.state = "draft"  # others cannot be deleted
            documents.unlink()
            payments = env["account.payment"].search([("partner_id", "=", self.partner_id)])
            payments.action_draft()
            payments.unlink()
            moves = moves.exists()
            moves.filtered(lambda move: move.state == "posted").button_draft()
            moves.with_context(force_delete=True).unlink()
            env["res.partner"].browse(self.partner_id).unlink()

    def environment(self, cr):
        return api.Environment(cr, SUPERUSER_ID, self.context)

    def post_invoice(self, env, amount=100):
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.partner_id,
                "invoice_date": "2024-03-01",
                "company_id": self.company_id,
                "invoice_line_ids": [
                    Command.create({"name": "Work", "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
            }
        )
        invoice.action_post()
        return invoice.id

    def post_payment(self, env, amount=100):
        payment = env["account.payment"].create(
            {"partner_id": self.partner_id, "amount": amount, "date": "2024-03-15", "payment_type": "inbound"}
        )
        payment.action_post()
        return payment.id

    def commit(self, post):
        with self.registry.cursor() as cr:
            return post(self.environment(cr))

    def residuals(self):
        """Residuals of the partner's receivable items, as anybody sees them after the commits."""
        with self.registry.cursor() as cr:
            lines = self.environment(cr)["account.move.line"].search(
                [("partner_id", "=", self.partner_id), ("account_type", "=", "asset_receivable")], order="id"
            )
            return lines.mapped("amount_residual")

    def scope(self):
        return AllocationScope(company_ids=(self.company_id,), partner_ids=(self.partner_id,))

    def switch_off(self):
        with self.registry.cursor() as cr:
            self.environment(cr)["res.company"].browse(self.company_id).credit_allocation_receivable = False

    def lock_items(self, cr):
        cr.execute("SELECT id FROM account_move_line WHERE partner_id = %s FOR UPDATE", (self.partner_id,))

    def no_error_logged(self):
        """A conflict that is tried again is no error in anybody's log."""
        return self.assertNoLogs("odoo.sql_db", "ERROR")

    def quiet_sql(self):
        return patch("odoo.sql_db._logger.error")
