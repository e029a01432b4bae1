import datetime
from collections import namedtuple
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...matching.open_item import EXCLUDED, NO_EXCHANGE_JOURNAL, OUTSIDE, RESERVED, TOO_LARGE, VOID, Group, OpenItem
from .document_names import INVOICE_TYPES, REFUND_TYPES, distinct, get_names
from .minor_units import get_residual_columns

RECEIVABLE = "asset_receivable"
PAYABLE = "liability_payable"
MANY_PARTNERS = 1_000
ROWS_PER_FETCH = 10_000


class ItemLimits(NamedTuple):
    """Which open items are looked at; empty and None for all. Dates are included in their ranges.

    ``due_from``, ``due_to``: of debts, by due date. ``date_from``, ``date_to``: of debts and credits, by invoice date,
    else accounting date. ``min_amount``: what must be open of an item at least, without sign, in the currency of its
    company.
    """

    debt_journal_ids: tuple[int, ...] = ()
    credit_journal_ids: tuple[int, ...] = ()
    due_from: datetime.date | None = None
    due_to: datetime.date | None = None
    date_from: datetime.date | None = None
    date_to: datetime.date | None = None
    min_amount: float = 0.0


class AllocationScope(NamedTuple):
    """Which open items an allocation looks at, and by which rules.

    ``company_ids``: items of these companies only. ``partner_ids``: commercial partners; None for everybody, items of
    nobody included; 0 for those of nobody, of which only the chosen ones where documents are chosen. ``documents``:
    journal entries that were chosen, None for no choice: only groups that hold some are allocated; where a group holds
    chosen debts only those are settled, where it holds chosen credits only those are spent. ``groups``: nothing outside
    of these is allocated; None for no limit. ``limits``: only these items; None for all. ``rule_ids``: only these
    ``account.credit.allocation.rule`` run, also those that are switched off; None for the active ones of each company.

    Of a group that is allocated, the items that were not chosen, or are outside of the limits, stay known to the rule
    that reads references, so that a number means the same whatever was chosen. They are neither settled nor spent nor
    listed among what is left.
    """

    company_ids: tuple[int, ...]
    account_types: tuple[str, ...] = (RECEIVABLE, PAYABLE)
    partner_ids: tuple[int, ...] | None = None
    documents: frozenset[int] | None = None
    groups: frozenset[Group] | None = None
    limits: ItemLimits | None = None
    rule_ids: tuple[int, ...] | None = None


class CompanyFacts(NamedTuple):
    """What the reader must know of the company of each journal item."""

    root_id: int
    currency_id: int
    books_exchange: bool


class Aliases(NamedTuple):
    """The names of the tables that are joined to the journal items; ``partner`` is the commercial one."""

    move: SQL
    account: SQL
    journal: SQL
    currency: SQL
    company_currency: SQL
    partner: SQL
    payment: SQL


