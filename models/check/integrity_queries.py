"""What must hold between the allocation documents and the ledger, as one query for each kind of record.

Each query reads all of its table at once, however many records there are, and answers with what is wrong: rows of
:class:`Problem`. Everything compares what is stored with what it follows from; nothing is computed a second time with
the code that wrote it. Amounts are the same when they differ by less than half of the currency's smallest unit.

Not looked for, as the database or Odoo sees to it, or as it is somebody's own affair: lines without a document,
previews whose items are settled meanwhile, gaps in numbers, reconciliations made by others, documents reset to draft.
"""

from typing import NamedTuple


class Problem(NamedTuple):
    """Something that is wrong in the database. ``expected`` and ``found`` are amounts where there is a currency."""

    kind: str
    company_id: int
    allocation_id: int | None
    allocation_line_id: int | None
    item_id: int | None
    partial_id: int | None
    move_id: int | None
    currency_id: int | None
    expected: str | None
    found: str | None
    record_id: int | None = None  # of the model that a query of another addon is about


# ----------------------------------------------------------------------------------------------------------------------
# Lines of allocation documents: does the ledger hold what the record says?
#
# An invoice of 100 EUR, booked as 110 USD, was settled by a payment of 100 EUR, booked as 120 USD. The row that CHECKED
# makes of line 7 has the record on the left, and on the right what it should agree with:
#
#     id                 7
#     state              done          partial_id                  55          it exists, and no other line names it
#     debt_line_id       901           partial.debit_move_id       901         has_other_items: false
#     credit_line_id     902           partial.credit_move_id      902
#     amount             110.00 USD    partial_amount              110.00
#     debt_amount        100.00 EUR    debt_settled                100.00      partial 100.00, exchange entry 0.00
#     credit_amount      100.00 EUR    credit_settled              100.00      partial 100.00, exchange entry 0.00
#     exchange_move_id   EXCH/7        partial_exchange_move_id    EXCH/7      posted, is_exchange_reversed: false
#     write_off_move_id  none          is_write_off_of_pair        null
#
# Somebody changes the partial's amount to 105 behind Odoo's back. JUDGED then says is_amount_wrong, and the query
# answers with one row of Problem:
#
#     kind            company  document  line  item  partial  move  currency  expected  found
#     partial_amount  1        3         7     901   55       40    USD       110.00    105.00
# ----------------------------------------------------------------------------------------------------------------------

# ids of the exchange entries and write-offs that a line of these companies, or its partial, names
NAMED = """
SELECT named.id
  FROM account_credit_allocation_line line
  LEFT JOIN account_partial_reconcile partial ON partial.id = line.partial_id
 CROSS JOIN LATERAL (
       VALUES (line.exchange_move_id), (line.write_off_move_id), (partial.exchange_move_id)
       ) AS named(id)
 WHERE line.company_id = ANY(%(companies)s)
   AND named.id IS NOT NULL
 GROUP BY named.id
"""

# the entries themselves, from ``named``
ENTRIES = """
SELECT entry.id,
       entry.name,
       entry.state,
       EXISTS (
           SELECT FROM account_move reversal
            WHERE reversal.reversed_entry_id = entry.id AND reversal.state = 'posted'
       ) AS is_reversed
  FROM named
  JOIN account_move entry ON entry.id = named.id
"""

# What each exchange entry has settled of each item, in the item's currency; debits are positive. An item that is part
# of a pair across currencies can be settled in part by the exchange entry: what the record calls the amount of its side
# is that of the partial and of the exchange entry together. From ``named``.
EXCHANGE = """
  SELECT settled.move_id, settled.item_id, SUM(settled.debit) AS debit
    FROM (
          SELECT entry.move_id, partial.credit_move_id AS item_id, -partial.credit_amount_currency AS debit
            FROM account_move_line entry
            JOIN account_partial_reconcile partial ON partial.debit_move_id = entry.id
           WHERE entry.move_id IN (SELECT id FROM named)
       UNION ALL
          SELECT entry.move_id, partial.debit_move_id, partial.debit_amount_currency
            FROM account_move_line entry
            JOIN account_partial_reconcile partial ON partial.credit_move_id = entry.id
           WHERE entry.move_id IN (SELECT id FROM named)
         ) settled
GROUP BY settled.move_id, settled.item_id
"""

