"""The test kit, which other addons may import.

========================  =============================================================================================
``AllocationCase``        a company with customers and vendors; factories (``invoice``, ``bill``, ``payment``,
                          ``credit_note``, ``entry``, ``branch``); ``allocate()``; ``assertAllocated``, ``assertOpen``…
``OnPostCase``            ``commit()`` ends the transaction as a request would: what happens on posting happens
``SecurityCase``          users of every kind, a branch and a foreign company
``IntegrityMixin``        ``assertAgrees()``: the nightly check finds nothing; ``damage()``, ``assertRemedied()``
``press()``               a button, as the web client presses it
``PressCase``             (``press/press_case.py``) presses every button, dialog, report and job of an addon over HTTP
``PressPortalCase``       (``press/portal.py``) the same for pages and forms of the portal
``RealTransactionsCase``  (``real_transactions.py``) real commits on several connections
``RandomLedgerCase``      (``random_ledgers.py``) ledgers from a seed, each in a savepoint
========================  =============================================================================================

Rules alone need no database: ``matching/tests/ledger.py`` makes open items in a line each.
"""

from datetime import date

from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ..models.engine.open_item_reader import AllocationScope


class AllocationCase(AccountTestInvoicingCommon):
    """A company with customers and vendors, factories for its documents, and assertions in a bookkeeper's words.

    Documents are dated in 2024 unless a test says otherwise; amounts are without tax.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.bank_journal = cls.company_data["default_journal_bank"]
        cls.misc_journal = cls.company_data["default_journal_misc"]
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.payable = cls.company_data["default_account_payable"]
        cls.revenue = cls.company_data["default_account_revenue"]
        cls.customer = cls.env["res.partner"].create({"name": "Azure Interior"})
        cls.stranger = cls.env["res.partner"].create({"name": "Deco Addict"})
        cls.vendor = cls.env["res.partner"].create({"name": "Gemini Furniture"})
        # 1 dollar buys 2 euros in 2024-01, 4 euros from 2024-06 on
        cls.euro = cls.setup_other_currency("EUR", rates=[("2024-01-01", 2.0), ("2024-06-01", 4.0)])

    @classmethod
    def new_billing_user(cls):
        """Somebody of the company who makes invoices and registers payments; the login is ``billing``."""
        return new_test_user(
            cls.env,
            login="billing",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )

    # --- factories ----------------------------------------------------------------------------------------------------

    @classmethod
    def invoice(
        cls, amount, partner=None, day="2024-03-01", due=None, post=True, move_type="out_invoice", company=None, **vals
    ):
        """A customer invoice (or another ``move_type``) of one untaxed line."""
        company = company or cls.company
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "company_id": company.id,
                    "move_type": move_type,
                    "partner_id": (partner or cls.customer).id,
                    "invoice_date": day,
                    "date": day,
                    "invoice_date_due": due or day,
                    "invoice_payment_term_id": False,
                    "currency_id": cls.company.currency_id.id,
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "Work", "quantity": 1, "price_unit": amount, "tax_ids": [Command.clear()]}
                        )
                    ],
                    **vals,
                }
            )
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def bill(cls, amount, partner=None, **vals):
        return cls.invoice(amount, partner or cls.vendor, move_type="in_invoice", **vals)

    @classmethod
    def credit_note(cls, amount, partner=None, **vals):
        return cls.invoice(amount, partner, move_type="out_refund", **vals)

    @classmethod
    def payment(cls, amount, partner=None, day="2024-03-15", memo=None, post=True, **vals):
        """An inbound customer payment; ``payment_type`` and ``partner_type`` make it another one."""
        payment = cls.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or cls.customer).id,
                "amount": amount,
                "date": day,
                "memo": memo,
                "journal_id": cls.bank_journal.id,
                "currency_id": cls.company.currency_id.id,
                **vals,
            }
        )
        if post:
            payment.action_post()
        return payment

    @classmethod
    def vendor_payment(cls, amount, partner=None, **vals):
        return cls.payment(amount, partner or cls.vendor, payment_type="outbound", partner_type="supplier", **vals)

    @classmethod
    def entry(cls, balance, partner=None, day="2024-03-10", account=None, label="Opening balance", post=True, **vals):
        """A miscellaneous entry with one item on the receivable account: a debt when positive, else a credit."""
        partner_id = partner.id if partner is not None else cls.customer.id
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": cls.misc_journal.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": (account or cls.receivable).id,
                            "partner_id": partner_id,
                            "balance": balance,
                            "name": label,
                        }
                    ),
                    Command.create({"account_id": cls.revenue.id, "balance": -balance, "name": label}),
                ],
                **vals,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def branch(cls, name="Branch"):
        """A branch of the company, with its chart of accounts, that the current user may work in."""
        branch = cls.env["res.company"].create({"name": name, "parent_id": cls.company.id})
        cls.env.cr.precommit.run()  # loads the chart of accounts
        return branch

    @classmethod
    def rule(cls, code, company=None):
        """The company's rule of this code, on or off."""
        return cls.env["account.credit.allocation.rule"].search(
            [("company_id", "=", (company or cls.company).id), ("code", "=", code)]
        )

    # --- doing --------------------------------------------------------------------------------------------------------

    def allocate(self, **scope):
        """Allocate everything outstanding in the company, or in a narrower scope.

        :return: :class:`AllocationOutcome`
        """
        scope.setdefault("company_ids", tuple(self.env.companies.ids))
        return self.env["account.credit.allocation.executor"]._allocate(AllocationScope(**scope), "run")

    # --- asserting ----------------------------------------------------------------------------------------------------

    @classmethod
    def open_items(cls, record):
        """The receivable or payable items of an invoice, entry or payment."""
        move = record.move_id if record._name == "account.payment" else record
        return move.line_ids.filtered(lambda line: line.account_type in ("asset_receivable", "liability_payable"))

    def partials_between(self, debt, credit):
        items, others = self.open_items(debt), self.open_items(credit)
        return (items.matched_debit_ids + items.matched_credit_ids) & (
            others.matched_debit_ids + others.matched_credit_ids
        )

    def assertAllocated(self, debt, credit, amount, rule=None):
        """``amount`` (company currency) of the credit settles the debt, and an allocation line says so."""
        partials = self.partials_between(debt, credit)
        self.assertEqual(len(partials), 1, f"{debt.name} and {credit.name} are not allocated to each other")
        self.assertAlmostEqual(partials.amount, amount)
        line = self.env["account.credit.allocation.line"].search([("partial_id", "=", partials.id)])
        self.assertEqual(len(line), 1, "no allocation line tells of it")
        self.assertAlmostEqual(line.amount, amount)
        if rule:
            self.assertEqual(line.rule, rule)
        return line

    def assertNotAllocated(self, debt, credit):
        self.assertFalse(self.partials_between(debt, credit), f"{debt.name} and {credit.name} are allocated")

    def assertOpen(self, record, amount):
        """What is left of the document in its own currency, never negative."""
        self.assertAlmostEqual(abs(sum(self.open_items(record).mapped("amount_residual_currency"))), amount)

    def assertLeft(self, outcome, record, reason):
        """The outcome lists the document's open item with this reason."""
        items = self.open_items(record).ids
        reasons = {left.reason for left in outcome.credits_left + outcome.debts_left if left.item.id in items}
        self.assertEqual(reasons, {reason})

    @staticmethod
    def day(text):
        return date.fromisoformat(text)


