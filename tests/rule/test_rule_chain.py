from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...matching import Evidence
from ..common import AllocationCase, SecurityCase

CORE_CODES = ["reference", "exact_amount", "exact_combination", "net_to_zero", "tolerance", "oldest_first"]


class RuleCase(AllocationCase):
    def rules(self, company=None):
        """The rules of a company, in the order in which they run."""
        return self.env["account.credit.allocation.rule"].search([("company_id", "=", (company or self.company).id)])

    def drag(self, *codes):
        """Put the rules in this order, as the handle of the list does; the others follow in the order they have."""
        rules = self.rules()
        moved = self.env["account.credit.allocation.rule"].union(*(self.rule(code) for code in codes))
        (moved + (rules - moved)).web_resequence({}, offset=min(rules.mapped("sequence")))

    def options(self, company=None):
        return self.env["account.credit.allocation.planner"]._get_matching_options(company or self.company)

    def switch_on_tolerance(self, amount=5, percent=2):
        tolerance = self.rule("tolerance")
        tolerance.write(
            {
                "tolerance_amount": amount,
                "tolerance_percent": percent,
                "write_off_account_id": self.company_data["default_account_expense"].id,
                "write_off_journal_id": self.misc_journal.id,
                "enabled": True,
            }
        )
        return tolerance

    def new_type(self, code="foreign", sequence=25):
        """What the data of another addon would create."""
        return (
            self.env["account.credit.allocation.rule.type"]
            .sudo()
            .create({"code": code, "name": "Newest first", "sequence": sequence})
        )


@tagged("post_install", "-at_install")
class TestRuleDefaults(RuleCase):
    """Every root company has every rule once, in the order in which they make sense."""

    def assertHasDefaults(self, company):
        rules = self.rules(company)
        self.assertEqual(rules.mapped("code"), CORE_CODES)
        self.assertEqual(rules.filtered(lambda rule: not rule.enabled).mapped("code"), ["tolerance"])

    def test_existing_and_new_companies_have_every_rule(self):
        self.assertHasDefaults(self.company)
        self.assertHasDefaults(self.env["res.company"].create({"name": "New"}))

    def test_branch_has_no_rules_of_its_own(self):
        branch = self.branch()
        self.assertFalse(self.rules(branch))
        with self.assertRaisesRegex(ValidationError, "parent company"):
            self.rule("reference").company_id = branch

    def test_rule_that_an_addon_brings_later_takes_its_place_in_every_company(self):
        other = self.env["res.company"].create({"name": "New"})
        self.drag("net_to_zero", "exact_combination")
        self.new_type(sequence=25)
        self.assertEqual(
            self.rules().mapped("code"),
            [
                "foreign",
                "net_to_zero",
                "exact_combination",
                "reference",
                "exact_amount",
                "tolerance",
                "oldest_first",
            ],
        )
        self.assertEqual(self.rules(other).mapped("code"), CORE_CODES[:2] + ["foreign"] + CORE_CODES[2:])

    def test_rule_that_comes_last_by_default_is_added_at_the_end(self):
        self.new_type(sequence=1000)
        self.assertEqual(self.rules().mapped("code"), [*CORE_CODES, "foreign"])

    def test_rule_that_is_off_by_default_stays_off(self):
        rule_type = (
            self.env["account.credit.allocation.rule.type"]
            .sudo()
            .create({"code": "careful", "name": "Careful", "active_by_default": False})
        )
        self.assertEqual(set(rule_type.rule_ids.mapped("enabled")), {False})

    def test_rules_vanish_with_their_addon_and_what_they_did_stays_on_record(self):
        invoice, credit = self.invoice(100), self.credit_note(30)
        self.allocate(partner_ids=(self.customer.id,))
        line = self.assertAllocated(invoice, credit, 30)
        rule_type = self.new_type()
        line.sudo().rule = "foreign"
        rule_type.unlink()
        self.assertEqual(self.rules().mapped("code"), CORE_CODES)
        self.assertEqual(line.rule, "removed")

    def test_one_rule_of_a_kind_for_each_company(self):
        rule = self.rule("reference")
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            rule.sudo().copy()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.new_type(code="reference")


