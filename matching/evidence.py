"""The codes a rule gives as evidence, and the values that go with each.

This is the one list that the shell translates into sentences. Values are strings; dates among them are ISO 8601.

================== ================================ ==================================================================
code               values                           says
================== ================================ ==================================================================
``link``           none                             the ledger itself knows that the one was made for the other
``reference``      matched text, identifier         the memo names the document
``bare_number``    matched text, identifier         the memo gives the last number of the document, standing alone
``order``          matched text, order              the memo names the order that the document was made from
``exact_document`` none                             the open amounts of the two documents are equal
``exact_item``     none                             the open amounts of the two items are equal
``exact_oldest``   how many had the same amount     several have the same open amount; this is the oldest pair of them
``sum_of_debts``   how many debts                   the credit is the sum of these debts
``sum_of_credits`` how many credits                 the debt is the sum of these credits
``net_to_zero``    how many debts, how many credits everything open in this currency adds up to zero
``small_rest``     none                             little was left of what another rule matched, and is written off
``close_amount``   none                             the open amounts nearly agree; the difference is written off
``oldest_due``     due date of the debt             the oldest debt by due date
``oldest_invoice`` document date of the debt        the oldest debt by document date
================== ================================ ==================================================================

``matched text`` is quoted as it stands in the memo, ``identifier`` as it stands on the document that was named.
"""

from __future__ import annotations

BY_LINK = "link"
BY_REFERENCE = "reference"
BY_BARE_NUMBER = "bare_number"
BY_ORDER = "order"
BY_EXACT_DOCUMENT = "exact_document"
BY_EXACT_ITEM = "exact_item"
BY_EXACT_OLDEST = "exact_oldest"
BY_SUM_OF_DEBTS = "sum_of_debts"
BY_SUM_OF_CREDITS = "sum_of_credits"
BY_NET_TO_ZERO = "net_to_zero"
BY_SMALL_REST = "small_rest"
BY_CLOSE_AMOUNT = "close_amount"
BY_OLDEST_DUE = "oldest_due"
BY_OLDEST_INVOICE = "oldest_invoice"

# Code -> how many values it carries; the shell's sentences and the tests are checked against this.
EVIDENCE_VALUES: dict[str, int] = {
    BY_LINK: 0,
    BY_REFERENCE: 2,
    BY_BARE_NUMBER: 2,
    BY_ORDER: 2,
    BY_EXACT_DOCUMENT: 0,
    BY_EXACT_ITEM: 0,
    BY_EXACT_OLDEST: 1,
    BY_SUM_OF_DEBTS: 1,
    BY_SUM_OF_CREDITS: 1,
    BY_NET_TO_ZERO: 2,
    BY_SMALL_REST: 0,
    BY_CLOSE_AMOUNT: 0,
    BY_OLDEST_DUE: 1,
    BY_OLDEST_INVOICE: 1,
}