class SecurityCase(AllocationCase):
    """Users of every kind, a branch, and a company that is none of theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch_company = cls.branch()
        cls.other_company = cls.setup_other_company(name="Other Company")["company"]

    @classmethod
    def new_user(cls, login, groups, companies=None):
        """A user of these groups (XML ids), in the company or in those given."""
        companies = companies or cls.company
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "company_id": companies[0].id,
                "company_ids": [Command.set(companies.ids)],
                "group_ids": [Command.set([cls.env.ref(group).id for group in groups])],
            }
        )


def press(records, name):
    """Press a button as the web client does.

    :return: the record of the dialog that it opens, else what the client gets
    """
    action = call_kw(records.browse(), name, [records.ids], {"context": dict(records.env.context)})
    if isinstance(action, dict) and action.get("target") == "new" and action.get("res_id"):
        return records.env[action["res_model"]].browse(action["res_id"])
    return action


class IntegrityMixin:
    """Assertions on what a check of the company finds."""

    def find(self):
        problems = self.env["account.credit.allocation.check"]._find_problems(self.company)
        return sorted({problem.kind for problem in problems})

    def assertAgrees(self):
        problems = self.env["account.credit.allocation.check"]._find_problems(self.company)
        self.assertEqual(problems, [], "a healthy ledger has no problems")

    def assertRemedied(self, kind, damage, cure):
        """Damage that the check tells of is repaired by what the finding says, and nothing is found then. All of it is
        rolled back.

        :param damage: does the damage; may return what ``cure`` needs
        :param cure: given the check and what was returned, does what the remedy of the finding says
        """
        with self.env.cr.savepoint() as savepoint:
            damaged = damage()
            check = self.env["account.credit.allocation.check"]._check(self.company)
            self.assertIn(kind, check.finding_ids.mapped("kind"))
            cure(check, damaged)
            self.assertAgrees()
            savepoint.rollback()
            self.env.invalidate_all()

    def damage(self, query, *params):
        """Change the database behind Odoo's back."""
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.assertTrue(self.env.cr.rowcount)
        self.env.invalidate_all()


class OnPostCase(AllocationCase):
    """Documents posted in a test are noted; :meth:`commit` ends their transaction as a request would."""

    def setUp(self):
        super().setUp()
        self.env.cr.postcommit.clear()
        self.registry_enter_test_mode()

    def commit(self):
        self.env.cr.flush()
        self.env.cr.postcommit.run()
        self.env.invalidate_all()
