from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Withdrawals of customer credit have a sequence of their own in every company."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.company"].with_context(active_test=False).search([])._create_credit_allocation_sequences()
