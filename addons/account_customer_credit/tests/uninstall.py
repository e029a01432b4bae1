"""Uninstalls the addon for real, with everything that a user may have done with it, and installs it again.

It commits and takes modules away, so it needs a database of its own, with the addon and, if wanted, the further addons
installed. Odoo's test runner does not load it: it is the input of ``odoo shell -d DATABASE --no-http``. It ends with
the word "whole", or with a traceback and exit code 1.
"""

import sys

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import SQL

DATABASE = env.cr.dbname  # noqa: F821  the shell's own environment
MODULE = "account_customer_credit"
ROOT = "account_credit_allocation"
ITSELF = (MODULE, "payment_customer_credit", "sale_customer_credit")


def transaction(function):
    """Run in a transaction of its own, on the registry as it is now."""
    with Registry(DATABASE).cursor() as cr:
        company = api.Environment(cr, SUPERUSER_ID, {})["res.company"].search(
            [("chart_template", "!=", False), ("parent_id", "=", False)], limit=1
        )
        context = {"allowed_company_ids": company.ids, "tracking_disable": True}
        return function(api.Environment(cr, SUPERUSER_ID, context))


def say(*texts):
    sys.stdout.write(f"{' '.join(map(str, texts))}\n")


def check(condition, message):
    if not condition:
        raise AssertionError(message)
    say("ok:", message)


def check_same(before, after, message, may_grow=False):
    """Both are dictionaries of rows by table; demo data comes back with the addon."""
    for table, rows in before.items():
        if changed := set(rows) - set(after[table]) if may_grow else set(rows) ^ set(after[table]):
            raise AssertionError(f"Not so: {message}. {table}: {sorted(changed, key=str)[:6]}")
    say("ok:", message)


# ----------------------------------------------------------------------------------------------------------------------
# What a user has done: a customer with credit reserved, spent, overdrawn, moved, and on its way out
# ----------------------------------------------------------------------------------------------------------------------


def use_everything(env):
    company = env.company
    company.write({"customer_credit_overdraft": "limit", "customer_credit_overdraft_limit": 100})
    customer = env["res.partner"].create({"name": "Customer Who Leaves", "email": "leaves@example.com"})
    other = env["res.partner"].create({"name": "Another Customer"})
    journal = env["account.journal"].search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)

    def pay_in(amount, partner=customer):
        window = env["customer.credit.deposit"].create(
            {"partner_id": partner.id, "amount": amount, "journal_id": journal.id}
        )
        window.action_deposit()

    def post_invoice(amount):
        line = Command.create({"name": "Work", "price_unit": amount, "tax_ids": [Command.clear()]})
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [line],
            }
        )
        invoice.action_post()
        return invoice

    def reserve(amount, origin, partner=customer):
        return partner._credit_reserve(amount, company.currency_id, origin, company=company)

    pay_in(500)
    paid = post_invoice(60)
    reserve(100, paid)._credit_settle(paid)  # 40 of it stay reserved
    reserve(30, customer)._credit_release()
    pay_in(20, other)
    reserve(50, other, partner=other)  # an overdraft of 30, which the next credit settles
    pay_in(70, other)
    env["customer.credit.adjustment"].create(
        {
            "partner_id": customer.id,
            "amount": 15,
            "reason": "Goodwill",
            "account_id": env["account.account"].search([("account_type", "=", "expense")], limit=1).id,
        }
    ).action_adjust()
    env["customer.credit.transfer"].create(
        {"partner_id": customer.id, "receiver_id": other.id, "amount": 25, "reason": "Merged"}
    ).action_transfer()
    bank = env["res.partner.bank"].create(
        {"acc_number": "UNINSTALL 1", "partner_id": customer.id, "allow_out_payment": True}
    )
    customer._request_credit_withdrawal(80, company.currency_id, bank, company)
    if "payment_customer_credit" in INSTALLED:
        pay_online(env, customer, post_invoice(35))
    if "sale_customer_credit" in INSTALLED:
        use_for_an_order(env, customer)
    env["account.credit.allocation.check"]._check(company)


def pay_online(env, customer, invoice):
    """Pay an invoice in the portal with the payment provider of the addon."""
    providers = env["payment.provider"].search([("code", "=", "customer_credit")])
    provider = providers.filtered(lambda found: found.company_id == env.company) or providers[0].copy(
        {"company_id": env.company.id}
    )
    provider.write({"state": "enabled", "is_published": True})
    transaction = env["payment.transaction"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": provider.with_context(active_test=False).payment_method_ids[:1].id,
            "amount": invoice.amount_residual,
            "currency_id": invoice.currency_id.id,
            "partner_id": customer.id,
            "operation": "online_redirect",
            "invoice_ids": [Command.set(invoice.ids)],
        }
    )
    transaction._process("customer_credit", {"reference": transaction.reference})
    transaction._post_process()
    check(transaction.state == "done" and not invoice.amount_residual, "an invoice is paid online with credit")


def use_for_an_order(env, customer):
    product = env["product.product"].create({"name": "Work", "type": "service", "taxes_id": []})
    order = env["sale.order"].create(
        {"partner_id": customer.id, "order_line": [Command.create({"product_id": product.id, "price_unit": 90})]}
    )
    order._use_credit(45)


def release_everything(env):
    for withdrawal in env["customer.credit.withdrawal"].search([("state", "in", ("requested", "approved"))]):
        withdrawal._cancel_by_customer()
    for reservation in env["customer.credit.reservation"].search([("state", "=", "held")]):
        reservation._credit_release()


# ----------------------------------------------------------------------------------------------------------------------
# What must be so
# ----------------------------------------------------------------------------------------------------------------------


