from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.account_credit_allocation.models.engine.minor_units import get_too_large_sql
from odoo.addons.account_credit_allocation.models.engine.open_item_reader import RECEIVABLE, Aliases

from .context_ids import get_ids

# of commercial partners: where the context names them, nothing of others is read, whatever the domain says
PARTNERS_KEY = "customer_credit_partner_ids"
# the names of the tables that are joined to the journal items, for the conditions of the reader
ALIASES = Aliases(*map(SQL.identifier, Aliases._fields))


class CustomerCreditMovement(models.Model):
    """What happened to the customers' credit, read from the ledger: nothing of it is stored.

    A customer pays 100, an order reserves 30, an invoice of 40 is paid with credit, the reservation is released, and 20
    are reserved and paid out. These are the posted receivable items, and the partials that reconcile them::

        item                      amount  counts         partial
        1  payment                  +100  yes            a  of  40: item 2 with item 1
        2  invoice                   -40  no             b  of  30: item 3 with item 4
        3  reservation, debit        -30  yes            c  of  20: item 5 with item 1
        4  reservation, credit       +30  no, reserved   d  of  20: item 7 with item 6
        5  withdrawal, debit         -20  yes
        6  withdrawal, credit        +20  no, reserved
        7  payment to the customer   -20  yes

    And these are the movements; their sum of 40 is what the customer has, the residual of item 1::

        id           kind         amount  balance   because
        item 1       payment        +100      100   it counts
        item 3       reservation     -30       70   it counts
        partial a    invoice         -40       30   item 1 counts, item 2 does not
        partial b    release         +30       60   item 3 counts, item 4 does not
        item 5       withdrawal      -20       40   it counts
        (item 7)                       0            it counts, but all that it took was reserved by item 5 before
        (partial c)                                 both items count

    Items that *count* are free credits and debits of plain entries. The amounts of a (commercial partner, company,
    currency) add up to what ``_get_available_credit`` says, because the residual of an item is its amount less its
    partials, and a partial between two items that count, of the same customer, company and currency, leaves the sum.
    So there is a row for each item that counts (:meth:`_get_item_movements_sql`), and one for each partial of it with
    anything else: an invoice, a reserved credit, another currency. The item is a credit in
    :meth:`_get_spent_credit_movements_sql`, a debit in :meth:`_get_settled_debit_movements_sql`.
    """

    _name = "customer.credit.movement"
    _description = "Customer Credit Movement"
    _auto = False
    _rec_name = "name"
    _order = "date desc, position desc, id desc"

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, help="The commercial entity.")
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date = fields.Date(
        readonly=True,
        help="Accounting date; of what was paid or released by matching journal items, the day on which that was done.",
    )
    kind = fields.Selection(
        [
            ("payment", "Payment"),
            ("deposit", "Added Credit"),
            ("credit_note", "Credit Note"),
            ("adjustment", "Correction"),
            ("transfer", "Transfer"),
            ("invoice", "Used for an Invoice"),
            ("reservation", "Reserved"),
            ("spent", "Spent"),
            ("withdrawal", "Withdrawal"),
            ("release", "Released"),
            ("payout", "Paid Out"),
            ("exchange", "Currency Exchange"),
            ("entry", "Other Entry"),
        ],
        readonly=True,
    )
    amount = fields.Monetary(readonly=True, help="Positive where the customer has more credit afterwards.")
    balance = fields.Monetary(
        readonly=True, aggregator=None, help="What the customer had afterwards, in this company and currency."
    )
    position = fields.Integer(
        readonly=True, aggregator=None, help="Of the movements of one customer, company and currency, in their order."
    )
    move_id = fields.Many2one("account.move", string="Document", readonly=True)
    name = fields.Char(string="Number", readonly=True)
    label = fields.Char(readonly=True)
    reservation_id = fields.Many2one("customer.credit.reservation", readonly=True)

    @api.model
    def _search(self, *args, **kwargs):
        self.env.flush_all()  # what is reserved depends on what any addon may have changed
        self.env.cr.execute("SET LOCAL jit = off")  # to compile the query takes longer than to run it
        return super()._search(*args, **kwargs)

    def fetch(self, field_names=None):
        """What is read by id is read from the ledger of its customers only."""
        if PARTNERS_KEY not in self.env.context and self._ids:
            self = self.with_context(**{PARTNERS_KEY: self._find_partner_ids()})
        return super().fetch(field_names)

    def _find_partner_ids(self):
        """The customers of these movements, from what the ids are made of: see :meth:`_table_query`."""
        ids = {part: [id_ // 4 for id_ in self._ids if id_ % 4 == part] for part in range(3)}
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT contact.commercial_partner_id
                     FROM account_move_line line
                     JOIN res_partner contact ON contact.id = line.partner_id
                    WHERE line.id IN (
                          SELECT UNNEST(%s::integer[])
                           UNION SELECT credit_move_id FROM account_partial_reconcile WHERE id = ANY(%s)
                           UNION SELECT debit_move_id FROM account_partial_reconcile WHERE id = ANY(%s))""",
                ids[0],
                ids[1],
                ids[2],
            )
        )
        return [partner_id for (partner_id,) in rows] or [0]

    def action_open_document(self):
        """Open the invoice, payment or entry of the movement."""
        self.ensure_one()
        document = self.move_id.origin_payment_id or self.move_id
        return {
            "type": "ir.actions.act_window",
            "res_model": document._name,
            "res_id": document.id,
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------------------------------------------------------
    # The query, whose ids are those of journal items times 4, and those of partials times 4 plus 1 or 2. A condition on
    # the partner gets through the partition of the window to the indexes of the journal items.
    # ------------------------------------------------------------------------------------------------------------------

    @property
    def _table_query(self):
        return SQL(
            """SELECT id, partner_id, company_id, currency_id, date, kind, amount, move_id, name, label, reservation_id,
                      SUM(amount) OVER (history ROWS UNBOUNDED PRECEDING) AS balance,
                      ROW_NUMBER() OVER history AS position
                 FROM (%s UNION ALL %s UNION ALL %s) movement
                WHERE amount <> 0
               WINDOW history AS (
                      PARTITION BY partner_id, company_id, currency_id ORDER BY date, moment, id %% 4 > 0, id)""",
            self._get_item_movements_sql(),
            self._get_spent_credit_movements_sql(),
            self._get_settled_debit_movements_sql(),
        )

    @api.model
    def _get_item_movements_sql(self):
        """Each item that counts. A debit less what it took of reserved credits of other entries: items 1, 3, 5 of the
        example, and item 7, of which nothing is left."""
        return SQL(
            """SELECT item.id::bigint * 4 AS id, item.partner_id, item.company_id, item.currency_id, item.date,
                      item.create_date AS moment,
                      CASE WHEN reservation.id IS NULL THEN item.kind
                           WHEN reservation.origin_model = 'customer.credit.withdrawal' THEN 'withdrawal'
                           WHEN reservation.state = 'settled' THEN 'spent'
                           ELSE 'reservation' END AS kind,
                      item.amount + CASE WHEN item.is_debit THEN COALESCE((
                          SELECT SUM(partial.debit_amount_currency)
                            FROM account_partial_reconcile partial
      CROSS JOIN LATERAL (%(credit)s) paid
                           WHERE partial.debit_move_id = item.id
                             AND paid.reserved
                             AND paid.move_id <> item.move_id
                      ), 0) ELSE 0 END AS amount,
                      item.move_id, item.name, item.label, reservation.id AS reservation_id
                 FROM (%(items)s) item
            LEFT JOIN customer_credit_reservation reservation ON item.is_debit AND reservation.move_id = item.move_id
                WHERE item.counts""",
            items=self._get_items_sql(),
            credit=self._get_matched_credit_sql(),
        )

    @api.model
    def _get_spent_credit_movements_sql(self):
        """Partials of free credits with what does not count, first of all with invoices: partial a of the example.

        The other side counts where it is a debit of a posted entry, of the same customer, company and currency, neither
        void nor of an entry that native reconciliation made.
        """
        return SQL(
            """SELECT partial.id::bigint * 4 + 1, item.partner_id, item.company_id, item.currency_id, %(date)s,
                      partial.create_date,
                      CASE WHEN debit_move.move_type IN ('out_invoice', 'out_receipt') THEN 'invoice'
                           WHEN %(made)s OR debit.currency_id <> item.currency_id THEN 'exchange'
                           ELSE 'entry' END,
                      -partial.credit_amount_currency, debit.move_id, debit_move.name, item.name, NULL::integer
                 FROM (%(items)s) item
                 JOIN account_partial_reconcile partial ON partial.credit_move_id = item.id
                 JOIN account_move_line debit ON debit.id = partial.debit_move_id
                 JOIN account_move debit_move ON debit_move.id = debit.move_id
            LEFT JOIN account_payment debit_payment ON debit_payment.id = debit_move.origin_payment_id
            LEFT JOIN res_partner debit_contact ON debit_contact.id = debit.partner_id
                WHERE item.counts
                  AND NOT item.is_debit
                  AND NOT (debit_move.move_type = 'entry'
                           AND debit.parent_state = 'posted'
                           AND debit_contact.commercial_partner_id IS NOT DISTINCT FROM item.partner_id
                           AND debit.company_id = item.company_id
                           AND debit.currency_id = item.currency_id
                           AND NOT %(made)s
                           AND NOT %(void)s)""",
            items=self._get_items_sql(),
            date=self._get_matching_date_sql(),
            made=self.env["account.open.item.reader"]._get_made_by_reconciliation_sql(SQL("debit_move")),
            void=self.env["account.open.item.reader"]._get_void_sql(
                ALIASES._replace(move=SQL("debit_move"), payment=SQL("debit_payment"))
            ),
        )

    @api.model
    def _get_settled_debit_movements_sql(self):
        """Partials of debits of entries with what does not count. A reservation that nets itself gives its credit back:
        partial b of the example. With reserved credit of another entry, such as partial d, it is left out here, because
        the debit itself is lower by as much.
        """
        return SQL(
            """SELECT partial.id::bigint * 4 + 2, item.partner_id, item.company_id, item.currency_id, %(date)s,
                      partial.create_date,
                      CASE WHEN credit.reserved THEN 'release'
                           WHEN credit.id IS NULL OR credit.currency_id <> item.currency_id THEN 'exchange'
                           ELSE 'entry' END,
                      partial.debit_amount_currency, item.move_id, item.name, item.label, reservation.id
                 FROM (%(items)s) item
                 JOIN account_partial_reconcile partial ON partial.debit_move_id = item.id
    LEFT JOIN LATERAL (%(credit)s) credit ON TRUE
            LEFT JOIN customer_credit_reservation reservation ON reservation.move_id = item.move_id
                WHERE item.counts
                  AND item.is_debit
                  AND CASE WHEN credit.reserved THEN credit.move_id = item.move_id
                           ELSE NOT (credit.partner_id IS NOT DISTINCT FROM item.partner_id
                                     AND credit.company_id IS NOT DISTINCT FROM item.company_id
                                     AND credit.currency_id IS NOT DISTINCT FROM item.currency_id) END""",
            items=self._get_items_sql(),
            credit=self._get_matched_credit_sql(),
            date=self._get_matching_date_sql(),
        )

    @api.model
    def _get_matched_credit_sql(self):
        """The credit item of ``partial``, whosoever it is, if it is one of those items at all.

        Looked up one by one: joined with so many tables PostgreSQL would read all items first.
        """
        return SQL(
            "%s AND account_move_line.id = partial.credit_move_id OFFSET 0", self._get_items_sql(of_anybody=True)
        )

    @api.model
    def _get_items_sql(self, of_anybody=False):
        """Posted receivable items of customers that are credits, or debits of plain entries; ``counts`` says which of
        them make up the available credit while they are open.

        The open item reader knows what is reserved; what it leaves out is left out here, by the same conditions. A
        credit that is void, or too large, counts as little as a reserved one, and is taken for one.

        :param bool of_anybody: also those of partners whom the context does not name
        """
        reader = self.env["account.open.item.reader"]
        return SQL(
            """SELECT account_move_line.id, contact.commercial_partner_id AS partner_id, account_move_line.company_id,
                      account_move_line.currency_id, account_move_line.date, account_move_line.create_date,
                      account_move_line.move_id, -account_move_line.amount_currency AS amount, move.name,
                      COALESCE(NULLIF(account_move_line.name, ''), move.ref) AS label,
                      account_move_line.amount_currency > 0 AND move.move_type = 'entry' AS is_debit,
                      account_move_line.amount_currency < 0 AND (%(reserved)s OR %(void)s) AS reserved,
                      NOT %(void)s AND (account_move_line.amount_currency > 0 OR NOT (%(reserved)s)) AS counts,
                      CASE WHEN move.customer_credit_kind IS NOT NULL THEN move.customer_credit_kind
                           WHEN move.move_type = 'out_refund' THEN 'credit_note'
                           WHEN move.origin_payment_id IS NULL AND move.statement_line_id IS NULL THEN 'entry'
                           WHEN account_move_line.amount_currency > 0 THEN 'payout'
                           ELSE 'payment' END AS kind
                 FROM account_move_line
                 JOIN account_move move ON move.id = account_move_line.move_id
                 JOIN res_partner contact ON contact.id = account_move_line.partner_id
            LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id
            LEFT JOIN account_account account ON account.id = account_move_line.account_id
            LEFT JOIN account_journal journal ON journal.id = account_move_line.journal_id
            LEFT JOIN res_currency currency ON currency.id = account_move_line.currency_id
            LEFT JOIN res_currency company_currency ON company_currency.id = account_move_line.company_currency_id
            LEFT JOIN res_partner partner ON partner.id = contact.commercial_partner_id
                WHERE account_move_line.account_id = ANY(%(accounts)s)
                  AND account_move_line.parent_state = 'posted'
                  AND (account_move_line.amount_currency < 0
                       OR account_move_line.amount_currency > 0 AND move.move_type = 'entry')
                  AND %(may_be_open)s
                  AND %(partners)s""",
            reserved=SQL("%s OR %s", reader._get_reserved_sql(ALIASES), get_too_large_sql(ALIASES)),
            void=reader._get_void_sql(ALIASES),
            accounts=self._get_receivable_ids(),
            may_be_open=reader._get_may_be_open_sql(ALIASES),
            partners=SQL("TRUE") if of_anybody else self._get_partners_sql(),
        )

    @api.model
    def _get_receivable_ids(self):
        """The ids of all receivable accounts: known ids lead to the index, the type of an account does not."""
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        return accounts.search([("account_type", "=", RECEIVABLE), ("reconcile", "=", True)]).ids

    @api.model
    def _get_partners_sql(self):
        """The condition that the context sets, see ``PARTNERS_KEY``; it can only narrow what is read."""
        partner_ids = get_ids(self.env.context.get(PARTNERS_KEY))
        if not partner_ids:
            return SQL("TRUE")
        contacts = self.env["res.partner"].sudo().with_context(active_test=False)
        return SQL(
            "account_move_line.partner_id = ANY(%s)",
            contacts.search([("commercial_partner_id", "in", partner_ids)]).ids,
        )

    @api.model
    def _get_matching_date_sql(self):
        """When ``partial`` was made, in the company's time zone, so that every reader has the same statement: one that
        was printed before is not rewritten. Not before the items themselves are dated."""
        zones = self.env["res.company"]._get_all_by(lambda company: company._get_time_zone())
        whens = [
            SQL("WHEN partial.company_id = ANY(%s) THEN %s", companies.ids, zone) for zone, companies in zones.items()
        ]
        zone = SQL("CASE %s END", SQL(" ").join(whens))
        return SQL("GREATEST(partial.max_date, (partial.create_date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date)", zone)
