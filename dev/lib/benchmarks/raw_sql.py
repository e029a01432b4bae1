"""The state that native reconciliation leaves behind, written by SQL alone.

No more than a floor to compare with: it knows one currency, customer invoices and payments, and no cash basis taxes. It
checks nothing, and nothing in the addon writes like this.
"""

import io


def write_by_sql(env, pairs):
    """Write partials, full reconciles, residuals, matching numbers and payment states for pairs that were planned.

    :param pairs: with ``debt``, ``credit`` (ids of items) and ``amount`` (cents)
    """
    cr = env.cr
    rows = io.StringIO("".join(f"{pair.debt}\t{pair.credit}\t{pair.amount}\n" for pair in pairs))
    cr.execute(
        """CREATE TEMPORARY TABLE raw_pair (
               debt integer, credit integer, cents bigint, position serial
           ) ON COMMIT DROP"""
    )
    cr.copy_expert("COPY raw_pair (debt, credit, cents) FROM STDIN", rows)
    components = find_components(pairs)
    rows = io.StringIO("".join(f"{item}\t{component}\n" for item, component in components.items()))
    cr.execute(
        "CREATE TEMPORARY TABLE raw_item (item integer PRIMARY KEY, component integer, settled numeric) ON COMMIT DROP"
    )
    cr.copy_expert("COPY raw_item (item, component) FROM STDIN", rows)
    cr.execute("ANALYZE raw_pair")
    cr.execute("ANALYZE raw_item")
    for command in COMMANDS:
        cr.execute(command, {"uid": env.uid})
    env.invalidate_all()


def find_components(pairs):
    """``{item: component}``: items that pairs connect, a component named after one of its items."""
    parents = {}

    def find(item):
        parents.setdefault(item, item)
        while parents[item] != item:
            parents[item] = item = parents[parents[item]]
        return item

    for pair in pairs:
        parents[find(pair.debt)] = find(pair.credit)
    return {item: find(item) for item in list(parents)}


COMMANDS = (
    """INSERT INTO account_partial_reconcile (
           debit_move_id, credit_move_id, debit_currency_id, credit_currency_id, company_id, max_date, amount,
           debit_amount_currency, credit_amount_currency, create_uid, write_uid, create_date, write_date
       )
       SELECT pair.debt, pair.credit, debt.currency_id, credit.currency_id, debt.company_id,
              GREATEST(debt.date, credit.date), pair.cents / 100.0, pair.cents / 100.0, pair.cents / 100.0,
              %(uid)s, %(uid)s, NOW(), NOW()
         FROM raw_pair pair
         JOIN account_move_line debt ON debt.id = pair.debt
         JOIN account_move_line credit ON credit.id = pair.credit
        ORDER BY pair.position""",
    """UPDATE raw_item SET settled = settling.settled FROM (
           SELECT item, SUM(amount) AS settled FROM (
               SELECT debt AS item, cents / 100.0 AS amount FROM raw_pair
               UNION ALL SELECT credit, -cents / 100.0 FROM raw_pair
           ) each GROUP BY item
       ) settling WHERE settling.item = raw_item.item""",
    """UPDATE account_move_line line
          SET amount_residual = line.amount_residual - item.settled,
              amount_residual_currency = line.amount_residual_currency - item.settled,
              reconciled = line.amount_residual = item.settled,
              write_uid = %(uid)s, write_date = NOW()
         FROM raw_item item WHERE item.item = line.id""",
    """CREATE TEMPORARY TABLE raw_full ON COMMIT DROP AS
       SELECT item.component, NEXTVAL('account_full_reconcile_id_seq') AS full_id
         FROM raw_item item JOIN account_move_line line ON line.id = item.item
        GROUP BY item.component HAVING BOOL_AND(line.reconciled)""",
    """INSERT INTO account_full_reconcile (id, create_uid, write_uid, create_date, write_date)
       SELECT full_id, %(uid)s, %(uid)s, NOW(), NOW() FROM raw_full""",
    """UPDATE account_partial_reconcile partial SET full_reconcile_id = raw_full.full_id
         FROM raw_item item JOIN raw_full USING (component) WHERE item.item = partial.debit_move_id""",
    """UPDATE account_move_line line
          SET full_reconcile_id = raw_full.full_id,
              matching_number = COALESCE(raw_full.full_id::text, 'P' || first.partial_id)
         FROM raw_item item
    LEFT JOIN raw_full USING (component)
         JOIN (
               SELECT item.component, MIN(partial.id) AS partial_id
                 FROM raw_item item JOIN account_partial_reconcile partial ON partial.debit_move_id = item.item
                GROUP BY item.component
         ) first USING (component)
        WHERE item.item = line.id""",
    """UPDATE account_move move
          SET amount_residual = line.amount_residual,
              amount_residual_signed = line.amount_residual,
              payment_state = CASE WHEN line.reconciled THEN 'paid' ELSE 'partial' END,
              write_uid = %(uid)s, write_date = NOW()
         FROM raw_item item JOIN account_move_line line ON line.id = item.item
        WHERE move.id = line.move_id AND move.move_type = 'out_invoice'""",
    """UPDATE account_payment payment
          SET is_reconciled = line.reconciled,
              state = CASE WHEN paid.all_paid THEN 'paid' ELSE payment.state END,
              write_uid = %(uid)s, write_date = NOW()
         FROM raw_item item
         JOIN account_move_line line ON line.id = item.item
         JOIN (
               SELECT pair.credit, BOOL_AND(debt.reconciled) AS all_paid
                 FROM raw_pair pair JOIN account_move_line debt ON debt.id = pair.debt GROUP BY pair.credit
         ) paid ON paid.credit = line.id
        WHERE payment.id = line.payment_id""",
)
