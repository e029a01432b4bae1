import logging
import time
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import NamedTuple

from markupsafe import Markup, escape

from odoo import api, models
from odoo.fields import Domain
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...matching.open_item import (
    CHANGED,
    EXCLUDED,
    LOCKED_BY_ANOTHER_USER,
    NO_COUNTERPART,
    OVERPAID,
    RESERVED,
    UNDERPAID,
)
from .expected_conflicts import expect_conflicts
from .open_item_reader import PAYABLE, RECEIVABLE, AllocationScope

_logger = logging.getLogger(__name__)

# where a transaction keeps what it has opened, in cr.postcommit.data
NOTED = "account_credit_allocation.noted"
# while a job is at work, what its transactions have opened so far: ``{opener: ids of journal items}``
_gathered = ContextVar("account_credit_allocation.gathered", default=None)
LOCK_TIMEOUT = "2s"
ATTEMPTS = 3
PAUSE = 0.2  # seconds before the next attempt, growing
# what everybody expects to be left now and then needs no note on the document
EXPECTED_REASONS = {EXCLUDED, RESERVED, OVERPAID, UNDERPAID, NO_COUNTERPART}


class Opener(NamedTuple):
    """Who opened items, with which rights, in which companies: what was opened alike is allocated together."""

    uid: int
    su: bool
    company_ids: tuple[int, ...]
    lang: str | None
    tz: str | None

    def make_environment(self, cr):
        context = {"allowed_company_ids": list(self.company_ids), "lang": self.lang, "tz": self.tz}
        return api.Environment(cr, self.uid, context, self.su)


