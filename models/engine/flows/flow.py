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
