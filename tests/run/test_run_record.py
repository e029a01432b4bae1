from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .run_common import RunCase


@tagged("post_install", "-at_install")
class TestRunRecord(RunCase):
    """What a run left is its result, and stays with it; what was only a preview goes after a while."""

    def choices_of(self, mode):
        """A run in which several combinations add up, and nothing else can be allocated."""
        for amount in (30, 70, 40, 60):
            self.invoice(amount)
        self.payment(100)
        return self.run_now(mode=mode)

    def grow_old_and_vacuum(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_credit_allocation SET create_date = %s", (fields.Datetime.now() - timedelta(days=31),)
        )
        self.env.invalidate_all()
        self.env["account.credit.allocation"]._gc_previews()

    def test_choices_that_a_run_left_stay(self):
        run = self.choices_of("apply")
        self.grow_old_and_vacuum()
        self.assertEqual(len(run.leftover_ids.suggestion_ids), 2)
        self.assertEqual(run.leftover_count, 1)

    def test_choices_of_a_mere_preview_go(self):
        run = self.choices_of("preview")
        self.assertTrue(run.allocation_ids.suggestion_ids)
        self.grow_old_and_vacuum()
        self.assertFalse(run.allocation_ids)

    def test_what_an_applied_preview_left_stays(self):
        self.pair(self.customer)
        for amount in (30, 70, 40, 60):
            self.invoice(amount, self.stranger)
        self.payment(100, self.stranger)
        run = self.run_now(mode="preview")
        run.action_apply()
        self.work()
        self.grow_old_and_vacuum()
        self.assertTrue(run.leftover_ids.suggestion_ids)

    def test_a_later_run_takes_the_choices_and_not_the_rest(self):
        first = self.choices_of("apply")
        self.payment(7, self.stranger)
        second = self.choices_of("apply")
        self.assertFalse(first.leftover_ids.suggestion_ids)
        self.assertEqual(first.leftover_count, 1)
        self.assertTrue(second.leftover_ids.suggestion_ids)

    def test_choice_on_posting_stays_while_it_can_be_made(self):
        for amount in (30, 70, 40, 60):
            self.invoice(amount)
        payment = self.payment(100)
        document = self.allocate().documents
        self.grow_old_and_vacuum()
        self.assertTrue(document.suggestion_ids)
        (self.open_items(payment) | self.open_items(self.invoice(100))).reconcile()
        self.grow_old_and_vacuum()
        self.assertFalse(document.exists())

    def test_newest_come_first(self):
        for _number in range(2):
            self.pair(self.customer)
            self.payment(5, self.stranger)
            self.run_now()
        for model, name in (
            ("account.credit.allocation.line", "allocation_id"),
            ("account.credit.allocation.run.partner", "run_id"),
            ("account.credit.allocation.run.reason", "run_id"),
            ("account.credit.allocation.run.rule", "run_id"),
            ("account.credit.allocation.leftover", "allocation_id"),
        ):
            parents = [parent.id for parent in self.env[model].search([])[name] if parent]
            self.assertGreater(len(parents), 1, model)
            self.assertEqual(parents, sorted(parents, reverse=True), model)

    def test_no_list_follows_the_order_of_another_model_backwards(self):
        models = [model for model in self.env.values() if model._module == "account_credit_allocation"]
        self.assertGreater(len(models), 10)
        for model in models:
            for term in (model._order or "").split(","):
                name, _space, direction = term.strip().lower().partition(" ")
                field = model._fields.get(name)
                if direction == "desc" and field is not None:
                    self.assertNotEqual(field.type, "many2one", f"{model._name}: {term}")
