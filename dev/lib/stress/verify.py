"""What must hold after a campaign, said twice: by the addon's own check, and by SQL that shares nothing with it."""

# {what must hold: a query that finds nothing}; %(company)s, %(posted)s
QUERIES = {
    "every posted entry is balanced": """
        SELECT move.name, SUM(line.balance)
          FROM account_move move JOIN account_move_line line ON line.move_id = move.id
         WHERE move.state = 'posted'
      GROUP BY move.id HAVING ABS(SUM(line.balance)) > 0.001""",
    "residual = balance - reconciled, in the company's currency": """
        SELECT line.id, line.amount_residual
          FROM account_move_line line JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type IN ('asset_receivable', 'liability_payable')
           AND line.amount_residual != line.balance
               - (SELECT COALESCE(SUM(amount), 0) FROM account_partial_reconcile WHERE debit_move_id = line.id)
               + (SELECT COALESCE(SUM(amount), 0) FROM account_partial_reconcile WHERE credit_move_id = line.id)""",
    "residual = amount - reconciled, in the item's currency": """
        SELECT line.id, line.amount_residual_currency
          FROM account_move_line line JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type IN ('asset_receivable', 'liability_payable')
           AND line.amount_residual_currency != line.amount_currency
               - (SELECT COALESCE(SUM(debit_amount_currency), 0)
                    FROM account_partial_reconcile WHERE debit_move_id = line.id)
               + (SELECT COALESCE(SUM(credit_amount_currency), 0)
                    FROM account_partial_reconcile WHERE credit_move_id = line.id)""",
    "conservation: what a customer owes is what is open": """
        SELECT line.partner_id, SUM(line.balance), SUM(line.amount_residual)
          FROM account_move_line line JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
      GROUP BY line.partner_id, line.account_id HAVING SUM(line.balance) != SUM(line.amount_residual)""",
    "nothing is settled twice": """
        SELECT line.id, line.amount_currency, line.amount_residual_currency
          FROM account_move_line line JOIN account_account account ON account.id = line.account_id
         WHERE account.account_type IN ('asset_receivable', 'liability_payable')
           AND (SIGN(line.amount_residual_currency) = -SIGN(line.amount_currency)
                    AND line.amount_residual_currency != 0
                OR ABS(line.amount_residual_currency) > ABS(line.amount_currency))""",
    "each allocation in force has its partial, each partial one allocation": """
        SELECT line.id FROM account_credit_allocation_line line
         WHERE (line.state = 'done') != (line.partial_id IS NOT NULL)
     UNION ALL
        SELECT partial_id FROM account_credit_allocation_line WHERE partial_id IS NOT NULL
      GROUP BY partial_id HAVING COUNT(*) > 1""",
    "what users were told is posted, is posted": """
        SELECT told.id FROM UNNEST(%(posted)s::integer[]) AS told(id)
     LEFT JOIN account_move move ON move.id = told.id AND move.state = 'posted'
         WHERE move.id IS NULL""",
    "a run counts what its documents hold": """
        SELECT run.name, done.pairs, recorded.pairs
          FROM account_credit_allocation_run run
     LEFT JOIN LATERAL (SELECT COALESCE(SUM(allocated_count), 0) AS pairs
                          FROM account_credit_allocation_run_partner WHERE run_id = run.id) done ON TRUE
     LEFT JOIN LATERAL (SELECT COUNT(*) AS pairs
                          FROM account_credit_allocation_line line
                          JOIN account_credit_allocation document ON document.id = line.allocation_id
                         WHERE document.run_id = run.id AND document.state != 'draft') recorded ON TRUE
         WHERE run.mode = 'apply' AND done.pairs != recorded.pairs""",
    "numbers of documents are unique": """
        SELECT company_id, name FROM account_credit_allocation WHERE name != '/'
      GROUP BY company_id, name HAVING COUNT(*) > 1""",
}
# holds when nobody is at work any more
QUIET_QUERIES = {
    "no run is left running": "SELECT id, name FROM account_credit_allocation_run WHERE state = 'running'",
    "no partner of a finished run is left waiting": """
        SELECT row.id FROM account_credit_allocation_run_partner row
          JOIN account_credit_allocation_run run ON run.id = row.run_id
         WHERE row.state = 'pending' AND run.state IN ('running', 'done')""",
    "no transaction is left open": """
        SELECT pid, application_name, state, query FROM pg_stat_activity
         WHERE datname = current_database() AND pid != pg_backend_pid() AND xact_start IS NOT NULL
           AND backend_type = 'client backend'""",
    "no lock is left": """
        SELECT DISTINCT pid, locktype, mode FROM pg_locks
         WHERE pid != pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND pid IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend')""",
}


def find_violations(env, company_id, posted=(), *, quiet=True):
    """What does not hold.

    :param posted: ids of entries that users were told are posted
    :param bool quiet: whether everybody has gone home
    :return: ``{what must hold: the first rows that say otherwise}``; all keys, empty where it holds
    """
    found = {}
    company = env["res.company"].browse(company_id)
    found["the addon's check finds nothing"] = env["account.credit.allocation.check"]._find_problems(company)[:5]
    for name, query in {**QUERIES, **(QUIET_QUERIES if quiet else {})}.items():
        env.cr.execute(query, {"posted": list(posted)})
        found[name] = env.cr.fetchall()[:5]
    return found


def find_blind_spots(env, company_id):
    """Damage the database in a transaction that is rolled back, and see whether it is noticed.

    :return: names of what was damaged in vain
    """
    damages = {
        "every posted entry is balanced": "UPDATE account_move_line SET balance = balance + 1 WHERE id = %s",
        "residual = balance - reconciled, in the company's currency": (
            "UPDATE account_move_line SET amount_residual = amount_residual + 1 WHERE id = %s"
        ),
        "residual = amount - reconciled, in the item's currency": (
            "UPDATE account_move_line SET amount_residual_currency = amount_residual_currency + 1 WHERE id = %s"
        ),
        "nothing is settled twice": (
            "UPDATE account_move_line SET amount_residual_currency = -amount_currency WHERE id = %s"
        ),
    }
    line_id = (
        env["account.move.line"]
        .search([("account_id.account_type", "=", "asset_receivable"), ("parent_state", "=", "posted")], limit=1)
        .id
    )
    blind = []
    for name, damage in damages.items():
        with env.cr.savepoint() as savepoint:
            env.cr.execute(damage, (line_id,))
            found = find_violations(env, company_id, quiet=False)
            savepoint.rollback()
        blind += [missed for missed in (name, "the addon's check finds nothing") if not found[missed]]
    if not find_violations(env, company_id, [0], quiet=False)["what users were told is posted, is posted"]:
        blind.append("what users were told is posted, is posted")
    return sorted(set(blind))
