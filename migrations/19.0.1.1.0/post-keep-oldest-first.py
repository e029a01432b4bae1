from odoo import SUPERUSER_ID, api
from odoo.tools.sql import column_exists


def migrate(cr, version):
    """Oldest first was a field of the company, and is the switch of a rule now."""
    if not column_exists(cr, "res_company", "credit_allocation_oldest_first"):
        return
    cr.execute("SELECT id FROM res_company WHERE credit_allocation_oldest_first IS NOT TRUE AND parent_id IS NULL")
    company_ids = [company_id for (company_id,) in cr.fetchall()]
    env = api.Environment(cr, SUPERUSER_ID, {})
    rules = env["account.credit.allocation.rule"].search(
        [("company_id", "in", company_ids), ("code", "=", "oldest_first")]
    )
    rules.enabled = False
