from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...matching.open_item import (
    AMBIGUOUS_COMBINATION,
    EXACT_AMOUNT,
    AllocationPlan,
    Evidence,
    Leftover,
    Suggestion,
)
from ...models.engine.allocation_planner import GroupPlan
from ...models.engine.open_item_reader import AllocationScope
from ..common import AllocationCase, OnPostCase, SecurityCase, press


class SuggestionCase(AllocationCase):
    """A payment of 100, and two combinations of invoices that both make 100."""

    def setUp(self):
        super().setUp()
        self.thirty, self.seventy = self.invoice(30), self.invoice(70, day="2024-03-02")
        self.forty, self.sixty = self.invoice(40, day="2024-03-03"), self.invoice(60, day="2024-03-04")
        self.paid = self.payment(100)

    def items(self):
        """``{journal entry: OpenItem}`` of the customer."""
        debts, credits = self.env["account.open.item.reader"]._read_open_items(
            AllocationScope(company_ids=tuple(self.company.ids), partner_ids=(self.customer.id,))
        )
        return {self.env["account.move"].browse(item.document): item for item in debts + credits}

    def ambiguous_plan(self, *combinations, credit=None):
        """A plan that settles nothing and leaves the payment with these combinations of invoices to choose from."""
        items = self.items()
        credit = items[(credit or self.paid).move_id]
        suggestions = tuple(
            Suggestion(
                tuple(items[invoice] for invoice in combination), (credit,), EXACT_AMOUNT, Evidence("They add up")
            )
            for combination in combinations
        )
        leftover = Leftover(credit, credit.residual, AMBIGUOUS_COMBINATION, suggestions)
        return GroupPlan(credit.group, AllocationPlan((), (), (leftover,)))

    def ambiguous_outcome(self):
        plan = self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty))
        return self.env["account.credit.allocation.executor"]._execute([plan], "bulk")

    def choose(self, suggestion):
        """Choose in a preview, and apply that."""
        draft = suggestion.allocation_id
        self.assertEqual(draft.state, "draft")
        press(suggestion, "action_choose")
        return press(draft, "action_apply")


