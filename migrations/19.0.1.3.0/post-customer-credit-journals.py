from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Customer credit is booked in a journal of its own in every company that keeps books."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.company"].search([("chart_template", "!=", False)])._create_customer_credit_journals()