@tagged("post_install", "-at_install")
class TestRuleOptions(RuleCase):
    """What is set on the rules reaches the matching core."""

    def test_rules_run_in_the_order_of_the_list(self):
        self.assertEqual(self.options().rules[:2], ("reference", "exact_amount"))
        self.assertEqual(self.options().rules[-1], "oldest_first")
        self.drag("exact_amount", "reference")
        self.assertEqual(self.options().rules[:2], ("exact_amount", "reference"))

    def test_rule_that_is_off_is_not_run(self):
        self.rule("reference").enabled = False
        self.assertEqual(self.options().rules[:1], ("exact_amount",))
        self.rules().enabled = False
        self.assertEqual(self.options().rules, ())

    def test_parameters_of_the_rules(self):
        options = self.options()
        self.assertEqual((options.max_members, options.max_candidates, options.partial), (12, 40, True))
        self.assertIsNone(options.tolerance)
        self.rule("exact_combination").write({"max_members": 5, "max_candidates": 20})
        self.rule("oldest_first").partial = False
        options = self.options()
        self.assertEqual((options.max_members, options.max_candidates, options.partial), (5, 20, False))

    def test_parameters_of_the_company(self):
        self.assertFalse(self.options().order_by_invoice_date)
        self.assertFalse(self.options().cross_currencies)
        self.company.credit_allocation_order = "invoice_date"
        self.company.credit_allocation_cross_currency = True
        self.assertTrue(self.options().order_by_invoice_date)
        self.assertTrue(self.options().cross_currencies)

    def test_tolerance_is_converted_at_todays_rate_into_each_currency(self):
        yen = self.setup_other_currency("JPY", rounding=1.0, rates=[("2024-01-01", 150.0)])
        dinar = self.setup_other_currency("BHD", rounding=0.001, rates=[("2024-01-01", 0.377)])
        self.switch_on_tolerance(amount=5, percent=1.25)
        tolerance = self.options().tolerance
        self.assertEqual(tolerance.basis_points, 125)
        self.assertEqual(tolerance.amounts[self.company.currency_id.id], 500)
        self.assertEqual(tolerance.amounts[self.euro.id], 2000)
        self.assertEqual(tolerance.amounts[yen.id], 750)
        self.assertEqual(tolerance.amounts[dinar.id], 1885)

    def test_tolerance_that_is_off_is_not_handed_over(self):
        self.switch_on_tolerance().enabled = False
        self.assertIsNone(self.options().tolerance)

    def test_each_company_has_its_own_order(self):
        other = self.setup_other_company(name="Other Company")["company"]
        self.rule("oldest_first", other).enabled = False
        self.assertIn("oldest_first", self.options().rules)
        self.assertNotIn("oldest_first", self.options(other).rules)

    def test_rule_without_function_is_skipped(self):
        self.new_type(code="half_installed")
        self.assertNotIn("half_installed", self.options().rules)
        invoice, credit = self.invoice(100), self.credit_note(100)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(invoice, credit, 100, "exact_amount")


@tagged("post_install", "-at_install")
class TestRuleChain(RuleCase):
    """The same open items, other rules or another order: another result."""

    def setUp(self):
        super().setUp()
        self.older = self.invoice(80, day="2024-02-01")
        self.exact = self.invoice(120, day="2024-03-01")
        self.credit = self.credit_note(120)

    def test_exact_amount_comes_before_oldest_first(self):
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.exact, self.credit, 120, "exact_amount")

    def test_oldest_first_dragged_to_the_top_takes_the_oldest(self):
        self.drag("reference", "tolerance", "oldest_first")
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, self.credit, 80, "oldest_first")
        self.assertAllocated(self.exact, self.credit, 40, "oldest_first")

    def test_exact_amount_switched_off(self):
        self.rules().filtered(lambda rule: rule.code != "oldest_first").enabled = False
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(self.older, self.credit, 80, "oldest_first")

    def test_credit_that_may_not_be_split_is_passed_over(self):
        self.rule("oldest_first").partial = False
        self.rule("exact_amount").enabled = False
        self.rule("exact_combination").enabled = False
        self.allocate(partner_ids=(self.customer.id,))
        self.assertNotAllocated(self.older, self.credit)
        self.assertAllocated(self.exact, self.credit, 120, "oldest_first")

    def test_branch_uses_the_rules_of_its_parent_company(self):
        self.rules().enabled = False
        self.rule("oldest_first").enabled = True
        branch = self.branch()
        planner = self.env["account.credit.allocation.planner"].with_context(allowed_company_ids=branch.ids)
        self.assertEqual(planner._get_matching_options(branch.root_id).rules, ("oldest_first",))
        invoice = self.invoice(50, self.stranger, company=branch)
        credit = self.credit_note(30, self.stranger, company=branch)
        self.allocate(company_ids=(branch.id,), partner_ids=(self.stranger.id,))
        self.assertAllocated(invoice, credit, 30, "oldest_first")


