import logging
import time
from functools import partial
from typing import NamedTuple

from markupsafe import Markup, escape

from odoo import api, models
from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...matching.open_item import EXCLUDED, LOCKED_BY_ANOTHER_USER, NO_COUNTERPART, OVERPAID, RESERVED, UNDERPAID
from .expected_conflicts import expect_conflicts
from .open_item_reader import PAYABLE, RECEIVABLE, AllocationScope

_logger = logging.getLogger(__name__)

# where a transaction keeps what it has posted, in cr.postcommit.data
POSTED = "account_credit_allocation.posted"
LOCK_TIMEOUT = "2s"
ATTEMPTS = 3
PAUSE = 0.2  # seconds before the next attempt, growing
# what everybody expects to be left now and then needs no note on the document
EXPECTED_REASONS = {EXCLUDED, RESERVED, OVERPAID, UNDERPAID, NO_COUNTERPART}


class Poster(NamedTuple):
    """Who posted, with which rights, in which companies: what was posted alike is allocated together."""

    uid: int
    su: bool
    company_ids: tuple[int, ...]
    lang: str | None
    tz: str | None

    def make_environment(self, cr):
        context = {"allowed_company_ids": list(self.company_ids), "lang": self.lang, "tz": self.tz}
        return api.Environment(cr, self.uid, context, self.su)


class AllocationTrigger(models.AbstractModel):
    """Allocation on post.

    Posting only notes what was posted. The flow that posted it (a payment being registered, an invoice being reversed,
    a bank statement being matched) reconciles what it wants afterwards, in the same transaction. What is still open
    once that transaction is committed is allocated, in a transaction of its own: it cannot take anything from the
    flow, cannot undo the posting, and sees the newest state of the books.
    """

    _name = "account.credit.allocation.trigger"
    _description = "Credit Allocation on Post"

    @api.model
    def _note_posted(self, moves):
        """Remember posted entries until their transaction is committed, as far as they may start an allocation."""
        if self.env.context.get("skip_credit_allocation"):
            return
        moves = moves.filtered(lambda move: self._may_start_allocation(move.sudo()))
        if not moves:
            return
        postcommit = self.env.cr.postcommit
        if POSTED not in postcommit.data:
            postcommit.data[POSTED] = {}
            postcommit.add(partial(_allocate_after_commit, self.env.cr))
        poster = Poster(self.env.uid, self.env.su, tuple(self.env.companies.ids), self.env.lang, self.env.tz)
        postcommit.data[POSTED].setdefault(poster, set()).update(moves.ids)

    @api.model
    def _allocate_posted(self, moves, groups=None, *, last_attempt=True):
        """Allocate the credits of the partners of just posted entries, as the companies' settings say.

        :param moves: the entries; those that are no longer posted are passed over
        :param groups: limit to these, None for all that the entries touch
        :param bool last_attempt: whether to say on the entries that an item is in use by somebody else
        :return: frozenset of groups that were left because somebody else used them; they may be tried again
        """
        if groups is None:
            groups = self._get_groups(moves)
        if not groups:
            return frozenset()
        outcome = self.env["account.credit.allocation.executor"]._allocate(
            AllocationScope(
                company_ids=tuple((self.env.companies | moves.company_id).ids),
                partner_ids=tuple(sorted({group.partner for group in groups})),
                groups=groups,
            ),
            "on_post",
        )
        left = outcome.credits_left + outcome.debts_left
        locked = frozenset(entry.item.group for entry in left if entry.reason == LOCKED_BY_ANOTHER_USER)
        if last_attempt or not locked:
            self._log_reasons(moves, left)
        return locked

    @api.model
    def _get_groups(self, moves):
        """The groups that the entries touch, as far as they are allocated automatically.

        :return: frozenset of :class:`Group`
        """
        Partner = self.env["res.partner"]
        return frozenset(
            line._get_open_item_group()
            for move in moves
            if self._starts_allocation(move)
            for line in move._get_open_lines()
            if line.partner_id and Partner._allocates_on_post(line)
        )

    @api.model
    def _find_with_counterpart(self, move_ids, company_ids):
        """A cheap question that is asked before anything is read: of which entries is something open, while the same
        partner has something open on the other side?

        It looks at all accounts of a type, because a counterpart on another account is a reason to be told. Whether the
        two may be allocated is found out later. PostgreSQL looks into an index of the other side's unreconciled items:
        neither what was settled long ago nor what else is open costs anything.

        :param move_ids: ids of posted entries, of which some may have been deleted
        :param company_ids: counterparts of these companies, or of that of the entry
        :return: the entries, a recordset
        """
        query = SQL(
            """WITH posted AS MATERIALIZED (
                   SELECT line.move_id, line.company_id, account.account_type, contact.commercial_partner_id,
                          line.amount_residual_currency > 0 AS is_debit
                     FROM account_move_line line
                     JOIN account_account account ON account.id = line.account_id
                     JOIN res_partner contact ON contact.id = line.partner_id
                    WHERE line.move_id = ANY(%(move_ids)s)
                      AND line.parent_state = 'posted'
                      AND line.reconciled IS NOT TRUE
                      AND account.account_type IN %(account_types)s
               ),
               -- materialized: once for each partner, not once for each entry
               found AS MATERIALIZED (
                   SELECT side.*
                     FROM (SELECT DISTINCT company_id, account_type, commercial_partner_id, is_debit FROM posted) side
                    WHERE CASE WHEN is_debit THEN EXISTS (%(credits)s) ELSE EXISTS (%(debits)s) END
               )
               SELECT DISTINCT move_id
                 FROM posted
                 JOIN found USING (company_id, account_type, commercial_partner_id, is_debit)""",
            move_ids=sorted(move_ids),
            account_types=(RECEIVABLE, PAYABLE),
            credits=self._get_counterparts_sql(SQL("<"), company_ids),
            debits=self._get_counterparts_sql(SQL(">"), company_ids),
        )
        # PostgreSQL knows neither accounts nor partner beforehand, expects to come across a row soon, and without this
        # reads through the whole ledger where there is none
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        found = [move_id for (move_id,) in self.env.execute_query(query)]
        self.env.cr.execute("SET LOCAL enable_seqscan TO DEFAULT")
        return self.env["account.move"].browse(sorted(found))

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
    def _may_start_allocation(self, move):
        """Whether anything can come of the posting of this entry, as far as settings and its items tell; asked within
        the transaction that posts it, so that most entries of a company cost nothing afterwards."""
        return self._is_switched_on(move) and any(
            line.account_id.account_type in (RECEIVABLE, PAYABLE)
            and line.partner_id
            and self.env["res.partner"]._allocates_on_post(line)
            for line in move.line_ids
        )

    @api.model
    def _starts_allocation(self, move):
        """Whether the posting of this document starts an allocation: a hook for addons whose documents are settled by a
        flow of their own, later than the transaction that posts them. Asked after that transaction."""
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
    def _log_reasons(self, moves, left):
        """Say on the posted documents why they were not allocated, where that is out of the ordinary."""
        Leftover = self.env["account.credit.allocation.leftover"]
        reasons = Leftover._get_reason_labels()
        posted = set(moves.ids)
        messages = {}
        for leftover in left:
            if leftover.reason not in EXPECTED_REASONS and leftover.item.document in posted:
                reason = reasons[leftover.reason]
                message = leftover.message or Leftover._get_named_message(leftover.named)
                text = f"{reason}: {message}" if message else reason
                messages[leftover.item.document] = escape(text) + self._get_choice_message(leftover)
        self._log_on_chatter(moves.browse(messages), messages)

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
    def _log_on_chatter(self, moves, messages):
        """:param dict messages: ``{move id: why}``"""
        text = escape(self.env._("Outstanding credits were not allocated automatically. %s"))
        moves._log_credit_allocation({move: text % messages[move.id] for move in moves})


