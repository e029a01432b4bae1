from odoo.tests import tagged

from .common import CreditPortalCase


@tagged("post_install", "-at_install")
class TestPortalWithdrawal(CreditPortalCase):
    """A withdrawal is requested in the portal, and taken back as long as nobody has decided."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.customer_credit_portal_withdrawal = True
        cls.bank = cls.env["res.partner.bank"].create({"acc_number": "AZURE-1", "partner_id": cls.customer.id})

    def url(self):
        return f"/my/credit/withdraw?company={self.company.id}&currency={self.company.currency_id.id}"

    def request_withdrawal(self, amount=60, withdrawable=100, csrf=True, **form):
        form = {
            "company": self.company.id,
            "currency": self.company.currency_id.id,
            "amount": amount,
            "withdrawable": withdrawable,
            "bank_id": self.bank.id,
            **form,
        }
        return self.post("/my/credit/withdraw", csrf=csrf, **form)

    def withdrawals(self):
        self.env.invalidate_all()
        return self.env["customer.credit.withdrawal"].sudo().search([("company_id", "=", self.company.id)])

    def cancel(self, withdrawal, **options):
        return self.post(f"/my/credit/withdrawal/{withdrawal.id}/cancel", **options)

    def test_a_request_reserves_the_amount(self):
        self.log_in()
        self.assertIn("At most", self.get(self.url()).text)
        response = self.request_withdrawal(60, reason="We close our account")
        self.assertIn("Your request was sent", response.text)
        self.assertIn("o_customer_credit_withdrawals", response.text)
        self.assertRecordValues(
            self.withdrawals(),
            [
                {
                    "partner_id": self.customer.id,
                    "amount": 60.0,
                    "state": "requested",
                    "partner_bank_id": self.bank.id,
                    "requested_by": self.portal_user.id,
                    "reason": "We close our account",
                }
            ],
        )
        self.assertCredit(40)

    def test_a_number_of_neither_letters_nor_digits_is_refused_with_a_sentence(self):
        self.log_in()
        for number in ("---", "…"):  # twice the same for the database
            response = self.request_withdrawal(60, bank_id="", acc_number=number)
            self.assertEqual(response.status_code, 200)
            self.assertIn("with its letters and digits", response.text)
        self.assertFalse(self.withdrawals())

    def test_what_no_database_takes_is_left_out(self):
        self.log_in()
        self.request_withdrawal(60, bank_id="", acc_number="AZ\0URE-2", reason="We\0 leave")
        self.assertRecordValues(self.withdrawals(), [{"acc_number": "AZURE-2", "reason": "We leave"}])

    def test_who_joined_a_company_still_sees_the_own_request(self):
        self.payment(50, partner=self.stranger)
        bank = self.env["res.partner.bank"].create({"acc_number": "DECO-1", "partner_id": self.stranger.id})
        withdrawal = self.stranger._request_credit_withdrawal(50, self.company.currency_id, bank, self.company)
        self.stranger.parent_id = self.customer
        self.log_in(self.stranger_user)
        self.assertIn(withdrawal.name, self.get("/my/credit").text)
        self.cancel(withdrawal)
        self.assertEqual(withdrawal.state, "cancelled")
        self.assertCredit(150)

    def test_a_new_account_is_entered_and_not_trusted(self):
        self.log_in()
        self.request_withdrawal(60, bank_id="", acc_number="AZURE-2")
        account = self.withdrawals().partner_bank_id
        self.assertRecordValues(
            account, [{"acc_number": "AZURE-2", "partner_id": self.customer.id, "allow_out_payment": False}]
        )

    def test_a_number_that_was_typed_wins_over_the_account_that_the_form_proposes(self):
        self.log_in()
        self.request_withdrawal(60, bank_id=self.bank.id, acc_number="AZURE-2")
        self.assertEqual(self.withdrawals().acc_number, "AZURE-2")

    def test_a_request_that_is_refused_keeps_what_was_typed(self):
        other = self.bank.copy({"acc_number": "AZURE-9", "partner_id": self.customer.id})
        self.log_in()
        self.assertRegex(self.get(self.url()).text, r"<textarea[^>]*></textarea>")
        page = self.request_withdrawal(100.01, bank_id=other.id, reason="We <close>").text
        self.assertRegex(page, rf'<option value="{other.id}" selected=[^>]*>')
        self.assertEqual(page.count(" selected="), 1)
        self.assertRegex(page, r"<textarea[^>]*>We &lt;close&gt;</textarea>")
        page = self.request_withdrawal(100.01, bank_id=other.id, acc_number="AZURE-3").text
        self.assertRegex(page, r'<option value="" selected=[^>]*>')
        self.assertEqual(page.count(" selected="), 1)
        self.assertRegex(page, r'name="acc_number"[^>]*value="AZURE-3"')

    def test_the_number_of_a_known_account_is_that_account(self):
        self.log_in()
        self.request_withdrawal(60, bank_id="", acc_number="azure - 1")
        self.assertEqual(self.withdrawals().partner_bank_id, self.bank)

    def test_the_number_of_an_account_that_is_archived_is_refused(self):
        self.bank.active = False
        self.log_in()
        response = self.request_withdrawal(60, bank_id="", acc_number="AZURE-1")
        self.assertIn("cannot be used", response.text)
        self.assertFalse(self.withdrawals())

    def test_a_request_that_is_refused_leaves_no_account_behind(self):
        self.log_in()
        response = self.request_withdrawal(100.01, bank_id="", acc_number="AZURE-3")
        self.assertIn("At most", response.text)
        self.assertFalse(self.env["res.partner.bank"].search([("acc_number", "=", "AZURE-3")]))

    def test_a_request_is_taken_back(self):
        self.log_in()
        self.request_withdrawal(60)
        response = self.cancel(self.withdrawals())
        self.assertIn("available again", response.text)
        self.assertEqual(self.withdrawals().state, "cancelled")
        self.assertCredit(100)

    def test_what_was_decided_is_not_taken_back(self):
        self.log_in()
        self.request_withdrawal(60)
        self.withdrawals()._set_approved()
        response = self.cancel(self.withdrawals())
        self.assertIn("has been decided already", response.text)
        self.assertEqual(self.withdrawals().state, "approved")
        self.assertCredit(40)

    def test_it_is_offered_only_where_the_company_switched_it_on(self):
        self.log_in()
        self.assertIn("o_customer_credit_withdraw", self.get("/my/credit").text)
        self.company.customer_credit_portal_withdrawal = False
        self.assertNotIn("o_customer_credit_withdraw", self.get("/my/credit").text)
        self.assertEqual(self.get(self.url()).status_code, 404)
        self.assertEqual(self.request_withdrawal().status_code, 404)
        self.assertFalse(self.withdrawals())

    # --- what a browser may try ---------------------------------------------------------------------------------------

    def test_the_same_form_sent_twice_is_one_request(self):
        self.log_in()
        self.request_withdrawal(30)
        response = self.request_withdrawal(30)
        self.assertIn("has changed meanwhile", response.text)
        self.assertEqual(len(self.withdrawals()), 1)
        self.assertCredit(70)

    def test_amounts_that_were_tampered_with_are_refused(self):
        self.log_in()
        for amount in (-60, 0, 100.01, 10**15, "NaN", "Infinity", "sixty", "", 60.001, "60; DROP TABLE"):
            with self.subTest(amount=amount):
                self.assertEqual(self.request_withdrawal(amount).status_code, 200)
                self.assertFalse(self.withdrawals())
        self.assertCredit(100)

    def test_the_account_of_somebody_else_is_refused(self):
        foreign = self.env["res.partner.bank"].create({"acc_number": "DECO-1", "partner_id": self.stranger.id})
        self.log_in()
        for bank_id in (foreign.id, foreign.id + 1000, "abc", -1):
            with self.subTest(bank_id=bank_id):
                self.assertIn("choose a bank account", self.request_withdrawal(bank_id=bank_id).text)
        self.request_withdrawal(bank_id="", acc_number="  ")
        self.assertFalse(self.withdrawals())

    def test_other_companies_and_currencies_are_not_found(self):
        self.log_in()
        for form in ({"company": self.company.id + 1000}, {"currency": self.euro.id}, {"company": ""}):
            with self.subTest(form=form):
                self.assertEqual(self.request_withdrawal(**form).status_code, 404)
        self.assertFalse(self.withdrawals())

    def test_the_withdrawal_of_somebody_else_cannot_be_cancelled_or_seen(self):
        self.log_in()
        self.request_withdrawal(60)
        withdrawal = self.withdrawals()
        self.log_in(self.stranger_user)
        self.assertEqual(self.cancel(withdrawal).status_code, 404)
        self.assertNotIn(withdrawal.name, self.get("/my/credit").text)
        self.assertEqual(self.withdrawals().state, "requested")

    def test_the_customer_reads_no_sentence_for_bookkeepers(self):
        self.log_in()
        self.company._get_customer_credit_journal().active = False
        with self.assertLogs("odoo.addons.payment_customer_credit", "WARNING"):
            page = self.request_withdrawal(60).text
        self.assertNotIn("archived journal", page)
        self.assertIn("cannot be used at this moment", page)
        self.assertFalse(self.withdrawals())

    def test_to_take_a_request_back_tells_no_more(self):
        self.log_in()
        self.request_withdrawal(60)
        withdrawal = self.withdrawals()
        self.env.cr.execute(
            "UPDATE account_move SET state = 'cancel' WHERE id = %s", (withdrawal.reservation_id.move_id.id,)
        )
        self.receivable.active = False
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.payment_customer_credit", "WARNING"):
            page = self.cancel(withdrawal).text
        self.assertIn("cannot be used at this moment", page)
        self.assertEqual(self.withdrawals().state, "requested")

    def test_requests_that_wait_are_limited(self):
        self.log_in()
        for count in range(10):
            self.request_withdrawal(1, 100 - count)
        self.assertIn("10 requests wait for a decision already", self.request_withdrawal(1, 90).text)
        self.assertEqual(len(self.withdrawals()), 10)

    def test_a_customer_who_asked_may_be_deleted_as_a_user(self):
        self.log_in()
        self.request_withdrawal(60)
        self.portal_user.unlink()
        withdrawal = self.withdrawals()
        self.assertEqual((withdrawal.requested_by.ids, withdrawal.contact_id), ([], self.contact))

    def test_a_form_without_its_token_is_refused(self):
        self.log_in()
        with self.assertLogs("odoo.http", "WARNING"):
            self.assertEqual(self.request_withdrawal(csrf=False).status_code, 400)
        self.assertFalse(self.withdrawals())
        self.request_withdrawal()
        with self.assertLogs("odoo.http", "WARNING"):
            self.assertEqual(self.cancel(self.withdrawals(), csrf=False).status_code, 400)
        self.assertEqual(self.withdrawals().state, "requested")