@tagged("post_install", "-at_install")
class TestRuleConstraints(RuleCase):
    """What cannot work is refused, with a sentence that says what to do."""

    def test_tolerance_needs_its_settings_before_it_is_switched_on(self):
        tolerance = self.rule("tolerance")
        with self.assertRaisesRegex(ValidationError, "Open the rule"):
            tolerance.enabled = True
        self.switch_on_tolerance()
        for field in ("tolerance_amount", "tolerance_percent", "write_off_account_id", "write_off_journal_id"):
            with self.subTest(field), self.assertRaises(ValidationError), self.cr.savepoint():
                tolerance[field] = False

    def test_tolerance_is_neither_negative_nor_more_than_everything(self):
        tolerance = self.rule("tolerance")
        with self.assertRaisesRegex(ValidationError, "between 0 and 100"):
            tolerance.tolerance_percent = 101
        with self.assertRaisesRegex(ValidationError, "negative"):
            tolerance.tolerance_amount = -1

    def test_tolerance_may_not_come_after_oldest_first(self):
        with self.assertRaisesRegex(UserError, "Tolerance must come before Oldest first"):
            self.drag("oldest_first")
        with self.assertRaisesRegex(ValidationError, "Tolerance must come before Oldest first"):
            self.rule("tolerance").sequence = 1000

    def test_order_cannot_be_broken_by_a_context_that_a_client_sends(self):
        tolerance = self.rule("tolerance").with_context(credit_allocation_resequencing=True)
        with self.assertRaises(ValidationError):
            tolerance.sequence = 1000

    def test_every_order_that_keeps_tolerance_before_oldest_first_can_be_dragged(self):
        for order in (
            ["tolerance", "oldest_first", "net_to_zero"],
            ["net_to_zero", "tolerance", "oldest_first"],
            ["exact_amount", "reference", "tolerance", "oldest_first"],
            CORE_CODES,
        ):
            with self.subTest(order):
                self.drag(*order)
                self.assertEqual(self.rules().mapped("code")[: len(order)], order)

    def test_bounds_of_the_search(self):
        rule = self.rule("exact_combination")
        for members in (1, 21):
            with self.assertRaisesRegex(ValidationError, "between 2 and 20"), self.cr.savepoint():
                rule.max_members = members
        for candidates in (1, 61):
            with self.assertRaisesRegex(ValidationError, "between 2 and 60"), self.cr.savepoint():
                rule.max_candidates = candidates
        rule.write({"max_members": 20, "max_candidates": 60})

    def test_differences_are_written_off_to_an_ordinary_account(self):
        tolerance = self.rule("tolerance")
        for account in (self.receivable, self.payable, self.bank_journal.default_account_id):
            with self.subTest(account.account_type), self.assertRaisesRegex(ValidationError, "small expenses"):
                tolerance.write_off_account_id = account

    def test_differences_are_booked_in_a_general_journal_of_the_company(self):
        tolerance = self.rule("tolerance")
        with self.assertRaisesRegex(ValidationError, "Miscellaneous"):
            tolerance.write_off_journal_id = self.bank_journal
        other = self.setup_other_company(name="Other Company")
        with self.assertRaises(UserError):
            tolerance.write_off_journal_id = other["default_journal_misc"]
        with self.assertRaises(UserError):
            tolerance.write_off_account_id = other["default_account_expense"]


