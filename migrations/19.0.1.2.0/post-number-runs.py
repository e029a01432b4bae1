from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Runs have a sequence of their own in every company."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.company"].search([])._create_credit_allocation_sequences()