# partials that several lines claim
SHARED = """
  SELECT partial_id
    FROM account_credit_allocation_line
   WHERE partial_id IS NOT NULL
GROUP BY partial_id
  HAVING COUNT(*) > 1
"""

# what a line says, and beside it what the ledger says; from ``entries``, ``exchange`` and ``shared``
CHECKED = """
   SELECT line.id,
          line.company_id,
          line.allocation_id,
          line.state,
          line.undone_date,
          line.partial_id,
          line.debt_line_id,
          line.credit_line_id,
          line.debt_move_id,
          line.amount,
          line.debt_amount,
          line.credit_amount,
          line.debt_currency_id,
          line.credit_currency_id,
          company.currency_id AS company_currency_id,
          company_currency.rounding AS rounding,
          debt_currency.rounding AS debt_rounding,
          credit_currency.rounding AS credit_rounding,
          partial.amount AS partial_amount,
          partial.id IS NOT NULL
              AND (line.debt_line_id, line.credit_line_id)
                  IS DISTINCT FROM (partial.debit_move_id, partial.credit_move_id)
              AND (line.debt_line_id, line.credit_line_id)
                  IS DISTINCT FROM (partial.credit_move_id, partial.debit_move_id) AS has_other_items,
          CASE WHEN partial.debit_move_id = line.debt_line_id
               THEN partial.debit_amount_currency + COALESCE(debt_exchange.debit, 0)
               ELSE partial.credit_amount_currency - COALESCE(debt_exchange.debit, 0)
           END AS debt_settled,
          CASE WHEN partial.debit_move_id = line.credit_line_id
               THEN partial.debit_amount_currency + COALESCE(credit_exchange.debit, 0)
               ELSE partial.credit_amount_currency - COALESCE(credit_exchange.debit, 0)
           END AS credit_settled,
          shared.partial_id IS NOT NULL AS is_shared,
          line.exchange_move_id,
          partial.exchange_move_id AS partial_exchange_move_id,
          exchange_move.name AS exchange_name,
          partial_exchange_move.name AS partial_exchange_name,
          exchange_move.state AS exchange_state,
          COALESCE(exchange_move.is_reversed, FALSE) AS is_exchange_reversed,
          debt_item.parent_state = 'posted' AND credit_item.parent_state = 'posted' AS are_items_posted,
          line.write_off_move_id,
          write_off_move.name AS write_off_name,
          write_off_move.state AS write_off_state,
          COALESCE(write_off_move.is_reversed, FALSE) AS is_write_off_reversed,
          line.write_off_move_id IN (debt_item.move_id, credit_item.move_id) AS is_write_off_of_pair
     FROM account_credit_allocation_line line
     JOIN res_company company ON company.id = line.company_id
     JOIN res_currency company_currency ON company_currency.id = company.currency_id
LEFT JOIN account_partial_reconcile partial ON partial.id = line.partial_id
LEFT JOIN res_currency debt_currency ON debt_currency.id = line.debt_currency_id
LEFT JOIN res_currency credit_currency ON credit_currency.id = line.credit_currency_id
LEFT JOIN account_move_line debt_item ON debt_item.id = line.debt_line_id
LEFT JOIN account_move_line credit_item ON credit_item.id = line.credit_line_id
LEFT JOIN exchange debt_exchange
       ON debt_exchange.move_id = partial.exchange_move_id AND debt_exchange.item_id = line.debt_line_id
LEFT JOIN exchange credit_exchange
       ON credit_exchange.move_id = partial.exchange_move_id AND credit_exchange.item_id = line.credit_line_id
LEFT JOIN shared ON shared.partial_id = line.partial_id
LEFT JOIN entries exchange_move ON exchange_move.id = line.exchange_move_id
LEFT JOIN entries partial_exchange_move ON partial_exchange_move.id = partial.exchange_move_id
LEFT JOIN entries write_off_move ON write_off_move.id = line.write_off_move_id
    WHERE line.company_id = ANY(%(companies)s)
"""