class AllocationTrigger(models.AbstractModel):
    """Allocation on post, and on whatever else opens an item.

    Posting only notes what was posted. The flow that posted it (a payment being registered, an invoice being reversed,
    a bank statement being matched) reconciles what it wants afterwards, in the same transaction. What is still open
    once that transaction is committed is allocated, in a transaction of its own: it cannot take anything from the
    flow, cannot undo the posting, and sees the newest state of the books.

    An item also becomes open without a posting: its entry is edited, its mark is taken off, its partner changes. One
    that is open again because somebody unreconciled it was opened on purpose, and is not noted.
    """

    _name = "account.credit.allocation.trigger"
    _description = "Credit Allocation on Post"

    @api.model
    def _note_posted(self, moves):
        """Remember the items of posted entries until their transaction is committed."""
        self._note(moves.line_ids)

    @api.model
    def _note_opened(self, items):
        """Remember items of posted entries that were opened without a posting.

        Whoever posts may allocate; but many may edit a partner, and what Odoo then writes on journal items it writes as
        superuser. The allocation has the rights of the person, so where these do not suffice it is left to the next
        chance.
        """
        if items and self._may_allocate():
            self.sudo(False)._note(items.sudo(False))

    @api.model
    def _note_opened_by(self, domain):
        """See :meth:`_note_opened`, for all that is open of partners or journals.

        :param domain: of journal items
        """
        if not self._may_allocate():
            return
        accounts = self.env["account.account"].sudo().with_context(active_test=False)
        accounts = accounts.search([("account_type", "in", (RECEIVABLE, PAYABLE))])
        # account ids, not their types: PostgreSQL has an index of what is not reconciled on each account
        is_open = Domain(
            [("account_id", "in", accounts.ids), ("reconciled", "=", False), ("parent_state", "=", "posted")]
        )
        items = self.env["account.move.line"].with_context(active_test=False).search(is_open & Domain(domain))
        self._note_opened(items)

    @api.model
    def _may_allocate(self):
        """Whether the person may reconcile, also within what runs as superuser."""
        return self.sudo(False).env["account.partial.reconcile"].has_access("create")

    @api.model
    def _note(self, items):
        """Remember items until the transaction is committed, as far as they may start an allocation."""
        if self.env.context.get("skip_credit_allocation"):
            return
        items = items.filtered(lambda item: self._may_start_allocation(item.sudo()))
        if not items:
            return
        postcommit = self.env.cr.postcommit
        if NOTED not in postcommit.data:
            postcommit.data[NOTED] = {}
            postcommit.add(partial(_allocate_after_commit, self.env.cr))
        tz = self.env.context.get("tz") or self.env.user.tz or None
        opener = Opener(self.env.uid, self.env.su, tuple(self.env.companies.ids), self.env.lang, tz)
        postcommit.data[NOTED].setdefault(opener, set()).update(items.ids)

    @api.model
    def _allocate_opened(self, items, groups=None, *, last_attempt=True):
        """Allocate the credits of the partners of just opened items, as the companies' settings say.

        :param items: journal items; those that are no longer open are passed over
        :param groups: limit to these, None for all that the items belong to
        :param bool last_attempt: whether to say on the documents that an item is in use by somebody else
        :return: frozenset of groups that were left because somebody else used them, or did so just before; they may be
            tried again
        """
        if groups is None:
            groups = self._get_groups(items)
        if not groups:
            return frozenset()
        outcome = self.env["account.credit.allocation.executor"]._allocate(
            AllocationScope(
                company_ids=tuple((self.env.companies | items.company_id).ids),
                partner_ids=tuple(sorted({group.partner for group in groups})),
                groups=groups,
            ),
            "on_post",
        )
        left = outcome.credits_left + outcome.debts_left
        in_use = frozenset(entry.item.group for entry in left if entry.reason in (LOCKED_BY_ANOTHER_USER, CHANGED))
        if last_attempt or not in_use:
            self._log_reasons(items, left)
        return in_use

    @api.model
    def _get_groups(self, items):
        """The groups of the items, as far as they are allocated automatically.

        :return: frozenset of :class:`Group`
        """
        Partner = self.env["res.partner"]
        open_items = items & items.move_id._get_open_lines()
        starting = set(open_items.move_id.filtered(self._starts_allocation).ids)
        return frozenset(
            item._get_open_item_group()
            for item in open_items
            if item.move_id.id in starting and item.partner_id and Partner._allocates_on_post(item)
        )

    @api.model
    def _find_with_counterpart(self, item_ids, company_ids):
        """A cheap question that is asked before anything is read: which items are open, while the same partner has
        something open on the other side?

        It looks at all accounts of a type, because a counterpart on another account is a reason to be told. Whether the
        two may be allocated is found out later. PostgreSQL looks into an index of the other side's unreconciled items:
        neither what was settled long ago nor what else is open costs anything.

        :param item_ids: ids of journal items, of which some may have been deleted
        :param company_ids: counterparts of these companies, or of that of the item
        :return: the items, a recordset
        """
        query = SQL(
            """WITH opened AS MATERIALIZED (
                   SELECT line.id, line.company_id, account.account_type, contact.commercial_partner_id,
                          line.amount_residual_currency > 0 AS is_debit
                     FROM account_move_line line
                     JOIN account_account account ON account.id = line.account_id
                     JOIN res_partner contact ON contact.id = line.partner_id
                    WHERE line.id = ANY(%(item_ids)s)
                      AND line.parent_state = 'posted'
                      AND line.reconciled IS NOT TRUE
                      AND account.account_type IN %(account_types)s
               ),
               -- materialized: once for each partner, not once for each item
               found AS MATERIALIZED (
                   SELECT side.*
                     FROM (SELECT DISTINCT company_id, account_type, commercial_partner_id, is_debit FROM opened) side
                    WHERE CASE WHEN is_debit THEN EXISTS (%(credits)s) ELSE EXISTS (%(debits)s) END
               )
               SELECT id
                 FROM opened
                 JOIN found USING (company_id, account_type, commercial_partner_id, is_debit)""",
            item_ids=sorted(item_ids),
            account_types=(RECEIVABLE, PAYABLE),
            credits=self._get_counterparts_sql(SQL("<"), company_ids),
            debits=self._get_counterparts_sql(SQL(">"), company_ids),
        )
        # PostgreSQL knows neither accounts nor partner beforehand, expects to come across a row soon, and without this
        # reads through the whole ledger where there is none
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        found = [item_id for (item_id,) in self.env.execute_query(query)]
        self.env.cr.execute("SET LOCAL enable_seqscan TO DEFAULT")
        return self.env["account.move.line"].browse(sorted(found))

    @api.model
    def _get_counterparts_sql(self, sign, company_ids):
        """What is open on one side for a row of ``side``; each sign has its own index, see ``account.move.line``.

        :param SQL sign: ``<`` for credits, ``>`` for debits
        :param company_ids: see :meth:`_find_with_counterpart`
        """
        return SQL(
            """SELECT FROM account_move_line other
                WHERE other.account_id = ANY(ARRAY(
                          SELECT id FROM account_account WHERE account_type = side.account_type))
                  AND other.partner_id = ANY(ARRAY(
                          SELECT id FROM res_partner WHERE commercial_partner_id = side.commercial_partner_id))
                  AND other.reconciled IS NOT TRUE
                  AND other.parent_state = 'posted'
                  AND other.amount_residual_currency %s 0
                  AND (other.company_id = side.company_id OR other.company_id = ANY(%s))""",
            sign,
            list(company_ids),
        )

    @api.model
    def _may_start_allocation(self, item):
        """Whether anything can come of the opening of this item, as far as settings and the item itself tell; asked
        within the transaction that opens it, so that most entries of a company cost nothing afterwards."""
        return (
            item.account_id.account_type in (RECEIVABLE, PAYABLE)
            and item.move_id.state == "posted"
            and item.partner_id
            and self._is_switched_on(item.move_id)
            and self.env["res.partner"]._allocates_on_post(item)
        )

    @api.model
    def _starts_allocation(self, move):
        """Whether the posting or opening of this document starts an allocation: a hook for addons whose documents are
        settled by a flow of their own, later than the transaction that posts them. Asked after that transaction."""
        return self._is_switched_on(move)

    @api.model
    def _is_switched_on(self, move):
        """Whether the company wants the posting of this kind of document to start an allocation."""
        company = move.company_id
        if move.origin_payment_id:
            return company.credit_allocation_on_payment
        if move.move_type in ("out_refund", "in_refund"):
            return company.credit_allocation_on_refund
        if move.is_invoice(include_receipts=True):
            return company.credit_allocation_on_invoice
        return company.credit_allocation_on_entry

    @api.model
    def _log_reasons(self, items, left):
        """Say on the documents of opened items why these were not allocated, where that is out of the ordinary."""
        Leftover = self.env["account.credit.allocation.leftover"]
        reasons = Leftover._get_reason_labels()
        opened, messages = set(items.ids), {}
        for leftover in left:
            if leftover.reason not in EXPECTED_REASONS and leftover.item.id in opened:
                reason = reasons[leftover.reason]
                message = leftover.message or Leftover._get_named_message(leftover.named)
                text = f"{reason}: {message}" if message else reason
                messages[leftover.item.document] = escape(text) + self._get_choice_message(leftover)
        self._log_on_chatter(messages)

    @api.model
    def _get_choice_message(self, leftover):
        """The possibilities that were found for an item, with a link to where one of them can be chosen; else empty."""
        suggestions = (
            self.env["account.credit.allocation.suggestion"]
            .sudo()
            .search([("leftover_id.line_id", "=", leftover.item.id)])
        )
        if not suggestions:
            return Markup()
        return Markup("<br/>") + self.env._(
            "Possible: %(names)s. %(link)s",
            names="; ".join(suggestions.mapped("name")),
            link=suggestions.allocation_id._get_html_link(title=self.env._("Choose")),
        )

    @api.model
    def _log_on_chatter(self, messages):
        """:param dict messages: ``{move id: why}``"""
        text = escape(self.env._("Outstanding credits were not allocated automatically. %s"))
        moves = self.env["account.move"].browse(messages)
        moves._log_credit_allocation({move: text % messages[move.id] for move in moves})


