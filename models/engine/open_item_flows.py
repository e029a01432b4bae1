from odoo import api, models
from odoo.tools import SQL

from .flows import FLOWS


class OpenItemFlows(models.AbstractModel):
    """What the flows of other addons say of open items, for the one query of the reader."""

    _name = "account.open.item.flows"
    _description = "Flows that Have Plans for Open Items"

    @api.model
    def _get_reserved_sql(self, alias):
        """The condition under which an item belongs to something of its own: a hook for addons that know of such.

        :param Aliases alias: the names of the joined tables
        """
        return SQL(" OR ").join([SQL("FALSE"), *self._ask_flows("get_reserved_sql", alias)])

    @api.model
    def _get_void_sql(self, alias):
        """The condition under which an item is worth nothing, because its document is; never NULL.

        :param Aliases alias: the names of the joined tables
        """
        return SQL("COALESCE(%s, FALSE)", SQL(" OR ").join([SQL("FALSE"), *self._ask_flows("get_void_sql", alias)]))

    @api.model
    def _get_linked_documents_sql(self, alias):
        """An array of the ids of the journal entries that an item was made for: a hook for addons that know of more.

        :param Aliases alias: the names of the joined tables
        """
        arrays = [SQL("'{}'::integer[]"), *self._ask_flows("get_linked_documents_sql", alias)]
        return SQL("ARRAY_REMOVE(%s, NULL)", SQL(" || ").join(arrays))

    @api.model
    def _ask_flows(self, question, alias):
        """What the installed flows say to a question, which is the name of a method: a list of SQL."""
        return list(filter(None, (getattr(flow, question)(self.env, alias) for flow in self._get_flows())))

    @api.model
    def _get_flows(self):
        """The flows that have plans for open items, as far as their addons are installed: a hook to add flows of one's
        own, or to take one's own way with one of these.

        :return: list of :class:`Flow`
        """
        return [flow for flow in FLOWS if flow.is_installed(self.env)]