@tagged("post_install", "-at_install")
class TestForeignRule(RuleCase):
    """Another addon brings a rule with one record and one method."""

    def setUp(self):
        super().setUp()
        RuleType = type(self.env["account.credit.allocation.rule.type"])
        core_rules = RuleType._get_matching_rules

        def settle_newest(pool):
            if pool.debts[0].group.partner == self.vendor.id:
                raise ZeroDivisionError
            for debt in reversed(pool.available_debts()):
                for credit in pool.available_credits():
                    pool.settle(debt, credit, "newest_first", Evidence("newest_first"))

        self.enterContext(
            patch.object(
                RuleType,
                "_get_matching_rules",
                lambda rule_type: {**core_rules(rule_type), "newest_first": settle_newest},
            )
        )
        self.new_type(code="newest_first", sequence=5)

    def test_rule_of_another_addon_allocates_and_is_named(self):
        self.invoice(100, day="2024-02-01")
        newest, credit = self.invoice(80, day="2024-03-01"), self.credit_note(50)
        outcome = self.allocate(partner_ids=(self.customer.id,))
        line = self.assertAllocated(newest, credit, 50, "newest_first")
        self.assertEqual(outcome.documents.line_ids, line)
        labels = dict(line.fields_get(["rule"])["rule"]["selection"])
        self.assertEqual(labels["newest_first"], "Newest first")
        self.assertEqual(line._fields["rule"].convert_to_export(line.rule, line), "Newest first")

    def test_rule_that_stumbles_over_one_partner_does_not_stop_the_others(self):
        invoice, credit = self.invoice(50), self.credit_note(50)
        stumbled = self.invoice(60, self.vendor), self.credit_note(60, self.vendor)
        with self.assertLogs("odoo.addons.account_credit_allocation", "WARNING"):
            outcome = self.allocate(partner_ids=(self.customer.id, self.vendor.id))
        self.assertAllocated(invoice, credit, 50)
        for document in stumbled:
            self.assertLeft(outcome, document, "failed")

    def test_rule_of_another_addon_can_be_searched_and_grouped(self):
        self.invoice(80)
        self.credit_note(50)
        self.allocate(partner_ids=(self.customer.id,))
        groups = self.env["account.credit.allocation.line"].formatted_read_group(
            [("partner_id", "=", self.customer.id), ("rule", "=", "newest_first")], ["rule"], ["amount:sum"]
        )
        self.assertEqual([(group["rule"], group["amount:sum"]) for group in groups], [("newest_first", 50)])

    def test_rule_of_another_addon_can_be_switched_off(self):
        self.rule("newest_first").enabled = False
        older, _newer = self.invoice(100, day="2024-02-01"), self.invoice(80, day="2024-03-01")
        credit = self.credit_note(50)
        self.allocate(partner_ids=(self.customer.id,))
        self.assertAllocated(older, credit, 50, "oldest_first")

    def test_labels_are_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.rule("newest_first").type_id.sudo().with_context(lang="fr_FR").name = "Le plus récent"
        lines = self.env["account.credit.allocation.line"]
        self.assertEqual(dict(lines._selection_rule())["newest_first"], "Newest first")
        self.assertEqual(dict(lines.with_context(lang="fr_FR")._selection_rule())["newest_first"], "Le plus récent")


@tagged("post_install", "-at_install")
class TestRuleRights(SecurityCase, RuleCase):
    """Accounting managers set the rules; everybody in accounting may read them."""

    def setUp(self):
        super().setUp()
        self.reader = self.new_user("reader", ["account.group_account_readonly"])
        self.billing = self.new_user("billing", ["account.group_account_invoice"])
        self.manager = self.new_user("manager", ["account.group_account_manager"])
        self.employee = self.new_user("employee", ["base.group_user"])

    def test_manager_writes_and_others_read(self):
        rule = self.rule("reference")
        rule.with_user(self.manager).enabled = False
        self.assertFalse(rule.enabled)
        for user in (self.reader, self.billing):
            self.assertEqual(rule.with_user(user).name, "Explicit reference")
            with self.assertRaises(AccessError):
                rule.with_user(user).enabled = True
        with self.assertRaises(AccessError):
            rule.with_user(self.employee).read(["enabled"])

    def test_nobody_creates_or_deletes_rules_or_changes_what_exists(self):
        rule = self.rule("reference").with_user(self.manager)
        for refused in (rule.unlink, rule.copy, rule.type_id.unlink, lambda: rule.type_id.write({"code": "other"})):
            with self.assertRaises(AccessError):
                refused()

    def test_manager_of_a_branch_reads_but_does_not_change_the_rules_of_the_parent_company(self):
        manager = self.new_user("branch_manager", ["account.group_account_manager"], self.branch_company)
        rule = self.rule("reference").with_user(manager)
        self.assertTrue(rule.enabled)
        with self.assertRaises(AccessError):
            rule.enabled = False

    def test_rules_of_another_company_are_not_seen(self):
        rules = self.env["account.credit.allocation.rule"].with_user(self.manager).search([])
        self.assertEqual(rules.company_id, self.company)

    def test_billing_user_allocates_by_the_rules(self):
        self.rule("exact_amount").enabled = False
        invoice, credit = self.invoice(100), self.credit_note(100)
        self.env = self.env(user=self.billing)
        self.allocate(partner_ids=(self.customer.id,), company_ids=(self.company.id,))
        self.env = self.env(su=True)
        self.assertTrue(self.partials_between(invoice, credit))
        self.assertNotEqual(
            self.env["account.credit.allocation.line"].search([("debt_move_id", "=", invoice.id)]).rule, "exact_amount"
        )
