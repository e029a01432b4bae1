"""What a campaign starts from: customers with open items, made by SQL, and triggers that make some of them fail."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

# What a poisoned partner's reconciliation does, whoever tries it. ``die`` is the worst there is: it takes the
# connection with it, each time.
POISONS = {
    "raise": "RAISE EXCEPTION 'poisoned partner'",
    "die": "PERFORM pg_terminate_backend(pg_backend_pid())",
    "slow": "PERFORM pg_sleep(60)",
}


def make_customers(env, partners, open_items, seed):
    """Customers with open invoices and payments in the company of ``env``; the caller commits.

    :return: list of partner ids
    """
    from ledger import LedgerSpec, make_ledger

    made = make_ledger(env, LedgerSpec(partners=partners, open_items=open_items, year=2025), seed)
    return list(made.partner_ids)


def poison(cr, partner_ids, kind):
    """Let every reconciliation of these partners fail in this way, until :func:`cure`."""
    cr.execute("CREATE TABLE IF NOT EXISTS stress_poison (partner_id integer PRIMARY KEY, kind text NOT NULL)")
    branches = "\n".join(f"WHEN '{name}' THEN {statement};" for name, statement in POISONS.items())
    cr.execute(
        f"""CREATE OR REPLACE FUNCTION stress_poison() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                CASE (SELECT kind FROM stress_poison
                       WHERE partner_id = (SELECT partner_id FROM account_move_line WHERE id = NEW.debit_move_id))
                    {branches}
                    ELSE NULL;
                END CASE;
                RETURN NEW;
            END $$"""
    )
    cr.execute("DROP TRIGGER IF EXISTS stress_poison ON account_partial_reconcile")
    cr.execute(
        "CREATE TRIGGER stress_poison BEFORE INSERT ON account_partial_reconcile"
        " FOR EACH ROW EXECUTE FUNCTION stress_poison()"
    )
    for partner_id in partner_ids:
        cr.execute("INSERT INTO stress_poison VALUES (%s, %s)", (partner_id, kind))


def cure(cr):
    """Lift every poison."""
    cr.execute("DROP TRIGGER IF EXISTS stress_poison ON account_partial_reconcile")
    cr.execute("DROP TABLE IF EXISTS stress_poison")