def _allocate_after_commit(posting_cr):
    """Allocate what the committed transaction posted. Never raises: the posting is done and stays done."""
    registry = Registry(posting_cr.dbname)
    if not registry.ready:  # an addon is being installed
        return
    for poster, ids in posting_cr.postcommit.data.pop(POSTED, {}).items():
        try:
            _allocate_in_own_transactions(registry, poster, ids)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("Credit allocation after posting gave way to other transactions %s times", ATTEMPTS)
            _log_failure(registry, poster, ids)
        except Exception as error:
            _logger.exception("Credit allocation after posting failed; the documents are posted and stay open")
            _log_failure(registry, poster, ids, error)


def _allocate_in_own_transactions(registry, poster, ids):
    """Allocate; what somebody else is using, or has just changed, is tried again on the new state of the books."""
    groups = None
    for attempt in range(1, ATTEMPTS + 1):
        last_attempt = attempt == ATTEMPTS
        try:
            with expect_conflicts(registry.cursor()) as cr:
                trigger = poster.make_environment(cr)["account.credit.allocation.trigger"]
                moves = trigger._find_with_counterpart(ids, poster.company_ids)
                if not moves:
                    return
                # nobody waits long for a document that somebody else has open in a transaction
                cr.execute("SET LOCAL lock_timeout = %s", (LOCK_TIMEOUT,))
                groups = trigger._allocate_posted(moves, groups, last_attempt=last_attempt)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if last_attempt:
                raise
        else:
            if not groups:
                return
        time.sleep(PAUSE * attempt)


def _log_failure(registry, poster, ids, error=None):
    """Say it on the documents; without an error they were in use by somebody else, each time."""
    try:
        with expect_conflicts(registry.cursor()) as cr:
            env = poster.make_environment(cr)(su=True)
            moves = env["account.move"].browse(sorted(ids)).exists()
            if error is None:
                message = env["account.credit.allocation.leftover"]._get_reason_labels()[LOCKED_BY_ANOTHER_USER]
            else:
                message = env["account.credit.allocation.executor"]._get_error_message(error)
            env["account.credit.allocation.trigger"]._log_on_chatter(moves, dict.fromkeys(moves.ids, message))
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        _logger.info("The documents are in use by somebody else, and cannot be told so")
    except Exception:
        _logger.exception("The failure could not be noted on the documents")
