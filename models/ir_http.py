from psycopg2.errors import QueryCanceled

from odoo import models
from odoo.exceptions import UserError
from odoo.http import request

from .engine.query_timeout import get_timeout_message


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """A query that the database ends after its ``statement_timeout`` is no defect: whoever waits for the page is
        told so. Lists and filters query when they are shown, so that nothing further in could tell.

        :raise UserError: in place of the database's error
        """
        try:
            return super()._dispatch(endpoint)
        except QueryCanceled as error:
            request.env.cr.rollback()  # or the translation could not be read
            raise UserError(get_timeout_message(request.env)) from error
