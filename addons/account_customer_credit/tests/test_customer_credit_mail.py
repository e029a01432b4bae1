from odoo.tests import tagged
from odoo.tools import mute_logger

from .customer_credit_withdrawal_common import WithdrawalCase

TEMPLATE = "account_customer_credit.customer_credit_mail_template_"


@tagged("post_install", "-at_install")
class TestCustomerCreditMail(WithdrawalCase):
    """One e-mail for each event, to whom it concerns, in the own language; and none that is not wanted."""

    def queue(self, event="deposit", record=None, **options):
        return self.env["customer.credit.mail"]._queue(event, record or self.deposit, **options)

    def test_whole_withdrawal(self):
        withdrawal = self.new_paid_withdrawal(60)
        mails = self.get_mails(withdrawal)
        self.assertEqual(
            [mail.subject.split(": ")[1].split(" (")[0] for mail in mails],
            ["withdrawal requested", "withdrawal approved", "withdrawal paid"],
        )
        self.assertEqual(set(mails.mapped("state")), {"outgoing"}, "sent by the queue, not by the flow")
        self.assertEqual(mails.recipient_ids, self.customer)
        for mail in mails:
            self.assertIn(withdrawal.name, mail.subject)
            self.assertIn("BE71096123456769", mail.body_html)
            self.assertRegex(mail.body_html, r"\$.60\.00")
            self.assertRegex(mail.body_html, r"\$.40\.00", "what is left")
            self.assertIn(self.company.name, mail.body_html)
            self.assertNotIn("Customer Credit Withdrawal", mail.body_html, "a name of ours, not the customer's")

    def test_the_chatter_keeps_what_the_customer_was_told(self):
        withdrawal = self.request(60)
        mail = self.get_mails(withdrawal)
        message = mail.mail_message_id
        self.assertIn("Powered by", mail.body_html)
        self.assertNotIn("Powered by", message.body, "the text, without the frame of an e-mail")
        self.assertIn("60.00", message.body)
        mail.unlink()  # as Odoo does when it is sent
        self.assertIn(message.exists(), withdrawal.message_ids)

    def test_refusal_says_why(self):
        withdrawal = self.request(60)
        withdrawal.with_user(self.approver).action_refuse("There is an unpaid invoice")
        mail = self.get_mails(withdrawal)[-1]
        self.assertIn("withdrawal refused", mail.subject)
        self.assertIn("There is an unpaid invoice", mail.body_html)
        self.assertRegex(mail.body_html, r"\$.100\.00", "all is available again")

    def test_cancellation_needs_no_mail(self):
        withdrawal = self.request(60)
        withdrawal.action_cancel()
        self.assertEqual(len(self.get_mails(withdrawal)), 1)

    def test_deposit_once(self):
        self.assertEqual(len(self.queue()), 1)
        self.assertFalse(self.queue())
        mail = self.get_mails(self.deposit)
        self.assertEqual(len(mail), 1)
        self.assertIn(self.deposit.name, mail.body_html)
        self.assertRegex(mail.body_html, r"\$.100\.00")

    def test_mark_outlives_the_mail(self):
        self.queue().unlink()
        self.assertFalse(self.queue())

    def test_invoice_paid_with_credit(self):
        reservation = self.reserve(80)
        first, second = self.invoice(30), self.invoice(40)
        reservation._credit_settle(first)
        reservation._credit_settle(second, 15)
        mails = self.get_mails(reservation)
        self.assertEqual(
            [mail.subject.split(": ")[1] for mail in mails],
            [f"{first.name} paid with credit", f"{second.name} paid in part with credit"],
        )
        self.assertRegex(mails[0].body_html, r"\$.30\.00")
        self.assertNotIn("left to pay", mails[0].body_html)
        self.assertRegex(mails[1].body_html, r"\$.15\.00(?s:.){0,400}\$.25\.00(?s:.){0,40} is left to pay")

    def test_customer_who_has_overdrawn_is_told_the_debt(self):
        self.customer.with_company(self.company).write(
            {"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 50}
        )
        reservation = self.reserve(130)
        reservation._credit_settle(self.invoice(130))
        body = self.get_mails(reservation).body_html
        self.assertNotIn("available credit", body)
        self.assertRegex(body, r"You now owe(?s:.){0,200}\$.30\.00")

    def test_payment_that_belonged_to_the_invoice_from_the_start_is_no_news(self):
        card = self.payment(50)
        reservation = self.customer._credit_earmark(self.open_items(card), self.stranger)
        reservation._credit_settle(self.invoice(50))
        self.assertFalse(self.get_mails(reservation))

    def test_withdrawal_is_no_payment_by_credit(self):
        reservation = self.new_paid_withdrawal(60).sudo().reservation_id
        self.assertFalse(self.get_mails(reservation))

    def test_company_that_wants_none(self):
        self.company.customer_credit_mail_withdrawal = False
        withdrawal = self.new_paid_withdrawal(60)
        self.assertFalse(self.get_mails(withdrawal))
        self.assertEqual(len(self.queue()), 1, "deposits have a switch of their own")
        self.company.customer_credit_mail_payment = False
        reservation = self.reserve(10)
        reservation._credit_settle(self.invoice(10))
        self.assertFalse(self.get_mails(reservation))

    def test_company_that_wants_none_of_deposits(self):
        self.company.customer_credit_mail_deposit = False
        self.assertFalse(self.queue())

    def test_customer_who_wants_none(self):
        self.customer.customer_credit_no_mail = True
        self.assertFalse(self.queue())

    def test_contact_of_a_customer_who_wants_none(self):
        self.customer.customer_credit_no_mail = True
        contact = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.customer.id, "email": "clerk@example.com"}
        )
        self.assertFalse(self.get_mails(self.request(10, contact)))

    def test_customer_without_address(self):
        self.customer.email = False
        withdrawal = self.new_paid_withdrawal(60)
        self.assertEqual(withdrawal.state, "done")
        self.assertFalse(self.get_mails(withdrawal))

    def test_contact_who_asked_is_told_else_the_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Clerk", "parent_id": self.customer.id, "email": "clerk@example.com"}
        )
        silent = self.env["res.partner"].create({"name": "Silent", "parent_id": self.customer.id})
        self.assertEqual(self.get_mails(self.request(10, contact)).recipient_ids, contact)
        self.assertEqual(self.get_mails(self.request(10, silent)).recipient_ids, self.customer)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        template = self.env.ref(TEMPLATE + "deposit").with_context(lang="fr_FR")
        template.subject = "Avoir crédité ({{ object.name }})"
        template.body_html = (
            "<p t-out=\"format_amount((ctx.get('customer_credit') or {}).get('balance', 0), object.currency_id)\"/>"
        )
        mail = self.queue()
        self.assertEqual(mail.subject, f"Avoir crédité ({self.deposit.name})")
        self.assertRegex(mail.body_html, r"\$.100,00")
        self.assertIn("credit added", self.env.ref(TEMPLATE + "deposit").with_context(lang="en_US").subject)

    def test_template_that_cannot_be_rendered_breaks_nothing(self):
        self.env.ref(TEMPLATE + "withdrawal_requested").body_html = '<p t-out="object.no_such_field"/>'
        with (
            mute_logger("odoo.addons.mail.models.mail_render_mixin"),
            self.assertLogs("odoo.addons.account_customer_credit.models.mail.customer_credit_mail", "ERROR"),
        ):
            withdrawal = self.request(60)
        self.assertEqual(withdrawal.state, "requested")
        self.assertAvailable(40)
        self.assertFalse(self.get_mails(withdrawal))

    def test_template_that_was_deleted_breaks_nothing(self):
        self.env.ref(TEMPLATE + "withdrawal_requested").unlink()
        self.assertEqual(self.request(60).state, "requested")

    def test_company_without_address(self):
        self.company.email = False
        mail = self.queue()
        self.assertTrue(mail.email_from)
        self.assertNotIn("azure@example.com", mail.email_from)

    def test_settings(self):
        settings = self.env["res.config.settings"].create({"customer_credit_mail_payment": False})
        settings.execute()
        self.assertFalse(self.company.customer_credit_mail_payment)
        self.assertTrue(self.company.customer_credit_mail_deposit)
