import datetime

from odoo import api, models
from odoo.tools import SQL

from ...matching.open_item import (
    CREDIT,
    DEBT,
    NAMED_ACCOUNT,
    NAMED_CANCELLED,
    NAMED_DRAFT,
    NAMED_ORDER,
    NAMED_OUTSIDE,
    NAMED_PARTNER,
    NAMED_SETTLED,
    KnownDocument,
)
from ...matching.references import list_endings, list_possible_names, squash
from .document_names import SQUASHED, get_names
from .minor_units import to_minor_units
from .open_item_reader import PAYABLE, RECEIVABLE

LOOK_BACK = datetime.timedelta(days=730)  # before an item: what is older is not what it names
INVOICE_TYPES_OF = {RECEIVABLE: ("out_invoice", "out_receipt"), PAYABLE: ("in_invoice", "in_receipt")}
NAMES = ("move_type", "number", "payment_reference", "ref", "origin")
NAME_COLUMNS = ("name", "payment_reference", "ref", "invoice_origin")
STRUCTURED_DIGITS = 10  # a shorter number that somebody else's document has may be anything


class KnownDocumentReader(models.AbstractModel):
    """What open items may name although nothing of it is open to them: settled documents, drafts, what is on another
    account, of somebody else, and orders that await their invoices.

    Asked only for items with names that nothing open answers to, for all of them at once. It looks into all books of
    their root companies, whoever asks: what is found is settled by nobody, it only keeps money from going elsewhere.
    """

    _name = "account.known.document.reader"
    _description = "Known Document Reader"

    @api.model
    def _read_known_documents(self, debts, credits):
        """What these items may name on the other side.

        :param debts: list of :class:`OpenItem` with names or links that nothing open answers to
        :param credits: likewise
        :return: list of :class:`KnownDocument`, for the groups of the items
        """
        known = []
        for items, named_side in ((credits, DEBT), (debts, CREDIT)):
            if items:
                asked = _Asked(self.env, items, named_side)
                known += self._read_entries(asked)
                known += self._read_orders(asked)
        return known

    @api.model
    def _read_entries(self, asked):
        """Journal entries of the payers, and numbers of somebody else's; each once for a group."""
        own, others = {}, {}
        for row in self.env.execute_query_dict(self._get_entries_query(asked)):
            books = (asked.roots[row["company_id"]], row["account_type"])
            for group in asked.groups_of.get((*books, row["partner_id"]), ()):
                if self._is_recent(row, asked.since[group]) or row["move_id"] in asked.links:
                    document = self._prepare_own(row, group)
                    known = own.setdefault((group, document.document), document)
                    if known is not document:
                        own[group, document.document] = self._merge(known, document)
            for group in asked.find_groups_naming(books, self._get_strangers_names(row)):
                if group.partner != row["partner_id"]:
                    others.setdefault((group, row["move_id"]), self._prepare_strangers(row, group))
        return [*own.values(), *(document for key, document in others.items() if key not in own)]

    @api.model
    def _is_recent(self, row, since):
        """Whether something of a document of the payer is open, or was until this day."""
        return row["state"] != "posted" or not row["is_settled"] or row["last_date"] >= since

    @api.model
    def _prepare_own(self, row, group):
        identifiers, origins = get_names(*(row[name] for name in NAMES))
        if row["state"] != "posted":
            reason = NAMED_DRAFT if row["state"] == "draft" else NAMED_CANCELLED
        elif row["is_settled"]:
            reason = NAMED_SETTLED
        else:
            reason = NAMED_OUTSIDE if row["account_id"] == group.account else NAMED_ACCOUNT
        return KnownDocument(
            row["move_id"],
            group,
            row["currency_id"],
            self._get_units(row),
            reason,
            identifiers,
            origins if reason != NAMED_CANCELLED else (),  # another invoice came in its place
            row["move_type"] == "entry",
            released=frozenset(row["settled_by"]),
        )

    @api.model
    def _merge(self, known, document):
        """One of two for a document that stands on several accounts, or in several currencies."""
        same = known.currency == document.currency
        return known._replace(
            amount=known.amount + document.amount if same else known.amount,
            currency=known.currency if same else 0,  # nobody knows how much it needs in any
            reason=document.reason if known.reason == NAMED_SETTLED else known.reason,
            released=known.released | document.released,
        )

    @api.model
    def _prepare_strangers(self, row, group):
        return KnownDocument(
            row["move_id"],
            group,
            row["currency_id"],
            self._get_units(row),
            NAMED_PARTNER,
            self._get_strangers_names(row),
            whole=True,
            is_strangers=True,
        )

    @api.model
    def _get_strangers_names(self, row):
        """What somebody else's document may be called by: not by what only its own partner calls so, nor by a number
        that may be anything."""
        if row["state"] != "posted" or row["move_type"] not in INVOICE_TYPES_OF[row["account_type"]]:
            return ()
        names = (row["number"], row["payment_reference"] if row["account_type"] == RECEIVABLE else None)
        return tuple(
            name for name in names if name and not (squash(name).isdecimal() and len(squash(name)) < STRUCTURED_DIGITS)
        )

    @api.model
    def _get_units(self, row):
        return to_minor_units(self.env["res.currency"].browse(row["currency_id"]), float(row["amount"]))

    @api.model
    def _read_orders(self, asked):
        """Orders of the payers, as far as they await invoices."""
        for flow in self.env["account.open.item.reader"]._get_flows():
            if asked.named_side != DEBT or flow.order_account_type not in asked.account_types:
                continue
            orders = flow.get_orders_sql(asked.partners, asked.companies)
            query = SQL("SELECT * FROM (%s) move WHERE %s", orders, _get_may_be_named_sql("name", asked.endings))
            for order_id, partner_id, company_id, currency_id, name, amount in self.env.execute_query(query):
                units = to_minor_units(self.env["res.currency"].browse(currency_id), float(amount))
                books = (asked.roots[company_id], flow.order_account_type)
                for group in asked.groups_of.get((*books, partner_id), ()) if units > 0 else ():
                    yield KnownDocument(-order_id, group, currency_id, units, NAMED_ORDER, (name,), whole=True)

    @api.model
    def _find_entries_query(self, asked):
        """A SELECT of the ids of the payers' entries that may be named, and of invoices with such a number."""
        return SQL(
            """SELECT line.move_id AS id
                 FROM account_move_line line
                 JOIN account_move move ON move.id = line.move_id
                 JOIN account_account account ON account.id = line.account_id
                WHERE line.partner_id = ANY(ARRAY(
                          SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%(partners)s)))
                  AND account.account_type = ANY(%(account_types)s)
                  AND line.company_id = ANY(%(companies)s)
                  AND (move.id = ANY(%(links)s) OR %(may_be_named)s)
               UNION
               SELECT move.id
                 FROM account_move move
                WHERE (%(number)s = ANY(%(names)s)
                       OR (%(payment_reference)s = ANY(%(names)s) AND move.payment_reference <> move.name))
                  AND move.state = 'posted'
                  AND move.move_type = ANY(%(move_types)s)
                  AND move.company_id = ANY(%(companies)s)""",
            partners=asked.partners,
            companies=asked.companies,
            links=sorted(asked.links),
            may_be_named=SQL(" OR ").join(_get_may_be_named_sql(name, asked.endings) for name in NAME_COLUMNS),
            number=SQL(SQUASHED.format("move.name")),
            payment_reference=SQL(SQUASHED.format("move.payment_reference")),
            names=asked.names,
            account_types=sorted(asked.account_types),
            move_types=[kind for account_type in asked.account_types for kind in INVOICE_TYPES_OF[account_type]],
        )

    @api.model
    def _get_entries_query(self, asked):
        return SQL(
            """WITH found AS (%(found)s)
               SELECT move.id AS move_id, line.company_id, contact.commercial_partner_id AS partner_id, line.account_id,
                      account.account_type, line.currency_id, move.state, move.move_type, move.name AS number,
                      CASE WHEN journal.invoice_reference_type <> 'partner' THEN move.payment_reference END
                          AS payment_reference,
                      move.ref, move.invoice_origin AS origin, BOOL_AND(line.reconciled) AS is_settled,
                      CASE WHEN move.state <> 'posted' OR BOOL_AND(line.reconciled) THEN SUM(ABS(line.amount_currency))
                           ELSE SUM(ABS(line.amount_residual_currency)) END AS amount,
                      GREATEST(MAX(line.date), (
                          SELECT MAX(max_date) FROM account_partial_reconcile
                           WHERE debit_move_id = ANY(ARRAY_AGG(line.id)) OR credit_move_id = ANY(ARRAY_AGG(line.id))
                      )) AS last_date,
                      ARRAY(SELECT credit_move_id FROM account_partial_reconcile
                             WHERE debit_move_id = ANY(ARRAY_AGG(line.id))
                             UNION
                            SELECT debit_move_id FROM account_partial_reconcile
                             WHERE credit_move_id = ANY(ARRAY_AGG(line.id))) AS settled_by
                 FROM found
                 JOIN account_move move ON move.id = found.id
                 JOIN account_move_line line ON line.move_id = move.id
                 JOIN account_journal journal ON journal.id = line.journal_id
                 JOIN account_account account ON account.id = line.account_id
                 JOIN res_partner contact ON contact.id = line.partner_id
                WHERE account.account_type = ANY(%(account_types)s)
                  AND NOT %(made)s
                  AND (line.balance > 0) = ((account.account_type = %(receivable)s) = %(is_debt)s)
             GROUP BY move.id, journal.id, line.company_id, line.account_id, account.account_type, line.currency_id,
                      contact.commercial_partner_id
             ORDER BY move.id""",
            found=self._find_entries_query(asked),
            made=self.env["account.open.item.reader"]._get_made_by_reconciliation_sql(SQL("move")),
            account_types=sorted(asked.account_types),
            receivable=RECEIVABLE,
            is_debt=asked.named_side == DEBT,
        )