# the same, with a flag for each thing that can be wrong; from ``checked``
JUDGED = """
SELECT checked.*,
       state = 'done' AND partial_id IS NULL AS is_gone,
       partial_id IS NOT NULL AND (state IS DISTINCT FROM 'done' OR undone_date IS NOT NULL) AS is_alive,
       ABS(amount - partial_amount) >= rounding / 2 AS is_amount_wrong,
       NOT has_other_items AND ABS(debt_amount - debt_settled) >= debt_rounding / 2 AS is_debt_amount_wrong,
       NOT has_other_items AND ABS(credit_amount - credit_settled) >= credit_rounding / 2 AS is_credit_amount_wrong,
       partial_id IS NOT NULL AND exchange_move_id IS DISTINCT FROM partial_exchange_move_id AS is_exchange_other,
       partial_id IS NOT NULL AND are_items_posted AND exchange_state != 'posted' AS is_exchange_not_posted,
       partial_id IS NOT NULL AND is_exchange_reversed AS is_exchange_undone,
       partial_id IS NOT NULL AND NOT is_write_off_of_pair AS is_write_off_other,
       partial_id IS NOT NULL AND write_off_state != 'posted' AS is_write_off_not_posted,
       partial_id IS NOT NULL AND is_write_off_reversed AS is_write_off_undone
  FROM checked
"""

# a row for each flag that is up
ALLOCATION_LINES = f"""
WITH named AS ({NAMED}),
     entries AS ({ENTRIES}),
     exchange AS ({EXCHANGE}),
     shared AS ({SHARED}),
     checked AS ({CHECKED}),
     judged AS ({JUDGED})
SELECT problem.kind,
       company_id,
       allocation_id,
       judged.id,
       problem.item_id,
       partial_id,
       problem.move_id,
       problem.currency_id,
       problem.expected,
       problem.found
  FROM judged
 CROSS JOIN LATERAL (
       VALUES ('partial_gone', is_gone, debt_line_id, debt_move_id, company_currency_id, amount::text, '0'),
              ('partial_undone', is_alive, debt_line_id, debt_move_id, NULL, 'done', state),
              ('partial_shared', is_shared, debt_line_id, debt_move_id, NULL, NULL, NULL),
              ('partial_items', has_other_items, debt_line_id, debt_move_id, NULL, NULL, NULL),
              ('partial_amount', is_amount_wrong,
               debt_line_id, debt_move_id, company_currency_id, amount::text, partial_amount::text),
              ('partial_debt_amount', is_debt_amount_wrong,
               debt_line_id, debt_move_id, debt_currency_id, debt_amount::text, debt_settled::text),
              ('partial_credit_amount', is_credit_amount_wrong,
               credit_line_id, debt_move_id, credit_currency_id, credit_amount::text, credit_settled::text),
              ('exchange_link', is_exchange_other,
               debt_line_id, COALESCE(exchange_move_id, partial_exchange_move_id), NULL,
               exchange_name, partial_exchange_name),
              ('exchange_not_posted', is_exchange_not_posted,
               debt_line_id, exchange_move_id, NULL, 'posted', exchange_state),
              ('exchange_reversed', is_exchange_undone, debt_line_id, exchange_move_id, NULL, exchange_name, NULL),
              ('write_off_link', is_write_off_other, debt_line_id, write_off_move_id, NULL, write_off_name, NULL),
              ('write_off_not_posted', is_write_off_not_posted,
               debt_line_id, write_off_move_id, NULL, 'posted', write_off_state),
              ('write_off_reversed', is_write_off_undone, debt_line_id, write_off_move_id, NULL, write_off_name, NULL)
       ) AS problem(kind, is_wrong, item_id, move_id, currency_id, expected, found)
 WHERE (is_gone OR is_alive OR is_amount_wrong OR is_debt_amount_wrong OR is_credit_amount_wrong
        OR is_exchange_other OR is_exchange_not_posted OR is_exchange_undone OR is_write_off_other
        OR is_write_off_not_posted OR is_write_off_undone OR is_shared OR has_other_items)
   AND problem.is_wrong
 ORDER BY judged.id, problem.kind
"""

