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
from .document_names import get_names
from .minor_units import to_minor_units
from .open_item_reader import PAYABLE, RECEIVABLE

LOOK_BACK = datetime.timedelta(days=730)  # before an item: what is older is not what it names
INVOICE_TYPES_OF = {RECEIVABLE: ("out_invoice", "out_receipt"), PAYABLE: ("in_invoice", "in_receipt")}
NAMES = ("move_type", "number", "payment_reference", "ref", "origin")
NAME_COLUMNS = ("name", "payment_reference", "ref", "invoice_origin")
# a number's letters and digits, as account.move has an index of them
SQUASH = "regexp_replace(lower({}), '[^a-z0-9]', '', 'g')"


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
        """Journal entries of the payers, and numbers of somebody else's."""
        for row in self.env.execute_query_dict(self._get_entries_query(asked)):
            root = asked.roots[row["company_id"]]
            amount = to_minor_units(self.env["res.currency"].browse(row["currency_id"]), float(row["amount"]))
            identifiers, origins = get_names(*(row[name] for name in NAMES))
            for group in asked.groups.get((root, row["account_type"]), ()):
                document = KnownDocument(row["move_id"], group, row["currency_id"], amount, NAMED_PARTNER, identifiers)
                if row["partner_id"] == group.partner:
                    yield document._replace(
                        reason=self._get_reason(row, group), origins=origins, released=frozenset(row["settled_by"])
                    )
                elif any(squash(identifier) in asked.names[group] for identifier in identifiers):
                    yield document._replace(whole=True)

    @api.model
    def _get_reason(self, row, group):
        """Why the payer's own document may not be settled."""
        if row["state"] != "posted":
            return NAMED_DRAFT if row["state"] == "draft" else NAMED_CANCELLED
        if row["is_settled"]:
            return NAMED_SETTLED
        return NAMED_OUTSIDE if row["account_id"] == group.account else NAMED_ACCOUNT

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
                for group in asked.groups.get((asked.roots[company_id], flow.order_account_type), ()):
                    if group.partner == partner_id and units > 0:
                        yield KnownDocument(-order_id, group, currency_id, units, NAMED_ORDER, (name,))

    @api.model
    def _get_entries_query(self, asked):
        move_types = [kind for account_type in asked.account_types for kind in INVOICE_TYPES_OF[account_type]]
        return SQL(
            """WITH found AS (
                   SELECT line.move_id AS id
                     FROM account_move_line line
                     JOIN account_move move ON move.id = line.move_id
                    WHERE line.partner_id = ANY(ARRAY(
                              SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%(partners)s)))
                      AND line.company_id = ANY(%(companies)s)
                      AND (line.date >= %(since)s OR line.parent_state = 'draft')
                      AND (move.id = ANY(%(links)s) OR %(may_be_named)s)
                   UNION
                   SELECT move.id
                     FROM account_move move
                    WHERE (%(number)s = ANY(%(names)s)
                           OR (%(payment_reference)s = ANY(%(names)s) AND move.payment_reference <> move.name))
                      AND move.state = 'posted'
                      AND move.move_type = ANY(%(move_types)s)
                      AND move.company_id = ANY(%(companies)s)
               )
               SELECT move.id AS move_id, line.company_id, contact.commercial_partner_id AS partner_id, line.account_id,
                      account.account_type, line.currency_id, move.state, move.move_type, move.name AS number,
                      CASE WHEN journal.invoice_reference_type <> 'partner' THEN move.payment_reference END
                          AS payment_reference,
                      move.ref, move.invoice_origin AS origin, BOOL_AND(line.reconciled) AS is_settled,
                      SUM(ABS(CASE WHEN line.parent_state <> 'posted' OR line.reconciled THEN line.amount_currency
                                   ELSE line.amount_residual_currency END)) AS amount,
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
                  AND (line.balance > 0) = ((account.account_type = %(receivable)s) = %(is_debt)s)
             GROUP BY move.id, journal.id, line.company_id, line.account_id, account.account_type, line.currency_id,
                      contact.commercial_partner_id
             ORDER BY move.id""",
            partners=asked.partners,
            companies=list(asked.companies),
            since=asked.since,
            links=asked.links,
            may_be_named=SQL(" OR ").join(_get_may_be_named_sql(name, asked.endings) for name in NAME_COLUMNS),
            number=SQL(SQUASH.format("move.name")),
            payment_reference=SQL(SQUASH.format("move.payment_reference")),
            names=sorted(set().union(*asked.names.values())),
            move_types=move_types,
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
        companies = env["res.company"].sudo().search([("id", "child_of", sorted(roots))])
        self.roots = {company.id: company.root_id.id for company in companies}
        self.companies = sorted(self.roots)
        self.since = min(item.date for item in items) - LOOK_BACK
        self.links = sorted({document for item in items for document in item.links})
        self.endings = sorted({ending for item in items for ending in list_endings(item.texts)})
        self.names = {}  # by group: what its items may name, squashed
        for item in items:
            self.names.setdefault(item.group, set()).update(list_possible_names(item.texts))
        accounts = env["account.account"].sudo().browse({group.account for group in self.names})
        account_types = {account.id: account.account_type for account in accounts}
        self.account_types = set(account_types.values())
        self.groups = {}  # by root company and account type
        for group in self.names:
            self.groups.setdefault((group.company, account_types[group.account]), []).append(group)


def _get_may_be_named_sql(column, endings):
    """Whether a word with one of these endings may name what the column holds, or one of several names in it."""
    name = SQL("move.%s", SQL.identifier(column))
    return SQL(
        "(%(name)s LIKE '%%,%%' OR %(name)s !~ '[a-zA-Z0-9]{3}$' OR LOWER(RIGHT(%(name)s, 3)) = ANY(%(endings)s))",
        name=name,
        endings=endings,
    )