def _allocate_after_commit(opening_cr):
    """Allocate what the committed transaction opened. Never raises: the posting is done and stays done."""
    noted = opening_cr.postcommit.data.pop(NOTED, {})
    gathered = _gathered.get()
    if gathered is None:
        _allocate_noted(opening_cr.dbname, noted)
        return
    for opener, ids in noted.items():
        gathered.setdefault(opener, set()).update(ids)


@contextmanager
def one_plan(dbname):
    """What is committed within, in however many transactions, is allocated together afterwards.

    A scheduled job posts in batches and commits each. In the order in which it posts them, the documents that belong to
    each other are in different batches. If the process is killed within, nothing is lost but the note: what was posted
    stays open, and is allocated at the next posting for its partner, action or run.
    """
    gathered = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        _allocate_noted(dbname, gathered)


def _allocate_noted(dbname, noted):
    """:param dict noted: ``{opener: ids of journal items}``"""
    registry = Registry(dbname)
    if not registry.ready:  # an addon is being installed
        return
    for opener, ids in noted.items():
        try:
            _allocate_in_own_transactions(registry, opener, ids)
        except Exception as error:
            _logger.exception("Credit allocation after posting failed; the documents are posted and stay open")
            _log_failure(registry, opener, ids, error)


def _allocate_in_own_transactions(registry, opener, ids):
    """Allocate; what somebody else is using, or has just changed, is tried again on the new state of the books.

    A conflict takes back all that was tried together. So at last the partners are parted until only those are left that
    are in use: the others are allocated, and only the documents of those are told so.
    """
    groups = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * attempt)
        try:
            groups = _allocate_once(registry, opener, ids, groups, last_attempt=attempt == ATTEMPTS - 1)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            continue
        if not groups or attempt == ATTEMPTS - 1:
            return
    _part_after_conflict(registry, opener, _part_by_partner(registry, opener, ids))


