"""What must hold between reservations, withdrawals and the ledger; columns as in the queries of the root addon."""

# What is reserved follows from the items that carry the mark, and from nothing else. A contact may get another company
# when its credit is reserved already. What was released holds nothing of anybody.
RESERVATIONS = """
WITH marked AS (
    SELECT item.credit_reservation_id AS id,
           -SUM(item.amount_residual_currency) AS held,
           reservation.state != 'released'
               AND BOOL_OR(item.amount_currency > 0
                           OR item.company_id != reservation.company_id
                           OR item.currency_id != reservation.currency_id
                           OR contact.commercial_partner_id IS DISTINCT FROM customer.commercial_partner_id)
               AS is_foreign
      FROM account_move_line item
      JOIN customer_credit_reservation reservation ON reservation.id = item.credit_reservation_id
      JOIN res_partner customer ON customer.id = reservation.partner_id
 LEFT JOIN res_partner contact ON contact.id = item.partner_id
     WHERE reservation.company_id = ANY(%(companies)s)
  GROUP BY item.credit_reservation_id, reservation.id
), checked AS (
    SELECT reservation.id,
           reservation.company_id,
           reservation.currency_id,
           reservation.move_id,
           COALESCE(reservation.amount_held, 0) AS amount_held,
           currency.rounding / 2 AS half_cent,
           COALESCE(marked.held, 0) AS held,
           COALESCE(marked.is_foreign, FALSE) AS is_foreign,
           entry.state AS entry_state
      FROM customer_credit_reservation reservation
      JOIN res_currency currency ON currency.id = reservation.currency_id
 LEFT JOIN account_move entry ON entry.id = reservation.move_id
 LEFT JOIN marked ON marked.id = reservation.id
     WHERE reservation.company_id = ANY(%(companies)s)
)
SELECT problem.kind, company_id, NULL, NULL, NULL, NULL, move_id, problem.currency_id, problem.expected, problem.found,
       id
  FROM checked
 CROSS JOIN LATERAL (
       VALUES ('reservation_held', ABS(amount_held - held) >= half_cent, currency_id, held::text, amount_held::text),
              ('reservation_items', is_foreign, NULL, NULL, NULL),
              ('reservation_entry', held >= half_cent AND entry_state != 'posted', NULL, 'posted', entry_state)
       ) AS problem(kind, is_wrong, currency_id, expected, found)
 WHERE problem.is_wrong
 ORDER BY id, problem.kind
"""

# While there is a payment that is not cancelled, the credit may be spent on it already. What was refused or cancelled
# has released its credit; to unreconcile the entry holds it again.
WITHDRAWALS = """
SELECT problem.kind, withdrawal.company_id, NULL, NULL, NULL, NULL, reservation.move_id, withdrawal.currency_id,
       problem.expected::text, problem.found::text, reservation.id
  FROM customer_credit_withdrawal withdrawal
  JOIN customer_credit_reservation reservation ON reservation.id = withdrawal.reservation_id
  JOIN res_currency currency ON currency.id = withdrawal.currency_id
 LEFT JOIN account_payment payment ON payment.id = withdrawal.payment_id
 CROSS JOIN LATERAL (
       VALUES ('withdrawal_credit',
               withdrawal.state IN ('requested', 'approved') AND COALESCE(payment.state, 'canceled') = 'canceled',
               withdrawal.amount, COALESCE(reservation.amount_held, 0)),
              ('withdrawal_decided', withdrawal.state IN ('refused', 'cancelled'),
               0, COALESCE(reservation.amount_held, 0)),
              ('withdrawal_payment', withdrawal.state = 'done',
               withdrawal.amount, COALESCE(reservation.amount_settled, 0))
       ) AS problem(kind, applies, expected, found)
 WHERE withdrawal.company_id = ANY(%(companies)s)
   AND problem.applies
   AND ABS(problem.expected - problem.found) >= currency.rounding / 2
   AND (problem.found < problem.expected OR problem.kind = 'withdrawal_decided')
 ORDER BY withdrawal.id
"""
