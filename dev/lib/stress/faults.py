"""One fault at a time, in a crowd: one partner of many fails, the others are done, and a retry does the rest."""

import customers

STATEMENT_TIMEOUT = "1500ms"


def poisoned_partner(kind):
    """A scenario in which reconciling one partner fails in this way; see :data:`customers.POISONS`."""

    def run(campaign, verdict, name, crowd):
        partners = campaign.in_odoo(lambda env: customers.make_customers(env, crowd, 3, crowd))
        sick = find_matched(campaign, partners)
        campaign.in_odoo(lambda env: customers.poison(env.cr, [sick], kind))
        check_one_fails(campaign, verdict, name, partners, sick, lambda env: customers.cure(env.cr))

    return run


def statement_timeout(campaign, verdict, name, crowd):
    """One partner's statements take too long for the database's limit."""
    database = campaign.setting.database
    campaign.ask(f"ALTER DATABASE \"{database}\" SET statement_timeout = '{STATEMENT_TIMEOUT}'")
    try:
        poisoned_partner("slow")(campaign, verdict, name, crowd)
    finally:
        campaign.ask(f'ALTER DATABASE "{database}" RESET statement_timeout')


def missing_exchange_journal(campaign, verdict, name, crowd):
    """The company has lost its exchange journal, and one partner owes in a foreign currency at two rates."""
    partners = campaign.in_odoo(lambda env: customers.make_customers(env, crowd, 3, crowd + 1))
    sick = partners[len(partners) // 2]
    campaign.in_odoo(lambda env: make_foreign_pair(env, campaign.setting, sick), uid=campaign.setting.uid)
    campaign.ask("UPDATE res_company SET currency_exchange_journal_id = NULL WHERE id = %s", campaign.company)
    run_id = campaign.run_everything(partners)
    states = read_states(campaign, run_id)
    others = {state for partner, state in states.items() if partner != sick}
    verdict.add(f"{name}: the others are done", others == {"done"}, others)
    verdict.add(
        f"{name}: it says why",
        bool(
            campaign.ask(
                "SELECT 1 FROM account_credit_allocation_leftover WHERE run_id = %s AND partner_id = %s"
                " AND reason IN ('no_exchange_journal', 'failed')",
                run_id,
                sick,
            )
        ),
        states.get(sick),
    )
    campaign.restore_journal()
    again = campaign.run_everything(partners)
    verdict.add(
        f"{name}: the next run does the rest",
        bool(
            campaign.ask(
                "SELECT 1 FROM account_credit_allocation_line line JOIN account_credit_allocation document"
                " ON document.id = line.allocation_id WHERE document.run_id = %s AND line.exchange_move_id IS NOT NULL",
                again,
            )
        ),
    )


def make_foreign_pair(env, setting, partner_id):
    from roles import make_invoice, make_payment

    env = env(context=dict(env.context, skip_credit_allocation=True))
    currency = {"currency_id": setting.euro_id}
    make_invoice("out_invoice", env, partner_id, 777.77, "2025-02-01", currency)
    make_payment(env, partner_id, 777.77, "2025-06-01", currency)


def find_matched(campaign, partners):
    """One of the partners who has both an invoice and a payment, from the middle."""
    found = campaign.ask(
        "SELECT partner_id FROM account_move_line"
        " WHERE partner_id = ANY(%s) AND NOT reconciled AND amount_residual != 0"
        " GROUP BY partner_id HAVING MIN(amount_residual) < 0 AND MAX(amount_residual) > 0 ORDER BY partner_id",
        list(partners),
    )
    return found[len(found) // 2][0]


def read_states(campaign, run_id):
    return dict(
        campaign.ask("SELECT partner_id, state FROM account_credit_allocation_run_partner WHERE run_id = %s", run_id)
    )


def check_one_fails(campaign, verdict, name, partners, sick, cure):
    run_id = campaign.run_everything(partners)
    states = read_states(campaign, run_id)
    others = {state for partner, state in states.items() if partner != sick}
    verdict.add(f"{name}: the others are done", others == {"done"}, others)
    verdict.add(f"{name}: the one is named", states.get(sick) == "failed", states.get(sick))
    campaign.in_odoo(cure)
    campaign.in_odoo(
        lambda env: env["account.credit.allocation.run"].browse(run_id).action_retry(), uid=campaign.setting.uid
    )
    done = campaign.finish_runs() and set(read_states(campaign, run_id).values()) == {"done"}
    verdict.add(f"{name}: a retry does the rest", done, read_states(campaign, run_id).get(sick))


FAULTS = {
    "one partner of many fails": poisoned_partner("raise"),
    "one partner of many kills the connection": poisoned_partner("die"),
    "one partner of many takes too long": statement_timeout,
    "no exchange journal": missing_exchange_journal,
}