class OpenItemReader(models.AbstractModel):
    """The door into the matching core: journal items become open items, in one read for all partners."""

    _name = "account.open.item.reader"
    _inherit = ["account.open.item.flows"]
    _description = "Open Item Reader"

    @api.model
    def _read_open_items(self, scope):
        """Read the open items of a scope, with the rights of the current user.

        :param AllocationScope scope: which items
        :return: ``(debts, credits)``, two lists of :class:`OpenItem`, amounts positive in minor units; those outside of
            the scope's limits or choice are blocked as ``OUTSIDE``
        """
        debts, credits = [], []
        companies = self._get_company_facts(scope.company_ids)
        outside = set()
        for row in self._fetch_rows(scope):
            item = self._prepare_open_item(row, companies[row.company_id])
            (debts if row.is_debt else credits).append(item)
            if row.outside:
                outside.add(item.id)
        if scope.documents is not None:
            outside |= self._find_not_chosen(debts, scope.documents) | self._find_not_chosen(credits, scope.documents)
        return self._put_outside(debts, outside), self._put_outside(credits, outside)

    @api.model
    def _fetch_rows(self, scope):
        """The rows of :meth:`_get_open_item_query`; of many partners not all at once, as they take more memory than the
        items that are made of them.

        :return: iterator over named tuples, with a field for each column
        """
        query = self._get_open_item_query(scope)
        if scope.partner_ids is not None and len(scope.partner_ids) <= MANY_PARTNERS:
            yield from self._fetch_named_tuples(query)
            return
        # to compile such a query takes PostgreSQL longer than to run it; and all rows are wanted, not the first few
        self.env.cr.execute(
            SQL(
                "SET LOCAL jit = off; SET LOCAL cursor_tuple_fraction = 1;"
                " DECLARE credit_allocation_open_item NO SCROLL CURSOR FOR %s",
                query,
            )
        )
        while rows := self._fetch_named_tuples(SQL("FETCH %s FROM credit_allocation_open_item", ROWS_PER_FETCH)):
            yield from rows
        self.env.cr.execute("CLOSE credit_allocation_open_item")

    @api.model
    def _fetch_named_tuples(self, query):
        """Dictionaries would take several times as long to make, and to look into."""
        rows = self.env.execute_query(query)
        Row = namedtuple("Row", [column.name for column in self.env.cr.description])
        return list(map(Row._make, rows))

    @api.model
    def _get_open_item_domain(self, scope):
        """The journal items that are open items: a hook for addons that take items out of every allocation.

        Filters on account *ids*: only they lead PostgreSQL to the index of unreconciled items.
        """
        accounts = (
            self.env["account.account"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("account_type", "in", scope.account_types),
                    ("reconcile", "=", True),
                    ("company_ids", "parent_of", scope.company_ids),
                ]
            )
        )
        domain = Domain(
            [
                ("account_id", "in", accounts.ids),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
                ("company_id", "in", scope.company_ids),
                ("amount_residual_currency", "!=", 0),
            ]
        )
        if scope.partner_ids is not None:
            contacts = self.env["res.partner"].sudo().with_context(active_test=False)
            # ids again: a subquery among that many tables is not looked into before all open items have been read
            partner_domain = Domain(
                "partner_id", "in", contacts.search([("commercial_partner_id", "in", scope.partner_ids)]).ids
            )
            if 0 in scope.partner_ids:  # listed, never matched
                nobody = Domain("partner_id", "=", False)
                partner_domain |= (
                    nobody if scope.documents is None else nobody & Domain("move_id", "in", scope.documents)
                )
            domain &= partner_domain
        return domain

    @api.model
    def _get_open_item_query(self, scope):
        """One SELECT with all that the core needs to know; residuals are positive, in minor units."""
        self.env.flush_all()
        query = self.env["account.move.line"]._search(self._get_open_item_domain(scope))
        alias = self._join_tables(query)
        # less than half a minor unit is nothing that could be settled
        query.add_where(
            SQL("ROUND(account_move_line.amount_residual_currency * 10 ^ %s.decimal_places) <> 0", alias.currency)
        )
        query.add_where(self._get_may_be_open_sql(alias))
        return query.select(*self._get_open_item_columns(alias), self._get_outside_sql(alias, scope.limits))

    @api.model
    def _join_tables(self, query):
        """Join to a query over journal items what the conditions and columns speak of.

        :return: :class:`Aliases`
        """
        line = "account_move_line"
        move = query.join(line, "move_id", "account_move", "id", "move")
        account = query.join(line, "account_id", "account_account", "id", "account")
        journal = query.join(line, "journal_id", "account_journal", "id", "journal")
        currency = query.join(line, "currency_id", "res_currency", "id", "currency")
        own_currency = query.join(line, "company_currency_id", "res_currency", "id", "company_currency")
        contact = query.left_join(line, "partner_id", "res_partner", "id", "contact")
        partner = query.left_join(contact, "commercial_partner_id", "res_partner", "id", "partner")
        payment = query.left_join(move, "origin_payment_id", "account_payment", "id", "payment")
        return Aliases(*map(SQL.identifier, (move, account, journal, currency, own_currency, partner, payment)))

    @api.model
    def _get_may_be_open_sql(self, alias):
        """The condition under which a posted item may be an open item at all, whatever is open of it.

        Not one that an import has marked to be reconciled with items which may not be posted yet, and not one of an
        entry that native reconciliation made for itself: that is settled by it, or not at all.

        :param Aliases alias: the names of the joined tables
        """
        return SQL(
            "COALESCE(account_move_line.matching_number, '') NOT LIKE 'I%%' AND NOT %s",
            self._get_made_by_reconciliation_sql(alias.move),
        )

    @api.model
    def _get_made_by_reconciliation_sql(self, move):
        """Whether an entry is one that native reconciliation made for itself.

        :param SQL move: the name of its table
        """
        return SQL(
            "(%(move)s.tax_cash_basis_origin_move_id IS NOT NULL"
            " OR EXISTS (SELECT 1 FROM account_partial_reconcile made WHERE made.exchange_move_id = %(move)s.id))",
            move=move,
        )

    @api.model
    def _get_moves_with_credit_sql(self, scope):
        """A SELECT of the documents with a debt, and a credit of the same partner on the same account of the same
        books, both free to be matched.

        :param AllocationScope scope: company_ids and account_types count
        :return: SQL
        """
        companies = self._get_company_facts(scope.company_ids)
        return SQL(
            """WITH item AS (%s),
                    books AS (SELECT * FROM UNNEST(%s::integer[], %s::integer[]) AS books(company_id, root_id)),
                    free AS (
                        SELECT item.move_id, item.account_id, item.partner_id, books.root_id, item.is_debt
                          FROM item
                          JOIN books USING (company_id)
                         WHERE NOT item.excluded AND NOT item.reserved AND NOT item.void AND item.partner_id IS NOT NULL
                           AND item.large_residual IS NULL
                    )
               SELECT move_id
                 FROM free
                WHERE is_debt
                  AND (account_id, partner_id, root_id) IN (
                      SELECT account_id, partner_id, root_id FROM free WHERE NOT is_debt
                  )""",
            self._get_open_item_query(scope),
            list(companies),
            [company.root_id for company in companies.values()],
        )

    @api.model
    def _get_open_item_columns(self, alias):
        """The columns of the query: a hook for addons that know more of an item, for :meth:`_prepare_open_item`.

        :param Aliases alias: the names of the joined tables
        :return: list of SQL
        """
        return [
            SQL("account_move_line.id"),
            SQL("account_move_line.move_id"),
            SQL("account_move_line.company_id"),
            SQL("account_move_line.account_id"),
            SQL("%s.id AS partner_id", alias.partner),
            SQL("account_move_line.currency_id"),
            *get_residual_columns(alias),
            SQL("%s AS is_debt", self._get_is_debt_sql(alias)),
            SQL("account_move_line.amount_residual_currency <> account_move_line.amount_currency AS partly_settled"),
            SQL("account_move_line.date"),
            SQL("COALESCE(account_move_line.date_maturity, account_move_line.date) AS due_date"),
            SQL("COALESCE(%s.invoice_date, account_move_line.date) AS document_date", alias.move),
            SQL("%s.move_type", alias.move),
            SQL("%s.name AS number", alias.move),
            # one that is made from the customer stands on all of the customer's invoices: it names none of them
            SQL(
                "CASE WHEN %s.invoice_reference_type <> 'partner' THEN %s.payment_reference END AS payment_reference",
                alias.journal,
                alias.move,
            ),
            SQL("%s.ref", alias.move),
            SQL("%s.invoice_origin", alias.move),
            SQL("account_move_line.name AS label"),
            SQL("%s.memo", alias.payment),
            SQL("%s.reversed_entry_id", alias.move),
            SQL(
                """CASE WHEN %(payment)s.id IS NULL THEN '{}' ELSE ARRAY(
                    SELECT paid.invoice_id FROM account_move__account_payment paid
                     WHERE paid.payment_id = %(payment)s.id
                ) END AS paid_ids""",
                payment=alias.payment,
            ),
            SQL(
                "COALESCE(%s.credit_allocation_excluded OR %s.credit_allocation_excluded, FALSE)"
                " OR COALESCE(%s.credit_allocation_excluded, FALSE)"
                " OR COALESCE(%s.credit_allocation_policy = 'never', FALSE) AS excluded",
                alias.move,
                alias.journal,
                alias.payment,
                alias.partner,
            ),
            SQL("(%s) AS reserved", self._get_reserved_sql(alias)),
            SQL("%s AS void", self._get_void_sql(alias)),
            SQL("%s AS linked_ids", self._get_linked_documents_sql(alias)),
        ]

    @api.model
    def _get_outside_sql(self, alias, limits):
        """The column ``outside``: whether an item is outside of the limits.

        :param Aliases alias: the names of the joined tables
        :param limits: :class:`ItemLimits`, None for none
        """
        limits = limits or ItemLimits()
        is_debt = self._get_is_debt_sql(alias)
        due_date = SQL("COALESCE(account_move_line.date_maturity, account_move_line.date)")
        document_date = SQL("COALESCE(%s.invoice_date, account_move_line.date)", alias.move)
        conditions = [SQL("FALSE")]
        is_credit = SQL("NOT %s", is_debt)
        for side, journal_ids in ((is_debt, limits.debt_journal_ids), (is_credit, limits.credit_journal_ids)):
            if journal_ids:
                conditions.append(SQL("%s AND account_move_line.journal_id <> ALL(%s)", side, list(journal_ids)))
        if limits.due_from:
            conditions.append(SQL("%s AND %s < %s", is_debt, due_date, limits.due_from))
        if limits.due_to:
            conditions.append(SQL("%s AND %s > %s", is_debt, due_date, limits.due_to))
        if limits.date_from:
            conditions.append(SQL("%s < %s", document_date, limits.date_from))
        if limits.date_to:
            conditions.append(SQL("%s > %s", document_date, limits.date_to))
        if limits.min_amount:
            conditions.append(SQL("ABS(account_move_line.amount_residual) < %s", limits.min_amount))
        return SQL("(%s) AS outside", SQL(" OR ").join(SQL("(%s)", condition) for condition in conditions))

    @api.model
    def _get_is_debt_sql(self, alias):
        """What is owed: a debit residual on receivable, a credit residual on payable."""
        return SQL(
            "((account_move_line.amount_residual_currency > 0) = (%s.account_type = %s))", alias.account, RECEIVABLE
        )

    @api.model
    def _find_void(self, lines):
        """Of these journal items, open or not, those that are worth nothing."""
        lines.env.flush_all()
        query = lines._search([("id", "in", lines.ids)], bypass_access=True)
        alias = self._join_tables(query)
        query.add_where(self._get_void_sql(alias))
        return lines.browse([line_id for (line_id,) in self.env.execute_query(query.select())])

    @api.model
    def _prepare_open_item(self, row, company):
        """Turn a row of the query into an :class:`OpenItem`: a hook to add links or to block items.

        :param row: a named tuple, see :meth:`_get_open_item_columns`
        :param CompanyFacts company: of the journal item
        """
        move_type, is_debt = row.move_type, row.is_debt
        is_invoice = move_type in INVOICE_TYPES
        identifiers, origins = get_names(move_type, row.number, row.payment_reference, row.ref, row.invoice_origin)
        blocked = None
        if row.void:
            blocked = VOID
        elif row.reserved:  # before the last: what is merely excluded may still be used by hand
            blocked = RESERVED
        elif row.large_residual is not None:
            blocked = TOO_LARGE
        elif row.excluded:
            blocked = EXCLUDED
        elif row.currency_id != company.currency_id and not company.books_exchange:
            blocked = NO_EXCHANGE_JOURNAL
        links = [*row.paid_ids, *row.linked_ids]
        if row.reversed_entry_id:
            links.append(row.reversed_entry_id)
        if (is_invoice and not is_debt) or (is_debt and move_type in REFUND_TYPES):
            links.append(row.move_id)  # an instalment against the document's own others
        return OpenItem(
            row.id,
            row.move_id,
            Group(company.root_id, row.account_id, row.partner_id or 0),
            row.currency_id,
            row.residual if row.large_residual is None else int(row.large_residual),
            row.date,
            row.due_date,
            row.document_date,
            identifiers,
            # what an invoice says about itself names no other document
            () if is_invoice else distinct(row.memo, row.ref, row.label),
            frozenset(links),
            blocked,
            row.partly_settled,
            origins=origins,
            is_reversal=move_type in REFUND_TYPES or bool(row.reversed_entry_id),
        )

    @api.model
    def _get_company_facts(self, company_ids):
        """``{company id: CompanyFacts}``.

        A company that cannot book gains and losses on exchange is found out beforehand, because native reconciliation
        refuses the whole plan when it meets the first one.
        """
        return {
            company.id: CompanyFacts(
                root_id=company.root_id.id,
                currency_id=company.currency_id.id,
                books_exchange=bool(
                    company.currency_exchange_journal_id
                    and company.income_currency_exchange_account_id
                    and company.expense_currency_exchange_account_id
                ),
            )
            for company in self.env["res.company"].sudo().browse(company_ids)
        }

    @api.model
    def _find_not_chosen(self, items, documents):
        """Of items of one side, those of other documents in groups that hold chosen ones: a set of ids."""
        choosy = {item.group for item in items if item.document in documents}
        return {item.id for item in items if item.group in choosy and item.document not in documents}

    @api.model
    def _put_outside(self, items, outside):
        """The items, of which those with these ids are only there for their names. What no rule may use anyway, for a
        reason of its own, is not even that: it is left out."""
        if not outside:
            return items
        return [
            item._replace(blocked=OUTSIDE) if item.id in outside else item
            for item in items
            if item.id not in outside or (item.blocked is None and item.group.partner)
        ]
