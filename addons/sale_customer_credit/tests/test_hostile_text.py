import re

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import OrderCreditCase

LURE = '<a href="https://evil.example">click</a>'
# what a browser would follow or run; escaped, it is &lt;a …
ALIVE = re.compile(r'<a [^>]*href="?https?://evil|<b\b[^>]*evil', re.I)

HTML_MODELS = ("mail.message", "mail.activity", "mail.mail")


@tagged("post_install", "-at_install")
class TestHostileText(OrderCreditCase, HttpCase):
    """Whatever somebody outside writes is shown as it was written: no text of theirs becomes a link, or any other HTML.

    Names, references, memos, labels, bank account numbers and reasons all carry a link; then everything is done that
    puts them into notes, activities, e-mails and portal pages.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("account.group_validate_bank_account")
        cls.company.customer_credit_portal_withdrawal = True
        cls.company.customer_credit_mail_deposit = cls.company.customer_credit_mail_withdrawal = True
        cls.customer.write({"name": f"Azure {LURE}", "email": "azure@example.com", "ref": LURE})
        cls.approver = new_test_user(
            cls.env,
            login="approver",
            groups="account.group_account_user",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.shopper = new_test_user(
            cls.env,
            login="shopper",
            password="shopper",
            groups="base.group_portal",
            partner_id=cls.customer.id,
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.begun = {model: cls.env[model].search([], order="id desc", limit=1).id or 0 for model in HTML_MODELS}

    def get_html(self):
        """All HTML that was written since the test began: ``{model, id, field: text}``."""
        self.env.flush_all()
        return {
            (model, record.id, name): record[name]
            for model, last in self.begun.items()
            for record in self.env[model].sudo().search([("id", ">", last)])
            for name, field in record._fields.items()
            if (field.type == "html" or name == "body_html") and field.store and record[name]
        }

    def assertDead(self, where, text):
        self.assertFalse(ALIVE.search(text), f"{where}: {text}")

    def bank(self, number=LURE):
        return self.env["res.partner.bank"].create({"acc_number": number, "partner_id": self.customer.id})

    def do_everything_with_withdrawals(self):
        withdrawal = self.customer._request_credit_withdrawal(5, self.dollar, self.bank(), self.company, LURE)
        withdrawal.with_user(self.approver).sudo(False).action_refuse(LURE)
        trusted = self.bank(f"{LURE}-2")
        trusted.allow_out_payment = True
        withdrawal = self.customer._request_credit_withdrawal(6, self.dollar, trusted, self.company, LURE)
        withdrawal.with_user(self.approver).sudo(False).action_approve()
        withdrawal.sudo(False)._pay(self.bank_journal, fields.Date.today(), LURE)
        withdrawal.payment_id.action_draft()
        return withdrawal

    def do_everything_with_credit(self):
        dialog = {"partner_id": self.customer.id, "amount": 7}
        self.env["customer.credit.deposit"].create({**dialog, "memo": LURE}).action_deposit()
        self.env["customer.credit.adjustment"].create(
            {**dialog, "reason": LURE, "account_id": self.revenue.id}
        ).action_adjust()
        self.env["customer.credit.transfer"].create(
            {**dialog, "reason": LURE, "receiver_id": self.stranger.id}
        ).action_transfer()
        order = self.order(9, client_order_ref=LURE, name=f"S1 {LURE}")
        self.env["sale.order.use.credit"].create({"order_id": order.id, "amount": 4}).action_use_credit()
        order.action_release_credit()
        self.env["sale.order.use.credit"].create({"order_id": order.id, "amount": 4}).action_use_credit()
        self.invoice_order(order)

    def do_everything_with_allocations(self):
        self.bank_journal.name = f"Bank {LURE}"
        self.invoice(90, ref=LURE, payment_reference=f"RF-90 {LURE}")
        payment = self.payment(90, memo=f"RF-90 {LURE}")
        self.allocate(partner_ids=(self.customer.id,))
        self.entry(-80, label=LURE, ref=LURE)
        twins = [self.invoice(80, day=day, ref=LURE) for day in ("2024-03-01", "2024-03-02")]
        self.rule("oldest_first").enabled = False
        self.allocate(partner_ids=(self.customer.id,))
        lines = self.env["account.credit.allocation.line"].search([("credit_move_id", "=", payment.move_id.id)])
        dialog = self.env["account.credit.allocation.undo"].create({"line_ids": [Command.set(lines.ids)]})
        self.assertDead("undo", str(dialog.summary))
        dialog.action_undo()
        return twins

    def test_no_text_from_outside_becomes_html(self):
        self.payment(200, memo=LURE, credit_allocation_excluded=True)
        self.do_everything_with_credit()
        withdrawal = self.do_everything_with_withdrawals()
        self.do_everything_with_allocations()
        written = self.get_html()
        carrying = [where for where, text in written.items() if "evil.example" in text]
        self.assertGreater(len(carrying), 10, "little of it carries the text: the test proves little")
        self.assertGreaterEqual({model for model, _id, _name in carrying}, {"mail.message", "mail.mail"})
        for where, text in written.items():
            with self.subTest(where):
                self.assertDead(where, text)
        activities = self.env["mail.activity"].sudo().search([("res_model", "=", withdrawal._name)])
        self.assertFalse([activity.note for activity in activities if ALIVE.search(activity.note or "")])
        self.authenticate("shopper", "shopper")
        for url in ("/my", "/my/credit", self.get_withdrawal_url(), *self.get_invoice_urls()):
            page = self.url_open(url)
            with self.subTest(url):
                self.assertEqual(page.status_code, 200)
                self.assertDead(url, page.text)

    def get_withdrawal_url(self):
        return f"/my/credit/withdraw?company={self.company.id}&currency={self.dollar.id}"

    def get_invoice_urls(self):
        invoices = self.env["account.move"].search(
            [("partner_id", "=", self.customer.id), ("move_type", "=", "out_invoice")], limit=3
        )
        return [f"/my/invoices/{invoice.id}" for invoice in invoices]

    def test_the_number_of_an_account_that_is_not_trusted_is_text_in_the_activity(self):
        self.payment(50)
        withdrawal = self.customer._request_credit_withdrawal(5, self.dollar, self.bank(), self.company)
        notes = withdrawal.activity_ids.mapped("note")
        self.assertTrue(notes)
        for note in notes:
            self.assertIn("evil.example", note)
            self.assertDead("activity", note)

    def test_a_bank_account_number_has_a_letter_or_digit(self):
        self.payment(50)
        for number in ("---", "…", "  .  ", "<>", "__"):
            with self.subTest(number), self.assertRaises(UserError) as refused:
                self.customer._request_credit_withdrawal(5, self.dollar, self.bank(number), self.company)
            self.assertIn("letters and digits", str(refused.exception))
        for number in ("7", "Ä", "BE71 0961 2345 6769"):
            with self.subTest(number):
                self.customer._request_credit_withdrawal(5, self.dollar, self.bank(number), self.company)
