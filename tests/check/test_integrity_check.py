import re

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ...models.check import account_credit_allocation_check
from ..common import AllocationCase, IntegrityMixin


@tagged("post_install", "-at_install")
class TestIntegrityCheck(IntegrityMixin, AllocationCase):
    """The check as users meet it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Check = cls.env["account.credit.allocation.check"]
        cls.debt = cls.invoice(100)
        cls.payment(60)
        cls.line = cls.allocate(cls).documents.line_ids
        cls.manager = new_test_user(
            cls.env,
            "integrity_manager",
            "account.group_account_manager",
            company_ids=[Command.set(cls.company.ids)],
            company_id=cls.company.id,
        )
        cls.clerk = new_test_user(
            cls.env,
            "integrity_clerk",
            "account.group_account_invoice",
            company_ids=[Command.set(cls.company.ids)],
            company_id=cls.company.id,
        )

    def break_residual(self):
        self.damage("UPDATE account_move_line SET amount_residual = 41 WHERE id = %s", self.line.debt_line_id.id)

    def activities(self):
        domain = [("res_model", "=", self.Check._name), ("user_id", "=", self.manager.id)]
        return self.env["mail.activity"].sudo().search(domain)

    def test_check_now_tells_what_was_checked(self):
        action = self.Check.with_user(self.manager).action_check_now()
        check = self.Check.browse(action["res_id"])
        self.assertEqual(check.state, "clean")
        self.assertEqual(check.allocation_count, 1)
        self.assertEqual(check.item_count, 2)
        self.assertEqual(check.user_id, self.manager)
        self.assertFalse(check.finding_ids)
        self.assertFalse(self.activities())

    def test_finding_says_what_is_wrong_and_leads_there(self):
        self.break_residual()
        check = self.Check.browse(self.Check.with_user(self.manager).action_check_now()["res_id"])
        self.assertEqual(check.state, "problems")
        finding = check.finding_ids.with_user(self.clerk)
        self.assertEqual((finding.kind, finding.severity), ("residual", "error"))
        self.assertEqual((finding.expected, finding.found), ("$\N{NO-BREAK SPACE}40.00", "$\N{NO-BREAK SPACE}41.00"))
        self.assertIn("open amount", finding.problem)
        self.assertIn("Recompute", finding.remedy)
        self.assertEqual(finding.place, self.debt.name)
        self.assertEqual(finding.action_open()["res_id"], self.debt.id)

    def test_finding_on_an_allocation_leads_to_its_document(self):
        self.damage("UPDATE account_credit_allocation_line SET amount = 1 WHERE id = %s", self.line.id)
        check = self.Check._check(self.company)
        self.assertTrue(check.finding_ids.line_id)
        for finding in check.finding_ids.filtered("line_id"):
            pair = f"{self.line.debt_move_id.name} ← {self.line.credit_move_id.name}"
            self.assertEqual(finding.place, f"{self.line.allocation_id.name}: {pair}")
            action = finding.action_open()
            self.assertEqual((action["res_model"], action["res_id"]), (self.line._name, self.line.id))

    def test_managers_are_told_once(self):
        self.break_residual()
        self.Check._check(self.company)
        check = self.Check._check(self.company)
        self.assertEqual(self.activities().res_id, check.id)
        self.damage("UPDATE account_move_line SET amount_residual = 40 WHERE id = %s", self.line.debt_line_id.id)
        self.Check._check(self.company)
        self.assertFalse(self.activities())

    def test_recompute_corrects_what_follows_from_other_figures(self):
        self.payment(40)
        self.allocate()
        self.assertTrue(self.line.partial_id.full_reconcile_id)
        self.damage("DELETE FROM account_partial_reconcile WHERE id = %s", self.line.partial_id.id)
        check = self.Check._check(self.company)
        self.assertTrue(check.can_recompute)
        check = self.Check.browse(check.with_user(self.manager).action_recompute()["res_id"])
        self.assertEqual(check.state, "clean")
        self.assertEqual(self.line.state, "removed")
        self.assertEqual(self.line.allocation_id.amount_in_force, 0)
        self.assertOpen(self.debt, 60)
        self.assertEqual(self.debt.amount_residual, 60)

    def test_only_managers_check(self):
        with self.assertRaises(AccessError):
            self.Check.with_user(self.clerk).action_check_now()
        check = self.Check._check(self.company)
        with self.assertRaises(AccessError):
            check.with_user(self.clerk).action_recompute()
        self.assertEqual(check.with_user(self.clerk).state, "clean")

    def test_every_kind_has_words(self):
        Finding = self.env["account.credit.allocation.check.finding"]
        kinds = set(dict(Finding._fields["kind"].selection))
        self.assertEqual(set(Finding._get_problem_texts()), kinds)
        self.assertEqual(set(Finding._get_remedy_texts()), kinds)
        queries = "".join(self.Check._get_queries())
        self.assertEqual(set(re.findall(r"^ *(?:VALUES \(|\(|SELECT )'(\w+)',", queries, re.M)), kinds)

    def test_of_many_problems_the_first_are_listed(self):
        self.patch(account_credit_allocation_check, "FINDINGS_PER_KIND", 1)
        items = self.line.debt_line_id + self.line.credit_line_id
        self.damage("UPDATE account_move_line SET reconciled = NOT reconciled WHERE id = ANY(%s)", items.ids)
        check = self.Check._check(self.company)
        self.assertEqual((check.finding_count, check.listed_count), (2, 1))

    def test_nightly_check_of_every_company(self):
        self.break_residual()
        with self.enter_registry_test_mode():
            self.env.ref("account_credit_allocation.account_credit_allocation_check_cron").method_direct_trigger()
        check = self.Check.search([("company_id", "=", self.company.id)])
        self.assertEqual(check.state, "problems")
        roots = self.env["res.company"].sudo().search([("parent_id", "=", False)])
        self.assertEqual(self.Check.sudo().search([]).company_id & roots, roots)

    def test_old_checks_go(self):
        clean, old_clean, problem, old_problem = self.Check.create(
            [
                {
                    "company_id": self.company.id,
                    "state": state,
                    "date": fields.Datetime.subtract(fields.Datetime.now(), days=days),
                }
                for state, days in (("clean", 29), ("clean", 31), ("problems", 31), ("problems", 366))
            ]
        )
        self.Check._gc_checks()
        self.assertEqual((clean + old_clean + problem + old_problem).exists(), clean + problem)