@tagged("post_install", "-at_install")
class TestSuggestion(SuggestionCase):
    """Where a rule would not decide, the possibilities are kept, and one click allocates exactly one of them."""

    def test_nothing_executed_still_lists_what_can_be_chosen(self):
        draft = self.ambiguous_outcome().documents
        self.assertEqual((draft.state, draft.display_name), ("draft", "Preview"))
        self.assertFalse(draft.line_ids)
        self.assertRecordValues(
            draft.leftover_ids, [{"label": self.paid.name, "reason": "ambiguous_combination", "amount": 100}]
        )
        self.assertRecordValues(
            draft.suggestion_ids,
            [
                {
                    "label": self.paid.name,
                    "name": f"{self.thirty.name} (30.00) + {self.seventy.name} (70.00)",
                    "amount": 100,
                    "evidence": "They add up",
                },
                {
                    "label": self.paid.name,
                    "name": f"{self.forty.name} (40.00) + {self.sixty.name} (60.00)",
                    "amount": 100,
                    "evidence": "They add up",
                },
            ],
        )

    def test_notification_leads_to_the_choice(self):
        params = self.customer.action_allocate_credits()["params"]
        draft = self.env["account.credit.allocation"].search([("leftover_ids.move_id", "=", self.paid.move_id.id)])
        self.assertEqual(params["title"], "Nothing to allocate")
        self.assertIn("Several combinations add up", params["message"])
        self.assertIn("choose", params["message"])
        self.assertTrue(params["links"][0]["url"].endswith(f"/{draft.id}"))
        self.assertEqual(
            draft.suggestion_ids.mapped("name"),
            [
                f"{self.thirty.name} (30.00) + {self.seventy.name} (70.00)",
                f"{self.forty.name} (40.00) + {self.sixty.name} (60.00)",
            ],
        )
        self.choose(draft.suggestion_ids[0])
        self.assertAllocated(self.thirty, self.paid, 30)
        self.assertAllocated(self.seventy, self.paid, 70)

    def test_suggestions_count_on_what_the_plan_leaves(self):
        """The payment of 107 names an invoice of 7; only for the 100 that remain there are several possibilities."""
        self.paid.action_draft()
        self.invoice(7, day="2024-02-01", ref="Order 7")
        seven = self.invoice(7, day="2024-02-02")
        payment = self.payment(107, memo=seven.name)
        action = payment.action_preview_credit_allocation()
        draft = self.env["account.credit.allocation"].browse(action["res_id"])
        self.assertEqual(draft.line_ids.debt_move_id, seven)
        self.assertEqual(draft.suggestion_ids.mapped("amount"), [100, 100])
        self.choose(draft.suggestion_ids[1])
        self.assertAllocated(seven, payment, 7)
        self.assertAllocated(self.forty, payment, 40)
        self.assertAllocated(self.sixty, payment, 60)

    def test_choosing_allocates_exactly_these(self):
        draft = self.ambiguous_outcome().documents
        leftover = draft.leftover_ids
        params = self.choose(draft.suggestion_ids[1])["params"]
        self.assertEqual(params["title"], "Outstanding credits allocated")
        self.assertAllocated(self.forty, self.paid, 40)
        line = self.assertAllocated(self.sixty, self.paid, 60, "manual")
        self.assertEqual(line.evidence, f"Chosen by {self.env.user.name} among 2 possibilities")
        self.assertEqual((line.allocation_id, line.allocation_id.state), (draft, "done"))
        self.assertOpen(self.thirty, 30)
        self.assertOpen(self.seventy, 70)
        self.assertEqual(leftover.resolved_allocation_id, line.allocation_id)
        self.assertFalse(leftover.suggestion_ids)
        self.assertFalse(draft.suggestion_ids)

    def test_items_used_meanwhile_are_named_and_nothing_changes(self):
        draft = self.ambiguous_outcome().documents
        (self.open_items(self.sixty) + self.open_items(self.payment(5))).reconcile()
        (self.open_items(self.forty) + self.open_items(self.payment(40))).reconcile()
        with self.assertRaisesRegex(UserError, "not possible any more") as refused, self.env.cr.savepoint():
            draft.suggestion_ids[1].action_choose()
        message = str(refused.exception).replace("\N{NO-BREAK SPACE}", " ")
        self.assertIn(f"{self.forty.name} has been settled meanwhile", message)
        self.assertIn(f"Of {self.sixty.name} $ 55.00 is open now instead of $ 60.00", message)
        self.assertOpen(self.paid, 100)
        self.choose(draft.suggestion_ids[0])
        self.assertAllocated(self.thirty, self.paid, 30)

    def test_excluded_meanwhile_is_refused(self):
        draft = self.ambiguous_outcome().documents
        self.paid.credit_allocation_excluded = True
        with self.assertRaisesRegex(UserError, "Excluded from automatic allocation"):
            draft.suggestion_ids[0].action_choose()

    def test_second_click_finds_it_chosen(self):
        suggestions = self.ambiguous_outcome().documents.suggestion_ids
        self.choose(suggestions[0])
        for suggestion in suggestions:
            with self.assertRaisesRegex(UserError, "somebody has chosen already"):
                suggestion.action_choose()

    def test_offers_that_counted_on_the_same_items_are_withdrawn(self):
        other_payment = self.payment(70, day="2024-03-20")
        plans = [
            self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty)),
            self.ambiguous_plan((self.seventy,), (self.thirty, self.forty), credit=other_payment),
        ]
        draft = self.env["account.credit.allocation.executor"]._execute(plans, "bulk").documents
        self.choose(draft.suggestion_ids[0])  # takes 30 and 70, on which both offers for the other one counted
        self.assertFalse(draft.suggestion_ids)
        self.assertEqual(
            draft.leftover_ids.mapped(lambda left: left.resolved_allocation_id == draft),
            [True, False],
            "the other one is still open",
        )

    def test_only_the_newest_document_offers_a_choice(self):
        older = self.ambiguous_outcome().documents
        newer = self.ambiguous_outcome().documents
        self.assertFalse(older.exists())
        self.assertEqual(len(newer.suggestion_ids), 2)

    def test_what_is_left_in_a_done_document_can_be_chosen_there(self):
        invoice, payment = self.invoice(5, day="2024-02-01"), self.payment(5)
        [(group, plan)] = self.env["account.credit.allocation.planner"]._plan(
            AllocationScope(
                company_ids=tuple(self.company.ids),
                partner_ids=(self.customer.id,),
                documents=frozenset((invoice + payment.move_id).ids),
            )
        )
        ambiguous = self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty)).plan
        plan = plan._replace(credits_left=ambiguous.credits_left)
        document = self.env["account.credit.allocation.executor"]._execute([GroupPlan(group, plan)], "bulk").documents
        self.assertEqual(document.state, "done")
        document.suggestion_ids[0].action_choose()
        self.assertAllocated(self.seventy, self.paid, 70)
        self.assertTrue(document.leftover_ids.resolved_allocation_id)

    def test_smaller_credit_pays_the_chosen_invoice_in_part(self):
        small = self.payment(25, day="2024-03-21")
        plan = self.ambiguous_plan((self.seventy,), (self.sixty,), credit=small)
        draft = self.env["account.credit.allocation.executor"]._execute([plan], "bulk").documents
        self.assertEqual(draft.suggestion_ids[0].amount, 25)
        self.choose(draft.suggestion_ids[0])
        line = self.assertAllocated(self.seventy, small, 25)
        self.assertEqual(line.debt_residual_after, 45)

    def test_debt_with_several_payments_to_choose_from(self):
        other = self.payment(100, day="2024-03-22")
        hundred = self.invoice(100, day="2024-03-05")
        items = self.items()
        debt = items[hundred]
        suggestions = tuple(
            Suggestion((debt,), (items[payment.move_id],), EXACT_AMOUNT, Evidence("Same amount"))
            for payment in (self.paid, other)
        )
        leftover = Leftover(debt, debt.residual, "ambiguous_amount", suggestions)
        plan = GroupPlan(debt.group, AllocationPlan((), (leftover,), ()))
        draft = self.env["account.credit.allocation.executor"]._execute([plan], "bulk").documents
        self.assertEqual(draft.suggestion_ids.mapped("name"), [f"{self.paid.name} (100.00)", f"{other.name} (100.00)"])
        self.choose(draft.suggestion_ids[1])
        self.assertAllocated(hundred, other, 100)

    def test_preview_offers_the_choice_too(self):
        plan = self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty))
        draft = self.env["account.credit.allocation"]._create_preview([plan], "bulk")
        self.assertEqual(len(draft.suggestion_ids), 2)
        with self.assertRaisesRegex(UserError, "Nothing of this preview"):
            draft.action_apply()
        self.choose(draft.suggestion_ids[0])
        self.assertAllocated(self.thirty, self.paid, 30)