# ----------------------------------------------------------------------------------------------------------------------
# Documents: do their state and total follow from their lines?
# ----------------------------------------------------------------------------------------------------------------------

ALLOCATIONS = """
WITH checked AS (
    SELECT document.id,
           document.company_id,
           document.state,
           document.amount_in_force,
           company.currency_id,
           currency.rounding,
           COUNT(line.id) AS lines,
           COUNT(line.id) FILTER (WHERE line.state = 'done') AS lines_in_force,
           COALESCE(SUM(line.amount) FILTER (WHERE line.state = 'done' AND line.is_write_off IS NOT TRUE), 0)
               AS in_force
      FROM account_credit_allocation document
      JOIN res_company company ON company.id = document.company_id
      JOIN res_currency currency ON currency.id = company.currency_id
 LEFT JOIN account_credit_allocation_line line ON line.allocation_id = document.id
     WHERE document.company_id = ANY(%(companies)s)
  GROUP BY document.id, company.id, currency.id
)
SELECT problem.kind, company_id, id, NULL, NULL, NULL, NULL, problem.currency_id, problem.expected, problem.found
  FROM checked
 CROSS JOIN LATERAL (
       VALUES ('document_empty', state != 'draft' AND lines = 0, NULL, NULL, NULL),
              ('document_state', state != 'done' AND lines_in_force > 0, NULL, 'done', state),
              ('document_total', ABS(COALESCE(amount_in_force, 0) - in_force) >= rounding / 2,
               currency_id, in_force::text, COALESCE(amount_in_force, 0)::text)
       ) AS problem(kind, is_wrong, currency_id, expected, found)
 WHERE problem.is_wrong
 ORDER BY id, problem.kind
"""

# ----------------------------------------------------------------------------------------------------------------------
# Journal items: does what is open follow from the partials?
# ----------------------------------------------------------------------------------------------------------------------