class _Asked:
    """What is asked for: the groups of the items, and what their texts and links may name."""

    def __init__(self, env, items, named_side):
        """
        :param items: list of :class:`OpenItem`
        :param str named_side: the side on which the named documents stand, ``debt`` or ``credit``
        """
        self.named_side = named_side
        self.partners = sorted({item.group.partner for item in items})
        roots = {item.group.company for item in items}
        Company = env["res.company"].sudo().with_context(active_test=False)
        self.roots = {company.id: company.root_id.id for company in Company.search([("id", "child_of", sorted(roots))])}
        self.companies = sorted(self.roots)
        self.links = {document for item in items for document in item.links}
        self.endings = sorted({ending for item in items for ending in list_endings(item.texts)})
        self.since = {}  # by group
        names = {}  # by group: what its items may name, squashed
        for item in items:
            names.setdefault(item.group, set()).update(list_possible_names(item.texts))
            self.since[item.group] = min(item.date - LOOK_BACK, self.since.get(item.group, item.date))
        accounts = env["account.account"].sudo().browse({group.account for group in names})
        account_types = {account.id: account.account_type for account in accounts}
        self.account_types = set(account_types.values())
        self.groups_of = {}  # by root company, account type and partner
        self._groups_naming = {}  # by root company, account type, and what may be a name
        for group in names:
            books = (group.company, account_types[group.account])
            self.groups_of.setdefault((*books, group.partner), []).append(group)
            for name in names[group]:
                self._groups_naming.setdefault((*books, name), []).append(group)
        self.names = sorted(set().union(*names.values()))

    def find_groups_naming(self, books, identifiers):
        """The groups whose items may name one of these: a set."""
        return {
            group for identifier in identifiers for group in self._groups_naming.get((*books, squash(identifier)), ())
        }


def _get_may_be_named_sql(column, endings):
    """Whether a word with one of these endings may name what the column holds, or one of several names in it."""
    name = SQL("move.%s", SQL.identifier(column))
    return SQL(
        "(%(name)s LIKE '%%,%%' OR %(name)s !~ '[a-zA-Z0-9]{3}$' OR LOWER(RIGHT(%(name)s, 3)) = ANY(%(endings)s))",
        name=name,
        endings=endings,
    )
