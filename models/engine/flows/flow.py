from odoo.tools import SQL


class Flow:
    """Business of another addon that has plans for open items: a payment is kept for its order, an invoice waits for
    the card payment that is under way.

    A flow adds conditions and columns to the one SELECT of the reader, and only where its addon is installed: this
    addon needs none of them. Every method may return None: the flow has nothing to say. What it returns is a part of
    that SELECT, in which the row of ``account_move_line`` is the item, and the names of the other tables are those of
    :class:`Aliases`.
    """

    # {model: the fields that must be in the registry, too}
    needs: dict[str, tuple[str, ...]] = {}
    # where the flow has orders that texts may name: their model, and the type of the account that they are paid on
    order_model: str | None = None
    order_account_type: str | None = None

    def is_installed(self, env):
        """Whether all that the flow speaks of is there."""
        return all(model in env and env[model]._fields.keys() >= set(names) for model, names in self.needs.items())

    def get_reserved_sql(self, env, alias) -> SQL | None:
        """The condition under which an item belongs to something of its own, so that nobody else may have it.

        :param Aliases alias: the names of the joined tables
        """

    def get_void_sql(self, env, alias) -> SQL | None:
        """The condition under which an item is worth nothing, because its document is: a payment that was rejected
        keeps a posted entry.

        :param Aliases alias: of the joined tables ``move`` and ``payment`` alone are there wherever this is asked
        """

    def get_linked_documents_sql(self, env, alias) -> SQL | None:
        """An array of the ids of the journal entries that an item was made for, or was made by; NULL among them does no
        harm.

        :param Aliases alias: the names of the joined tables
        """

    def get_orders_sql(self, partner_ids, company_ids) -> SQL | None:
        """A SELECT of orders that await invoices, where the flow has an ``order_model``: whoever names one of them pays
        what will be invoiced.

        :param partner_ids: list of commercial partners that are to pay
        :param company_ids: list of companies
        :return: SQL with the columns id, partner_id (the commercial one), company_id, currency_id, name and amount:
            what is still to be invoiced, in the order's currency
        """


def get_awaiting_orders_sql(order, payers, states, invoice_items, refund_type, partner_ids, company_ids):
    """What :meth:`Flow.get_orders_sql` gives: orders that are not invoiced, or have a draft invoice, with what their
    posted invoices leave of their total.

    :param str order: the table of the orders
    :param payers: names of its columns with the contacts that may pay
    :param states: of orders that may still be invoiced
    :param SQL invoice_items: a SELECT of ``item_id``, the invoice items of the order of the row
    :param str refund_type: the ``move_type`` of what is deducted
    """
    contacts = SQL("ARRAY(SELECT id FROM res_partner WHERE commercial_partner_id = ANY(%s))", partner_ids)
    columns = [SQL("%s.%s", SQL.identifier(order), SQL.identifier(payer)) for payer in payers]
    return SQL(
        """SELECT DISTINCT %(order)s.id, contact.commercial_partner_id AS partner_id, %(order)s.company_id,
                  %(order)s.currency_id, %(order)s.name, %(order)s.amount_total - COALESCE(invoiced.amount, 0) AS amount
             FROM %(order)s
             JOIN res_partner contact ON contact.id IN (%(payers)s)
              AND contact.commercial_partner_id = ANY(%(partners)s)
        LEFT JOIN LATERAL (
                  SELECT BOOL_OR(line.parent_state = 'draft') AS has_draft,
                         SUM(CASE WHEN line.parent_state <> 'posted' THEN 0
                                  WHEN invoice.move_type = %(refund_type)s THEN -line.price_total
                                  ELSE line.price_total END) AS amount
                    FROM (%(invoice_items)s) item
                    JOIN account_move_line line ON line.id = item.item_id
                    JOIN account_move invoice ON invoice.id = line.move_id
                  ) invoiced ON TRUE
            WHERE (%(is_paid_by)s)
              AND %(order)s.company_id = ANY(%(companies)s)
              AND %(order)s.state IN %(states)s
              AND (%(order)s.invoice_status <> 'invoiced' OR invoiced.has_draft)""",
        order=SQL.identifier(order),
        payers=SQL(", ").join(columns),
        partners=partner_ids,
        refund_type=refund_type,
        invoice_items=invoice_items,
        is_paid_by=SQL(" OR ").join(SQL("%s = ANY(%s)", column, contacts) for column in columns),
        companies=company_ids,
        states=states,
    )
