"""The addon's main job on the demo data: dev/demo feeds this to Odoo's shell, which provides env.

Allocates all outstanding credits of the company, and prints what was found, what was allocated by which rule, and what
was left for which reason. Ends with a non-zero status when the demo data did not lead to any allocation.
"""

import time
from collections import Counter, defaultdict

from odoo.addons.account_credit_allocation.models.engine.open_item_reader import AllocationScope

WIDTH = 125
RULES = env["account.credit.allocation.rule"].search([("company_id", "=", env.company.root_id.id)])
DEMO_PARTNERS = set(
    env["ir.model.data"]
    .search([("module", "=", "account_credit_allocation"), ("model", "=", "res.partner")])
    .mapped("res_id")
)


def main():
    """Allocate, commit, report."""
    started = time.monotonic()
    executor = env["account.credit.allocation.executor"]
    outcome = executor._allocate(AllocationScope(company_ids=(env.company.id,)), "run")
    env.cr.commit()
    seconds = time.monotonic() - started
    documents = env["account.credit.allocation"].search(
        [("company_id", "=", env.company.id), ("state", "!=", "draft")], order="id"
    )
    earlier = documents - outcome.documents
    debts, credits = list_found(outcome)
    require(debts or credits or earlier, "there is no open invoice and no credit at all.")
    require(outcome.executed or earlier, "there are open invoices and credits, but none was allocated.")

    print_title(f"Credit allocation in {env.company.name}")
    print(
        f"{len(debts)} open invoices and other debts, {len(credits)} outstanding payments and other credits were found."
    )
    if outcome.executed:
        print(f"Allocated by {', '.join(outcome.documents.mapped('name'))} in {seconds:.1f} seconds.")
        print_rules(outcome.executed)
        print_examples(outcome)
    else:
        print("Nothing to allocate: what can be allocated was allocated before, by these documents.")
        print_documents(earlier)
    print_left("Credits left", outcome.credits_left)
    print_left("Invoices and bills left", outcome.debts_left)
    failed = [left for left in outcome.credits_left if left.reason == "failed"]
    require(not failed, f"{len(failed)} credits could not be allocated because of an error.")


def list_found(outcome):
    """The documents with a debt, and those with a credit, that there were: two sets of ids."""
    executed = [entry.match for entry in outcome.executed if not entry.write_off_move]
    debts = {match.debt.document for match in executed} | {left.item.document for left in outcome.debts_left}
    credits = {match.credit.document for match in executed} | {left.item.document for left in outcome.credits_left}
    return debts, credits


def require(condition, sentence):
    """End with a sentence and a non-zero status unless the condition holds."""
    if not condition:
        raise SystemExit(f"The demo did not work: {sentence}")


# ----------------------------------------------------------------------------------------------------------------------
# The parts of the report
# ----------------------------------------------------------------------------------------------------------------------


def print_rules(executed):
    """A line for each rule, in the order in which they run, also for those that found nothing or are switched off."""
    rows = []
    for rule in RULES:
        entries = [entry for entry in executed if entry.match.rule == rule.code]
        rows.append([rule.name if rule.enabled else f"{rule.name} (switched off)", *count_rule(entries)])
    rows.append(["Total", *count_rule(executed)])
    heads = ["Allocated by rule", "Allocations", "Credits", "Invoices", f"Amount in {env.company.currency_id.name}"]
    print_table(heads, rows, "<>>>>", total=True)


def count_rule(entries):
    """The numbers of allocations, credits and invoices, and the sum in the company's currency.

    An entry that writes a small difference off is neither a credit nor an invoice.
    """
    pairs = [entry.match for entry in entries if not entry.write_off_move]
    return [
        str(len(entries)),
        str(len({match.credit.document for match in pairs})),
        str(len({match.debt.document for match in pairs})),
        format_amount(sum(entry.partial.amount for entry in entries), env.company.currency_id),
    ]


def print_examples(outcome):
    """One allocation for each kind of explanation."""
    examples = {}
    for executed in sorted(outcome.executed, key=lambda executed: partner_order(executed.match.debt.group.partner)):
        examples.setdefault((executed.match.rule, executed.match.evidence.code), executed.partial)
    lines = {line.partial_id: line for line in outcome.documents.line_ids}
    codes = RULES.mapped("code")
    rows = [
        [line.debt_label, line.partner_id.name, format_amount(line.debt_amount, line.debt_currency_id), line.evidence]
        for line in (lines[examples[kind]] for kind in sorted(examples, key=lambda kind: codes.index(kind[0])))
    ]
    print_table(["Why, for example", "", "Amount", ""], rows, "<<><")


def print_documents(documents):
    """A line for each allocation document."""
    origins = dict(documents._fields["origin"]._description_selection(env))
    rows = [
        [
            document.name,
            document.date.isoformat(),
            origins[document.origin],
            str(document.credit_count),
            str(document.debt_count),
            format_amount(document.amount_total, document.company_currency_id),
        ]
        for document in documents
    ]
    rows.append(
        [
            "Total",
            "",
            "",
            str(sum(documents.mapped("credit_count"))),
            str(sum(documents.mapped("debt_count"))),
            format_amount(sum(documents.mapped("amount_total")), env.company.currency_id),
        ]
    )
    heads = ["Document", "Date", "Origin", "Credits", "Invoices", f"Amount in {env.company.currency_id.name}"]
    print_table(heads, rows, "<<<>>>", total=True)


def print_left(title, entries):
    """A line for each reason, with the amounts per currency and somebody it happened to."""
    labels = env["account.credit.allocation.leftover"]._get_reason_labels()
    documents, amounts, partners = defaultdict(set), defaultdict(Counter), defaultdict(list)
    for leftover in entries:
        documents[leftover.reason].add(leftover.item.document)
        amounts[leftover.reason][leftover.item.currency] += leftover.amount
        partners[leftover.reason].append(leftover.item.group.partner)
    rows = [
        [
            label,
            str(len(documents[reason])),
            " + ".join(format_minor_units(amount, currency) for currency, amount in amounts[reason].items()),
            get_example(partners[reason]),
        ]
        for reason, label in labels.items()
        if reason in documents
    ]
    if rows:
        print_table([title, "Number", "Amount", "For example"], rows, "<>><")


def get_example(partner_ids):
    """The name of one of the partners."""
    return env["res.partner"].browse(min(partner_ids, key=partner_order)).name or "(nobody)"


def partner_order(partner_id):
    """Sorts partners of the addon's own demo data before those of Odoo's."""
    return partner_id not in DEMO_PARTNERS, partner_id


# ----------------------------------------------------------------------------------------------------------------------
# Layout
# ----------------------------------------------------------------------------------------------------------------------


def print_title(title):
    """A headline."""
    print(f"\n{title}\n{'=' * len(title)}")


def print_table(heads, rows, alignment, *, total=False):
    """Columns as wide as they need to be, but the last one cut at the page's width.

    ``alignment`` has ``<`` or ``>`` for each column. The last row is a sum if ``total`` is set.
    """
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = "-" * min(WIDTH, sum(widths) + 2 * (len(widths) - 1))
    lines = [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, alignment, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    ]
    lines.insert(1, rule)
    if total:
        lines.insert(-1, rule)
    print("", *(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}..." for line in lines), sep="\n")


def format_amount(amount, currency):
    """An amount with as many decimals as its currency has."""
    return f"{amount:,.{currency.decimal_places}f}"


def format_minor_units(amount, currency_id):
    """An amount in cents or the like, with the code of its currency."""
    currency = env["res.currency"].browse(currency_id)
    return f"{currency.name} {format_amount(amount / 10**currency.decimal_places, currency)}"


main()