def _allocate_once(registry, opener, ids, groups=None, *, last_attempt=True):
    """See :meth:`AllocationTrigger._allocate_opened`."""
    with expect_conflicts(registry.cursor()) as cr:
        trigger = opener.make_environment(cr)["account.credit.allocation.trigger"]
        items = trigger._find_with_counterpart(ids, opener.company_ids)
        if not items:
            return frozenset()
        # nobody waits long for a document that somebody else has open in a transaction
        cr.execute("SET LOCAL lock_timeout = %s", (LOCK_TIMEOUT,))
        return trigger._allocate_opened(items, groups, last_attempt=last_attempt)


def _part_by_partner(registry, opener, ids):
    """The ids of the items that have a counterpart, a list for each commercial partner."""
    with registry.cursor() as cr:
        trigger = opener.make_environment(cr)(su=True)["account.credit.allocation.trigger"]
        items = trigger._find_with_counterpart(ids, opener.company_ids)
        return [found.ids for found in items.grouped(lambda item: item.partner_id.commercial_partner_id).values()]


def _part_after_conflict(registry, opener, parts):
    """These partners have met a conflict together: try each half of them; a partner that is left alone is told so."""
    if len(parts) == 1:
        _logger.info("Credit allocation after posting gave way to other transactions %s times", ATTEMPTS)
        _log_failure(registry, opener, parts[0])
        return
    half = len(parts) // 2
    for some in filter(None, (parts[:half], parts[half:])):
        try:
            _allocate_once(registry, opener, [item_id for part in some for item_id in part])
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _part_after_conflict(registry, opener, some)


def _log_failure(registry, opener, ids, error=None):
    """Say it on the documents of the items; without an error they were in use by somebody else, each time."""
    try:
        with expect_conflicts(registry.cursor()) as cr:
            env = opener.make_environment(cr)(su=True)
            moves = env["account.move.line"].browse(sorted(ids)).exists().move_id
            if error is None:
                message = env["account.credit.allocation.leftover"]._get_reason_labels()[LOCKED_BY_ANOTHER_USER]
            else:
                message = env["account.credit.allocation.executor"]._get_error_message(error)
            env["account.credit.allocation.trigger"]._log_on_chatter(dict.fromkeys(moves.ids, message))
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        _logger.info("The documents are in use by somebody else, and cannot be told so")
    except Exception:
        _logger.exception("The failure could not be noted on the documents")