# A full reconciliation is native where, of several currencies, each item is settled in the company's, of one currency
# each in that one. What is too large to be allocated, Odoo itself does not count to the cent: see minor_units.py.
OPEN_ITEMS = """
WITH item AS MATERIALIZED (
    SELECT id, full_reconcile_id
      FROM account_move_line
     WHERE company_id = ANY(%(companies)s)
       AND account_id IN (
               SELECT id FROM account_account WHERE account_type IN ('asset_receivable', 'liability_payable')
           )
       AND parent_state != 'cancel'
), settled AS (
    SELECT item_id, SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
      FROM (
            SELECT item.id AS item_id, partial.amount, partial.debit_amount_currency AS amount_currency
              FROM item
              JOIN account_partial_reconcile partial ON partial.debit_move_id = item.id
         UNION ALL
            SELECT item.id, -partial.amount, -partial.credit_amount_currency
              FROM item
              JOIN account_partial_reconcile partial ON partial.credit_move_id = item.id
           ) side
  GROUP BY item_id
), fulls AS (
    SELECT full_reconcile_id, MIN(currency_id) != MAX(currency_id) AS has_several_currencies
      FROM account_move_line
     WHERE full_reconcile_id IN (SELECT full_reconcile_id FROM item WHERE full_reconcile_id IS NOT NULL)
  GROUP BY full_reconcile_id
), numbers AS (
    SELECT line.id,
           line.company_id,
           line.move_id,
           line.currency_id,
           company.currency_id AS company_currency_id,
           company_currency.rounding / 2 AS half_cent,
           currency.rounding / 2 AS half_cent_currency,
           line.amount_currency,
           COALESCE(line.amount_residual, 0) AS residual,
           COALESCE(line.amount_residual_currency, 0) AS residual_currency,
           line.balance - COALESCE(settled.amount, 0) AS expected_residual,
           line.amount_currency - COALESCE(settled.amount_currency, 0) AS expected_residual_currency,
           COALESCE(line.reconciled, FALSE) AS reconciled,
           line.matching_number,
           line.full_reconcile_id,
           settled.item_id IS NOT NULL AS has_partial,
           fulls.has_several_currencies
      FROM item
      JOIN account_move_line line ON line.id = item.id
      JOIN res_company company ON company.id = line.company_id
      JOIN res_currency company_currency ON company_currency.id = company.currency_id
      JOIN res_currency currency ON currency.id = line.currency_id
 LEFT JOIN settled ON settled.item_id = line.id
 LEFT JOIN fulls ON fulls.full_reconcile_id = line.full_reconcile_id
     WHERE ABS(line.balance) < 2 ^ 48 / 10 ^ company_currency.decimal_places
       AND ABS(line.amount_currency) < 2 ^ 48 / 10 ^ currency.decimal_places
), judged AS (
    SELECT numbers.*,
           ABS(residual) < half_cent AND ABS(residual_currency) < half_cent_currency AS is_settled,
           ABS(residual - expected_residual) >= half_cent AS is_residual_wrong,
           ABS(residual_currency - expected_residual_currency) >= half_cent_currency AS is_residual_currency_wrong,
           amount_currency * residual_currency < 0 OR ABS(residual_currency) > ABS(amount_currency) + half_cent_currency
               AS is_overdrawn,
           CASE WHEN full_reconcile_id IS NOT NULL
                THEN matching_number IS DISTINCT FROM full_reconcile_id::text
                WHEN has_partial
                THEN COALESCE(matching_number, '') NOT LIKE 'P%%'
                ELSE COALESCE(matching_number, 'I') NOT LIKE 'I%%'
            END AS is_number_wrong,
           full_reconcile_id IS NOT NULL
               AND CASE WHEN has_several_currencies
                        THEN ABS(residual) >= half_cent
                        ELSE ABS(residual_currency) >= half_cent_currency
                    END AS is_full_open
      FROM numbers
)
SELECT problem.kind, company_id, NULL, NULL, id, NULL, move_id, problem.currency_id, problem.expected, problem.found
  FROM judged
 CROSS JOIN LATERAL (
       VALUES ('residual', is_residual_wrong, company_currency_id, expected_residual::text, residual::text),
              ('residual_currency',
               is_residual_currency_wrong AND (currency_id != company_currency_id OR NOT is_residual_wrong),
               currency_id, expected_residual_currency::text, residual_currency::text),
              ('reconciled_flag', is_settled != reconciled, NULL, NULL, NULL),
              ('overdrawn', is_overdrawn, currency_id, amount_currency::text, residual_currency::text),
              ('matching_number', is_number_wrong, NULL,
               COALESCE(full_reconcile_id::text, CASE WHEN has_partial THEN 'P…' END), matching_number),
              ('full_open', is_full_open, currency_id, '0', residual_currency::text)
       ) AS problem(kind, is_wrong, currency_id, expected, found)
 WHERE (is_residual_wrong OR is_residual_currency_wrong OR is_settled != reconciled OR is_overdrawn OR is_number_wrong
        OR is_full_open)
   AND problem.is_wrong
 ORDER BY id, problem.kind
"""

# ----------------------------------------------------------------------------------------------------------------------
# Partials and cash-basis entries
# ----------------------------------------------------------------------------------------------------------------------