@tagged("post_install", "-at_install")
class TestChoiceInPreview(SuggestionCase):
    """In a preview a choice is only marked: nothing is allocated before Apply, and it can be taken back."""

    def setUp(self):
        super().setUp()
        plan = self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty))
        self.draft = self.env["account.credit.allocation"]._create_preview([plan], "bulk")
        self.first, self.second = self.draft.suggestion_ids

    def assertNothingAllocated(self):
        self.assertEqual(self.draft.state, "draft")
        self.assertOpen(self.paid, 100)
        self.assertFalse(self.open_items(self.paid).matched_debit_ids)

    def test_choice_is_marked_and_goes_with_apply(self):
        self.assertFalse(press(self.first, "action_choose"))
        self.assertNothingAllocated()
        self.assertEqual((self.first.is_marked, self.second.is_marked), (True, False))
        self.assertRecordValues(
            self.draft.line_ids,
            [
                {"debt_move_id": self.thirty.id, "amount": 30.0, "state": "planned", "rule": "manual"},
                {"debt_move_id": self.seventy.id, "amount": 70.0, "state": "planned", "rule": "manual"},
            ],
        )
        self.assertEqual(self.draft.amount_total, 100)
        press(self.draft, "action_apply")
        self.assertAllocated(self.thirty, self.paid, 30, "manual")
        self.assertAllocated(self.seventy, self.paid, 70, "manual")
        self.assertEqual(self.draft.leftover_ids.resolved_allocation_id, self.draft)
        self.assertFalse(self.draft.suggestion_ids)

    def test_marked_choice_is_taken_back(self):
        press(self.first, "action_choose")
        press(self.first, "action_take_back")
        self.assertNothingAllocated()
        self.assertFalse(self.first.is_marked)
        self.assertFalse(self.draft.line_ids)
        with self.assertRaisesRegex(UserError, "Nothing of this preview"):
            press(self.draft, "action_apply")

    def test_another_choice_takes_the_place_of_the_first(self):
        press(self.first, "action_choose")
        press(self.second, "action_choose")
        self.assertEqual((self.first.is_marked, self.second.is_marked), (False, True))
        self.assertEqual(self.draft.line_ids.debt_move_id, self.forty | self.sixty)
        self.assertNothingAllocated()

    def test_choices_that_count_on_one_item_are_not_both_marked(self):
        other = self.payment(70, day="2024-03-20")
        plans = [
            self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty)),
            self.ambiguous_plan((self.seventy,), (self.thirty, self.forty), credit=other),
        ]
        draft = self.env["account.credit.allocation"]._create_preview(plans, "bulk")
        mine = draft.suggestion_ids.filtered(lambda suggestion: suggestion.label == self.paid.name)
        others = draft.suggestion_ids - mine
        press(mine[0], "action_choose")
        with self.assertRaisesRegex(UserError, f"{self.seventy.name} is planned for {self.paid.name} already"):
            press(others[0], "action_choose")

    def test_marked_choice_that_is_withdrawn_is_planned_no_more(self):
        press(self.first, "action_choose")
        plan = self.ambiguous_plan((self.thirty, self.seventy), (self.forty, self.sixty))
        newer = self.env["account.credit.allocation"]._create_preview([plan], "bulk")
        self.assertEqual(len(newer.suggestion_ids), 2)
        self.assertFalse(self.draft.exists().line_ids)

    def test_what_was_used_meanwhile_is_left_when_the_preview_is_applied(self):
        press(self.first, "action_choose")
        (self.open_items(self.thirty) + self.open_items(self.payment(30))).reconcile()
        with self.assertRaisesRegex(UserError, "has been settled meanwhile"):
            press(self.draft, "action_apply")
        self.assertNothingAllocated()


