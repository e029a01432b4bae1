from datetime import date, timedelta

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

from .customer_credit import get_companies, get_customer, parse_id, pop_message

MOVEMENTS_PER_PAGE = 20


class CustomerCreditPortal(CustomerPortal):
    """My Credit: what the customer has, what happened to it, what it is reserved for."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if not counters:
            values["customer_credit_balances"] = [
                balance["currency"].format(balance["amount"]) for balance in self._get_credit_balances()
            ]
        return values

    @http.route(["/my/credit", "/my/credit/page/<int:page>"], type="http", auth="user", methods=["GET"], website=True)
    def portal_my_credit(self, page=1, filterby=None, period=None, **_kwargs):
        balances, today = self._get_credit_balances(), request.env.company._get_local_today()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "customer_credit",
            "message": pop_message(),
            "balances": balances,
            "several_companies": len({balance["company"] for balance in balances}) > 1,
            "reservations": self._get_open_reservations(),
            "topups": self._get_pending_topups(),
            "withdrawals": self._get_withdrawals([("state", "in", ("requested", "approved"))]),
            "statement_from": today.replace(month=1, day=1),
            "statement_to": today,
            **self._get_movement_values(page, filterby, period),
        }
        return request.render("payment_customer_credit.portal_my_credit", values)

    @http.route("/my/credit/statement", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    def portal_my_credit_statement(self, company=None, currency=None, date_from=None, date_to=None, **_kwargs):
        """The statement of a period as a PDF; this year where no dates, or no valid ones, are given.

        :raise NotFound: the customer has no credit in that company or currency
        """
        balance = self._get_credit_balance(company, currency)
        today = request.env.company._get_local_today()
        first, last = self._parse_date(date_from, today.replace(month=1, day=1)), self._parse_date(date_to, today)
        document = get_customer()._render_customer_credit_statement(
            balance["company"], balance["currency"], min(first, last), max(first, last)
        )
        name = f"credit-{balance['currency'].name}-{min(first, last)}-{max(first, last)}.pdf"
        return request.make_response(
            document,
            headers=[
                ("Content-Type", "application/pdf"),
                ("Content-Length", len(document)),
                ("Content-Disposition", http.content_disposition(name)),
            ],
        )

    # --- what the customer has ----------------------------------------------------------------------------------------

    def _get_credit_balances(self):
        """One dictionary for each company and currency with credit, and always one for the current company.

        Amounts are in ``currency``: ``amount`` is available, negative where overdrawn; ``reserved``, ``withdrawable``.
        """
        customer, companies, current = get_customer(), get_companies(), request.env.company.sudo()
        amounts = {(current.id, current.currency_id.id): (0.0, 0.0)} if current in companies else {}
        for (_partner, company_id, currency_id), amount in customer._get_available_credit(companies).items():
            amounts[company_id, currency_id] = (amount, 0.0)
        for reservation in self._get_reservations():
            key = (reservation.company_id.id, reservation.currency_id.id)
            amount, reserved = amounts.get(key, (0.0, 0.0))
            amounts[key] = (amount, reserved + reservation.amount_held)
        return [
            self._prepare_credit_balance(
                customer, companies.browse(company_id), companies.currency_id.browse(currency_id), amount, reserved
            )
            for (company_id, currency_id), (amount, reserved) in sorted(amounts.items())
        ]

    def _prepare_credit_balance(self, customer, company, currency, amount, reserved):
        withdrawable = 0.0
        if company.customer_credit_portal_withdrawal:
            withdrawable = customer._get_withdrawable_credit(company, currency)
        return {
            "company": company,
            "currency": currency,
            "amount": amount,
            "reserved": reserved,
            "withdrawable": withdrawable,
            "can_top_up": company.customer_credit_topup
            and company == request.env.company
            and currency == company.currency_id,
        }

    def _get_credit_balance(self, company_id, currency_id):
        """The balance with these ids, which came from the browser.

        :raise NotFound: it is none of the customer's
        """
        wanted = (parse_id(company_id), parse_id(currency_id))
        for balance in self._get_credit_balances():
            if (balance["company"].id, balance["currency"].id) == wanted:
                return balance
        raise NotFound()

    def _get_own_domain(self, partner_field="partner_id"):
        return [(partner_field, "=", get_customer().id), ("company_id", "in", get_companies().ids)]

    def _get_kept_domain(self):
        """Of records that keep the customer as it was then: a person may have joined a company since."""
        return self._get_own_domain("partner_id.commercial_partner_id")

    def _get_reservations(self):
        Reservation = request.env["customer.credit.reservation"].sudo()
        return Reservation.search([*self._get_kept_domain(), ("state", "=", "held")])

    def _get_open_reservations(self):
        """Without those of withdrawals, which are listed themselves."""
        return self._get_reservations().filtered(lambda held: held.origin_model != "customer.credit.withdrawal")

    def _get_pending_topups(self):
        """Top-ups whose money has not arrived yet."""
        return (
            request.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("is_customer_credit_topup", "=", True),
                    ("state", "in", ("pending", "authorized")),
                    ("partner_id.commercial_partner_id", "=", get_customer().id),
                    ("company_id", "in", get_companies().ids),
                ]
            )
        )

    def _get_withdrawals(self, domain=(), limit=None):
        Withdrawal = request.env["customer.credit.withdrawal"].sudo()
        return Withdrawal.search([*self._get_kept_domain(), *domain], limit=limit)

    # --- what happened to it ------------------------------------------------------------------------------------------

    def _get_movement_values(self, page, filterby, period):
        """One page of movements, with the kinds and periods by which they are filtered."""
        Movement = request.env["customer.credit.movement"].sudo()
        Movement = Movement.with_context(customer_credit_partner_ids=get_customer().ids)
        kinds = {"all": {"label": request.env._("All kinds"), "domain": []}}
        for code, label in Movement._fields["kind"]._description_selection(request.env):
            kinds[code] = {"label": label, "domain": [("kind", "=", code)]}
        periods = self._get_movement_periods()
        filterby = filterby if filterby in kinds else "all"
        period = period if period in periods else "all"
        domain = Domain.AND([self._get_own_domain(), kinds[filterby]["domain"], periods[period]["domain"]])
        pages = pager(
            url="/my/credit",
            url_args={"filterby": filterby, "period": period},
            total=Movement.search_count(domain),
            page=page,
            step=MOVEMENTS_PER_PAGE,
        )
        return {
            "movements": Movement.search(domain, limit=MOVEMENTS_PER_PAGE, offset=max(pages["offset"], 0)),
            "kind_labels": {code: kind["label"] for code, kind in kinds.items()},
            "pager": pages,
            "default_url": "/my/credit",
            "searchbar_filters": kinds,
            "filterby": filterby,
            "periods": periods,
            "period": period,
        }

    @staticmethod
    def _get_movement_periods():
        today = request.env.company._get_local_today()
        month, year = today.replace(day=1), today.replace(month=1, day=1)
        before = (month - timedelta(days=1)).replace(day=1)
        return {
            "all": {"label": request.env._("All time"), "domain": []},
            "month": {"label": request.env._("This month"), "domain": [("date", ">=", month)]},
            "last_month": {
                "label": request.env._("Last month"),
                "domain": [("date", ">=", before), ("date", "<", month)],
            },
            "year": {"label": request.env._("This year"), "domain": [("date", ">=", year)]},
            "last_year": {
                "label": request.env._("Last year"),
                "domain": [("date", ">=", year.replace(year=year.year - 1)), ("date", "<", year)],
            },
        }

    @staticmethod
    def _parse_date(text, default):
        try:
            return date.fromisoformat(str(text))
        except ValueError:
            return default