PARTIALS = """
SELECT problem.kind,
       COALESCE(partial.company_id, debit.company_id),
       NULL,
       NULL,
       debit.id,
       partial.id,
       debit.move_id,
       NULL,
       problem.expected,
       problem.found
  FROM account_partial_reconcile partial
  JOIN account_move_line debit ON debit.id = partial.debit_move_id
  JOIN account_move_line credit ON credit.id = partial.credit_move_id
  JOIN res_company debit_company ON debit_company.id = debit.company_id
  JOIN res_company credit_company ON credit_company.id = credit.company_id
 CROSS JOIN LATERAL (
       VALUES ('partial_company',
               SPLIT_PART(debit_company.parent_path, '/', 1) != SPLIT_PART(credit_company.parent_path, '/', 1),
               debit_company.name, credit_company.name),
              ('partial_account', debit.account_id != credit.account_id, NULL, NULL),
              ('partial_number',
               partial.full_reconcile_id IS DISTINCT FROM debit.full_reconcile_id
               OR partial.full_reconcile_id IS DISTINCT FROM credit.full_reconcile_id,
               partial.full_reconcile_id::text,
               CONCAT_WS(', ', debit.full_reconcile_id, credit.full_reconcile_id))
       ) AS problem(kind, is_wrong, expected, found)
 WHERE (debit.company_id = ANY(%(companies)s) OR credit.company_id = ANY(%(companies)s))
   AND debit.account_id IN (
           SELECT id FROM account_account WHERE account_type IN ('asset_receivable', 'liability_payable')
       )
   AND problem.is_wrong
 ORDER BY partial.id, problem.kind
"""

# Odoo makes a full reconciliation as soon as everything is settled that is reconciled with each other.
FULL_RECONCILIATIONS = """
SELECT 'full_missing', MIN(debit.company_id), NULL, NULL, MIN(debit.id), NULL,
       (ARRAY_AGG(debit.move_id ORDER BY debit.id))[1], NULL, NULL, debit.matching_number
  FROM account_partial_reconcile partial
  JOIN account_move_line debit ON debit.id = partial.debit_move_id
  JOIN account_move_line credit ON credit.id = partial.credit_move_id
 WHERE (debit.company_id = ANY(%(companies)s) OR credit.company_id = ANY(%(companies)s))
   AND debit.account_id IN (
           SELECT id FROM account_account WHERE account_type IN ('asset_receivable', 'liability_payable')
       )
   AND debit.matching_number LIKE 'P%%'
GROUP BY debit.matching_number
HAVING BOOL_AND(debit.full_reconcile_id IS NULL AND credit.full_reconcile_id IS NULL
                AND debit.amount_residual = 0 AND debit.amount_residual_currency = 0
                AND credit.amount_residual = 0 AND credit.amount_residual_currency = 0)
ORDER BY MIN(debit.id)
"""

# Odoo reverses the cash-basis entry of a payment when its reconciliation is removed.
CASH_BASIS_ENTRIES = """
SELECT 'cash_basis_orphan', entry.company_id, NULL, NULL, NULL, NULL, entry.id, NULL, NULL, entry.name
  FROM account_move entry
 WHERE entry.company_id = ANY(%(companies)s)
   AND entry.tax_cash_basis_origin_move_id IS NOT NULL
   AND entry.tax_cash_basis_rec_id IS NULL
   AND entry.reversed_entry_id IS NULL
   AND entry.state = 'posted'
   AND NOT EXISTS (
           SELECT FROM account_move reversal WHERE reversal.reversed_entry_id = entry.id AND reversal.state = 'posted'
       )
 ORDER BY entry.id
"""

QUERIES = (ALLOCATION_LINES, ALLOCATIONS, OPEN_ITEMS, PARTIALS, FULL_RECONCILIATIONS, CASH_BASIS_ENTRIES)