@tagged("post_install", "-at_install")
class TestSuggestionSecurity(SuggestionCase, SecurityCase):
    def test_billing_chooses_readers_do_not(self):
        suggestion = self.ambiguous_outcome().documents.suggestion_ids[0]
        for user, error in (
            (self.new_user("reader", ["account.group_account_readonly"]), AccessError),
            (self.new_user("employee", ["base.group_user"]), AccessError),
            (self.new_user("elsewhere", ["account.group_account_invoice"], self.other_company), AccessError),
        ):
            with self.assertRaises(error):
                suggestion.with_user(user).action_choose()
        billing = self.new_user("billing", ["account.group_account_invoice"])
        with self.assertRaises(AccessError):
            suggestion.with_user(billing).write({"items": []})
        self.choose(suggestion.with_user(billing))
        line = self.assertAllocated(self.thirty, self.paid, 30)
        self.assertEqual(line.evidence, "Chosen by billing among 2 possibilities")


@tagged("post_install", "-at_install")
class TestSuggestionOnPost(SuggestionCase, OnPostCase):
    def test_the_posted_document_names_the_possibilities_with_a_link(self):
        self.commit()
        draft = self.env["account.credit.allocation"].search([("leftover_ids.move_id", "=", self.paid.move_id.id)])
        self.assertEqual((draft.state, draft.origin), ("draft", "on_post"))
        body = self.paid.message_ids[0].body
        self.assertIn("Several combinations add up", body)
        self.assertIn(f"{self.thirty.name} (30.00) + {self.seventy.name} (70.00)", body)
        self.assertIn(f'data-oe-id="{draft.id}"', body)
