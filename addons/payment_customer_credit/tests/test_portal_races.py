import threading
import time
from contextlib import contextmanager

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from .portal_server import Browser, PortalServer

CONTEXT = {"tracking_disable": True, "mail_create_nolog": True, "no_reset_password": True}
ROUNDS = 3


@tagged("post_install", "-at_install", "-standard", "job_runner")
class TestPortalRaces(BaseCase):
    """Two contacts of one customer with 100.00 of credit, at the same moment, through a real server.

    All that is made stays: for a database that is thrown away.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.environment() as env:
            cls.prepare_company(env)
        server = cls.enterClassContext(PortalServer(get_db_name()))
        cls.browsers = [Browser(server, login) for login in cls.logins]

    @classmethod
    @contextmanager
    def environment(cls):
        with cls.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, CONTEXT)

    # --- the books ----------------------------------------------------------------------------------------------------

    @classmethod
    def prepare_company(cls, env):
        provider = env["payment.provider"].search(
            [("code", "=", "customer_credit"), ("company_id.chart_template", "!=", False)], limit=1
        )
        company = provider.company_id
        provider.write({"state": "enabled", "is_published": True})
        company.write({"customer_credit_portal_withdrawal": True, "credit_allocation_receivable": False})
        env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")
        customer = env["res.partner"].create({"name": "Two at Once", "is_company": True})
        cls.company_id, cls.customer_id = company.id, customer.id
        cls.logins = [f"{name} {time.time()}" for name in ("first", "second")]
        for login in cls.logins:
            contact = env["res.partner"].create({"name": login, "parent_id": customer.id})
            env["res.users"].create(
                {
                    "login": login,
                    "password": login,
                    "partner_id": contact.id,
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                    "group_ids": [Command.set(env.ref("base.group_portal").ids)],
                }
            )

    def setUp(self):
        super().setUp()
        self.forms = {"company": self.company_id, "acc_number": f"RACE{time.time_ns()}"}
        with self.environment() as env:
            self.forms["currency"] = env["res.company"].browse(self.company_id).currency_id.id

    def give_credit(self, amount=100):
        """So much and no more: what is left from before is spent."""
        with self.environment() as env:
            company = env["res.company"].browse(self.company_id)
            customer = env["res.partner"].browse(self.customer_id)
            journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
            if (left := customer._get_credit(company, company.currency_id)) > 0:
                customer._credit_reserve(left, company.currency_id, customer, company=company)
            if not amount:
                return
            payment = env["account.payment"].create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": customer.id,
                    "journal_id": journal.id,
                    "currency_id": company.currency_id.id,
                    "amount": amount,
                    "credit_allocation_excluded": True,
                }
            )
            payment.action_post()
            customer._credit_settle_overdraft(company, company.currency_id)

    def set_overdraft(self, limit):
        with self.environment() as env:
            customer = env["res.partner"].browse(self.customer_id).with_company(self.company_id)
            customer.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": limit})

    def new_invoice(self, amount=60):
        """:return: id of a posted invoice of the customer"""
        with self.environment() as env:
            invoice = (
                env["account.move"]
                .with_company(self.company_id)
                .create(
                    {
                        "move_type": "out_invoice",
                        "partner_id": self.customer_id,
                        "invoice_line_ids": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": []})],
                    }
                )
            )
            invoice.action_post()
            return invoice.id

    # --- what happens at once, and must hold --------------------------------------------------------------------------

    def at_once(self, *acts):
        """Do all of these at the same moment.

        :return: the pages that they lead to, none of which is an error
        """
        pages, gate = [None] * len(acts), threading.Barrier(len(acts))

        def start(index, act):
            gate.wait()
            pages[index] = act()

        threads = [threading.Thread(target=start, args=numbered) for numbered in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({page.status_code for page in pages}, {200})
        return [page.text for page in pages]

    def pay(self, browser, invoice_id, amount=60, owed=0):
        return lambda: browser.post(f"/my/credit/invoice/{invoice_id}/pay", amount=amount, due=60, owed=owed)

    def withdraw(self, browser, amount):
        return lambda: browser.post("/my/credit/withdraw", amount=amount, withdrawable=100, **self.forms)

    def get_left(self, *invoice_ids):
        with self.environment() as env:
            return sorted(env["account.move"].browse(invoice_ids).mapped("amount_residual"))

    def assertCredit(self, amount):
        with self.environment() as env:
            company = env["res.company"].browse(self.company_id)
            customer = env["res.partner"].browse(self.customer_id)
            self.assertEqual(customer._get_credit(company, company.currency_id), amount)

    # --- the tests ----------------------------------------------------------------------------------------------------

    def test_of_two_invoices_the_credit_pays_one(self):
        first, second = self.browsers
        for _round in range(ROUNDS):
            self.give_credit()
            invoices = self.new_invoice(), self.new_invoice()
            pages = "".join(self.at_once(self.pay(first, invoices[0]), self.pay(second, invoices[1])))
            self.assertEqual(self.get_left(*invoices), [0, 60])
            self.assertRegex(pages, r"At most (?s:.){0,20}40.00(?s:.){0,20} can be paid with credit")
            self.assertCredit(40)

    def test_of_two_invoices_the_overdraft_pays_one(self):
        """Without any credit there is no journal item that both would want: only the lock stands between them."""
        first, second = self.browsers
        self.set_overdraft(80)
        for _round in range(ROUNDS):
            self.give_credit(0)
            invoices = self.new_invoice(), self.new_invoice()
            self.at_once(self.pay(first, invoices[0], owed=60), self.pay(second, invoices[1], owed=60))
            self.assertEqual(self.get_left(*invoices), [0, 60])
            self.assertCredit(-60)
            self.give_credit(60)
        self.set_overdraft(0)

    def test_one_form_that_is_sent_many_times_pays_once(self):
        for _round in range(ROUNDS):
            self.give_credit()
            invoice = self.new_invoice()
            self.at_once(*[self.pay(browser, invoice, 20) for browser in self.browsers * 3])
            self.assertEqual(self.get_left(invoice), [40])
            self.assertCredit(80)

    def test_credit_is_withdrawn_or_spent_but_not_both(self):
        first, second = self.browsers
        for _round in range(ROUNDS):
            self.give_credit()
            invoice = self.new_invoice()
            self.at_once(self.pay(first, invoice), self.withdraw(second, 60))
            self.assertCredit(40)

    def test_one_request_that_is_sent_many_times_is_one_withdrawal(self):
        self.give_credit()
        self.at_once(*[self.withdraw(browser, 30) for browser in self.browsers * 3])
        self.assertCredit(70)
