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
