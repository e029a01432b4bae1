"""Allocation on post inside Odoo's own tests.

Allocation begins after the commit of whatever posted a document, and tests never commit: that Odoo's tests pass with
the addon installed proves nothing about it. Here a test commits where a user would have:

* each call from a test of one of the ``ACTIONS``, which are what people and machines do, is a request of its own. What
  it calls in turn is a part of it; and so is what a method calls that is none of them, until the next commit;
* each HTTP request of a test commits by itself, on a cursor of Odoo's that only pretends to.

Then the addon's own callback runs, as after a real commit, on cursors that pretend as well. All of it is in one
transaction of the database, which the test takes back at its end. What other addons want to do after a commit is not
done.

Installed in the database of ``dev/odoo-tests --commits`` alone.
"""

import functools
import logging
import sys
import threading
from contextlib import contextmanager

import odoo.modules.module
from odoo import models
from odoo.tests.common import TransactionCase
from odoo.tests.test_cursor import TestCursor

from odoo.addons.account_credit_allocation.models.engine.allocation_trigger import NOTED, _allocate_after_commit

_logger = logging.getLogger(__name__)

# {model: methods}; of models that are installed every method has to exist
ACTIONS = {
    "account.move": ("action_post", "js_assign_outstanding_line"),
    "account.payment": ("action_post",),
    "account.payment.register": ("action_create_payments", "_create_payments"),
    "account.move.reversal": ("refund_moves", "modify_moves"),
    "account.bank.statement.line": ("create",),
    "payment.transaction": ("_process", "_post_process", "action_capture", "action_void", "action_refund"),
    "sale.order": ("action_confirm",),
    "sale.advance.payment.inv": ("create_invoices",),
    "pos.session": ("action_pos_session_closing_control", "action_pos_session_validate", "close_session_from_ui"),
    "pos.order": ("sync_from_ui", "action_pos_order_invoice", "action_pos_order_paid"),
    "pos.make.payment": ("check",),
    "pos.make.invoice": ("action_create_invoices",),
}

_request = threading.local()


class CommitsInTests(models.AbstractModel):
    _name = "commits.in.tests"
    _description = "Commits in Tests"

    def _register_hook(self):
        """Every time that the classes of the registry are made anew."""
        super()._register_hook()
        for model, names in ACTIONS.items():
            if model in self.env:
                cls = self.env.registry[model]
                for name in names:
                    setattr(cls, name, _make_request(getattr(cls, name)))
        if not hasattr(TestCursor.commit, "__wrapped__"):
            TestCursor.commit = _make_commit(TestCursor.commit)


@contextmanager
def _within_request():
    """Yields whether this is the outermost one."""
    outermost = not getattr(_request, "is_open", False)
    _request.is_open = True
    try:
        yield outermost
    finally:
        if outermost:
            _request.is_open = False


def _make_request(method):
    """The method, with a commit at its end where a test has called it."""

    @functools.wraps(method)
    def call(records, *args, **kwargs):
        caller = sys._getframe(1).f_globals["__name__"]
        with _within_request() as outermost:
            returned = method(records, *args, **kwargs)
            is_by_test = caller.startswith("odoo.tests.") or ".tests." in caller
            if outermost and is_by_test and not isinstance(records.env.cr, TestCursor):
                _commit_test(records.env)
        return returned

    return call


def _commit_test(env):
    """Do in a test, on its own cursor, what the addon does after a commit."""
    test = odoo.modules.module.current_test
    if NOTED not in env.cr.postcommit.data or not isinstance(test, TransactionCase):
        return
    env.flush_all()
    count = _count_documents(env.cr)
    # a test that opens no other cursors has a connection of its own, which others have to share for a moment
    is_shared = type(test)._registry_patched
    if not is_shared:
        test.registry_enter_test_mode(register_cleanup=False)
    try:
        _allocate(env.cr)
    finally:
        if not is_shared:
            test.registry_leave_test_mode()
    # no more than what an allocation writes, if it wrote: tests rely on what is in the cache alone, such as the
    # order of records, and the payments of a company that the user has not selected
    if _count_documents(env.cr) != count:
        for model in env:
            if model.startswith("account."):
                env[model].invalidate_model()


def _count_documents(cr):
    cr.execute("SELECT count(*) FROM account_credit_allocation")
    return cr.fetchone()[0]


def _make_commit(commit):
    """The commit of a cursor that pretends, with what the addon does afterwards."""

    @functools.wraps(commit)
    def call(cr):
        cr.flush()  # may post
        noted = cr.postcommit.data.get(NOTED)
        commit(cr)
        if noted:
            cr.postcommit.data[NOTED] = noted
            with _within_request():
                _allocate(cr)

    return call


def _allocate(cr):
    count = sum(map(len, cr.postcommit.data[NOTED].values()))
    _logger.info("Committed %s noted items", count)
    _allocate_after_commit(cr)
