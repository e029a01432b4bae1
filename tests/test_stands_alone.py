import re

from odoo.tests import TransactionCase, tagged

ADDON = "account_credit_allocation"
BUILT_ON_TOP = "account_customer_credit"
# what people read of a record, and what a program calls it
TEXT_FIELDS = ("name", "arch_db", "code", "model", "res_model", "description", "summary", "help", "subject")
FOREIGN_WORDS = (
    "customer credit",
    "customer.credit",
    "customer_credit",
    "credit_reservation",
    "overdraft",
    "withdrawal",
)


@tagged("post_install", "-at_install")
class TestStandsAlone(TransactionCase):
    """Allocation knows nothing of customer credit: what is built on top of it comes with an addon of its own."""

    def find_foreign_words(self, text):
        text = re.sub("customer credit notes?", "", (text or "").lower())
        return [word for word in FOREIGN_WORDS if word in text]

    def test_models_and_fields_of_this_addon(self):
        for model_name, model in self.env.items():
            own_fields = [field for field in model._fields.values() if field._modules[:1] == (ADDON,)]
            if model._original_module == ADDON:
                self.assertEqual(self.find_foreign_words(f"{model_name} {model._description}"), [])
            for field in own_fields:
                words = self.find_foreign_words(f"{field.name} {field.string} {field.help}")
                self.assertEqual(words, [], f"{model_name}.{field.name}")
                if field.type == "selection" and isinstance(field.selection, list) and not self._is_installed():
                    self.assertEqual(self.find_foreign_words(str(field.selection)), [], f"{model_name}.{field.name}")

    def test_records_of_this_addon(self):
        """Views, menus, groups, crons, templates, rules, sequences: whatever the addon brings as data."""
        for data in self.env["ir.model.data"].search([("module", "=", ADDON)]):
            self.assertEqual(self.find_foreign_words(data.name), [], data.complete_name)
            record = self.env[data.model].browse(data.res_id) if data.model in self.env else None
            if record is None or data.model in ("ir.model", "ir.model.fields", "ir.model.fields.selection"):
                continue  # the registry has told
            for name in TEXT_FIELDS:
                if name in record._fields and record._fields[name].type in ("char", "text", "html"):
                    words = self.find_foreign_words(str(record[name] or ""))
                    self.assertEqual(words, [], f"{data.complete_name}.{name}")

    def test_installed_alone_nothing_of_customer_credit_exists(self):
        if self._is_installed():
            self.assertIn("customer.credit.reservation", self.env)
            return
        self.assertFalse([name for name in self.env.registry if name.startswith("customer.credit")])
        self.assertNotIn("credit_reservation_id", self.env["account.move.line"]._fields)
        self.assertFalse(self.env["account.journal"].with_context(active_test=False).search([("code", "=", "CCRED")]))
        self.assertFalse(self.env["account.credit.allocation.rule.type"].search([("code", "=", "overdraft")]))
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'customer_credit%'")
        self.assertEqual(self.env.cr.fetchall(), [])
        self.env.cr.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE column_name LIKE '%customer_credit%' OR column_name LIKE 'credit_reservation%'"
        )
        self.assertEqual(self.env.cr.fetchall(), [])

    def _is_installed(self):
        domain = [("name", "=", BUILT_ON_TOP), ("state", "in", ("installed", "to upgrade"))]
        return bool(self.env["ir.module.module"].search_count(domain))