def get_refusal(env, module):
    """What a user is told who presses Uninstall; None when it would be uninstalled."""
    found = env["ir.module.module"].search([("name", "=", module)])
    try:
        found.button_uninstall()
    except UserError as error:
        return str(error)
    finally:
        env.cr.rollback()
    return None


LEDGER = {
    "account_move": "id, name, state, date, journal_id, amount_total",
    "account_move_line": "id, account_id, partner_id, balance, amount_residual, amount_residual_currency,"
    " reconciled, matching_number",
    "account_partial_reconcile": "id, debit_move_id, credit_move_id, amount, debit_amount_currency",
}
DOCUMENTS = {
    "account_credit_allocation": "id, name, state",
    "account_credit_allocation_line": "id, allocation_id, partial_id, amount, undone_date",
}


def read_tables(env, tables):
    """:param dict tables: ``{table: columns}``; :return: ``{table: rows}``"""
    return {table: env.execute_query(SQL(f"SELECT {names} FROM {table}")) for table, names in tables.items()}


def read_ledger(env):
    """Entries, their items, and how these are reconciled; allocation documents with amounts and states."""
    return read_tables(env, LEDGER | DOCUMENTS)


def find_leftovers(env):
    """What still is of the addon in the database. Odoo keeps the provider and the method of online payments that were
    made, without the code of the addon."""
    left = env.execute_query(
        SQL(
            """SELECT 'table', table_name FROM information_schema.tables WHERE table_name LIKE 'customer\\_credit%%'
                UNION ALL
               SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
                WHERE table_schema = 'public'
                  AND (column_name LIKE 'customer\\_credit%%' OR column_name = 'credit_reservation_id')
                UNION ALL
               SELECT 'model', model FROM ir_model WHERE model LIKE '%%customer.credit%%'
                UNION ALL
               SELECT 'field', model || '.' || name FROM ir_model_fields WHERE name LIKE 'customer\\_credit%%'
                UNION ALL
               SELECT 'xml id', module || '.' || name FROM ir_model_data
                WHERE module = ANY(%(modules)s) AND model NOT IN ('payment.provider', 'payment.method')
                UNION ALL
               SELECT 'sequence', code FROM ir_sequence WHERE code LIKE 'customer.credit%%'
                UNION ALL
               SELECT 'rule', code FROM account_credit_allocation_rule_type WHERE code = 'overdraft'
                UNION ALL
               SELECT 'attachment', res_model FROM ir_attachment WHERE res_model LIKE 'customer.credit%%'
                UNION ALL
               SELECT 'message', model FROM mail_message WHERE model LIKE 'customer.credit%%'""",
            modules=list(ITSELF),
        )
    )
    return sorted(f"{kind} {name}" for kind, name in left)


def read_as_client(env):
    """Read all documents in every field of their views, as the web client does; each choice must have a label.

    :return: set of ``(field, label)``
    """
    env = env(user=env.ref("base.user_admin"))
    labels = set()
    for model in ("account.credit.allocation", "account.credit.allocation.line", "account.move", "res.partner"):
        shown = env[model].get_views([(False, "list"), (False, "form"), (False, "search")])["models"][model]["fields"]
        choices = {name: dict(info["selection"]) for name, info in shown.items() if info["type"] == "selection"}
        for values in env[model].search([]).read(list(shown)):
            labels |= {(name, labels_of[values[name]]) for name, labels_of in choices.items() if values[name]}
    return labels


def uninstall(env, module=MODULE):
    env["ir.module.module"].search([("name", "=", module)]).button_immediate_uninstall()


def install(env):
    further = [name for name in INSTALLED if name != MODULE]
    env["ir.module.module"].search([("name", "in", [MODULE, *further])]).button_immediate_install()


def check_clean(env):
    companies = env["res.company"].search([("chart_template", "!=", False)])
    return [
        (check.company_id.name, found.kind, found.place)
        for check in env["account.credit.allocation.check"]._check(companies)
        for found in check.finding_ids
    ]


# ----------------------------------------------------------------------------------------------------------------------
# The story
# ----------------------------------------------------------------------------------------------------------------------

with Registry(DATABASE).cursor() as cr:
    installed = api.Environment(cr, SUPERUSER_ID, {})["ir.module.module"].search(
        [("name", "in", ITSELF), ("state", "=", "installed")]
    )
    INSTALLED = installed.mapped("name")
check(MODULE in INSTALLED, f"installed: {', '.join(sorted(INSTALLED))}")

transaction(use_everything)
for module in (MODULE, ROOT):
    refusal = transaction(lambda env, module=module: get_refusal(env, module))
    check(refusal and "WD/" in refusal and "CCRED" in refusal, f"{module} is not uninstalled: {refusal}")

transaction(release_everything)
transaction(lambda env: check(not check_clean(env), "the check finds nothing before"))
before = transaction(read_ledger)
labels_before = transaction(read_as_client)
transaction(uninstall)
check_same(before, transaction(read_ledger), "the ledger and its documents are what they were")
left = transaction(find_leftovers)
check(not left, f"nothing of it is left: {left}")
labels = transaction(read_as_client)
new = labels - labels_before
check(new <= {("origin", "Another app"), ("rule", "Rule that is not installed any more")}, f"documents are read: {new}")
transaction(lambda env: check(not check_clean(env), "the check finds nothing afterwards"))

transaction(install)
check_same(before, transaction(read_ledger), "they are still there after it was installed again", True)
transaction(use_everything)
transaction(release_everything)
transaction(lambda env: check(not check_clean(env), "the check finds nothing after all"))

before = transaction(lambda env: read_tables(env, LEDGER))
transaction(lambda env: uninstall(env, ROOT))
after = transaction(lambda env: read_tables(env, LEDGER))
check_same(before, after, "the ledger is what it was when all of it has gone")
say("whole")
