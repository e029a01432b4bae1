"""What the processes of a campaign do, again and again: each role is a function that makes one request.

A request is made as Odoo's own server makes it: its own cursor, ``retrying`` around it, a commit at the end, and the
callbacks of the commit. What is acknowledged to the user is in the journal of the process (:mod:`worker`), so that the
verifier can hold the database against it.
"""

from functools import partial
from typing import NamedTuple

from odoo import Command, api
from odoo.service.model import retrying


class Desk(NamedTuple):
    """Where somebody works: ``customers`` are partner ids that everybody shares."""

    registry: object
    random: object
    uid: int
    company_id: int
    customers: list
    euro_id: int

    def environment(self, cr):
        return api.Environment(cr, self.uid, {"allowed_company_ids": [self.company_id]})

    def request(self, function):
        """Call ``function(env)`` as a request of a user, committed when this returns.

        :return: ``(what it returned, number of attempts)``
        """
        attempts = 0

        def attempt(env):
            nonlocal attempts
            attempts += 1
            return function(env)

        self.registry.check_signaling()
        with self.registry.cursor() as cr:
            env = self.environment(cr)
            return retrying(partial(attempt, env), env), attempts


class Done(NamedTuple):
    """What a request did. ``posted``: ids of journal entries that the user has been told are posted."""

    what: str
    attempts: int = 1
    count: int = 1
    posted: tuple = ()


# ----------------------------------------------------------------------------------------------------------------------
# People who post: the allocation on post follows their commit
# ----------------------------------------------------------------------------------------------------------------------


def post(desk):
    """Post an invoice, a credit note or a payment of a customer, now and then in euros."""
    random = desk.random
    kind = random.choice(["out_invoice", "out_invoice", "payment", "payment", "out_refund"])
    customer = random.choice(desk.customers)
    amount = random.choice([100.0, 50.0, round(random.uniform(1, 500), 2)])
    currency = {"currency_id": desk.euro_id} if random.random() < 0.2 else {}
    day = f"2025-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    make = make_payment if kind == "payment" else partial(make_invoice, kind)
    move_id, attempts = desk.request(lambda env: make(env, customer, amount, day, currency))
    return Done("posted", attempts, posted=(move_id,))


def make_invoice(move_type, env, customer, amount, day, currency):
    line = Command.create({"name": "Work", "price_unit": amount, "tax_ids": [Command.clear()]})
    vals = {"move_type": move_type, "partner_id": customer, "invoice_date": day, "invoice_line_ids": [line], **currency}
    invoice = env["account.move"].create({**vals, "invoice_payment_term_id": False})
    invoice.action_post()
    return invoice.id


def make_payment(env, customer, amount, day, currency):
    payment = env["account.payment"].create(
        {"partner_id": customer, "amount": amount, "date": day, "payment_type": "inbound", **currency}
    )
    payment.action_post()
    return payment.move_id.id


def pay(desk):
    """Register a payment for an open invoice of a customer, as on the invoice's screen."""
    customer = desk.random.choice(desk.customers)
    choice = desk.random.random()

    def register(env):
        invoices = env["account.move"].search(
            [
                ("partner_id", "=", customer),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
            order="id",
        )
        if not invoices:
            return ()
        invoice = invoices[int(choice * len(invoices))]
        wizard = (
            env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": invoice.date})
        )
        return tuple(wizard._create_payments().move_id.ids)

    posted, attempts = desk.request(register)
    return Done("paid" if posted else "nothing to pay", attempts, posted=posted)


# ----------------------------------------------------------------------------------------------------------------------
# People and processes who allocate
# ----------------------------------------------------------------------------------------------------------------------


def allocate(desk):
    """Work on the batches of runs as the scheduler does; when there is none, start a run."""
    desk.registry.check_signaling()
    with desk.registry.cursor() as cr:
        env = desk.environment(cr)(su=True)
        before = count_pending(env)
        env["account.credit.allocation.run"]._cron_process_batches()
        done = before - count_pending(env)
    if before:
        return Done("worked on runs", count=max(done, 0))
    with desk.registry.cursor() as cr:
        if desk.environment(cr)["account.credit.allocation.run"].search_count([("state", "=", "running")]):
            return Done("waited for a run")
    _run, attempts = desk.request(lambda env: start_run(env, desk.random))
    return Done("started a run", attempts)


def drain(desk):
    """Work on what is there, and start nothing."""
    desk.registry.check_signaling()
    with desk.registry.cursor() as cr:
        desk.environment(cr)(su=True)["account.credit.allocation.run"]._cron_process_batches()
    return Done("worked on runs")


def count_pending(env):
    return env["account.credit.allocation.run.partner"].search_count(
        [("state", "=", "pending"), ("run_id.state", "=", "running")]
    )


def start_run(env, random):
    """Start a run of everything, or apply a preview; sometimes the run before is stopped and resumed at once."""
    Run = env["account.credit.allocation.run"]
    previews = Run.search([("mode", "=", "preview"), ("state", "=", "done"), ("is_applying", "=", False)])
    if previews.allocation_ids.filtered(lambda document: document.state == "draft"):
        preview = previews.filtered(lambda run: "draft" in run.allocation_ids.mapped("state"))[-1]
        preview.action_apply()
        return preview.id
    run = Run.create({"mode": "preview" if random.random() < 0.2 else "apply", "quiet": random.random() < 0.5})
    run.action_start()
    if random.random() < 0.2:
        run.action_stop()
        run.action_resume()
    return run.id


def bulk(desk):
    """Allocate the credits of some customers with the action of the list."""
    customers = desk.random.sample(desk.customers, min(5, len(desk.customers)))
    _action, attempts = desk.request(
        lambda env: env["res.partner"].browse(customers).action_allocate_credits() and True
    )
    return Done("bulk action", attempts)


def undo(desk):
    """Take something back: with the button, or by removing the reconciliation as any user can."""
    pick, by_hand = desk.random.random(), desk.random.random() < 0.25

    def take_back(env):
        Line = env["account.credit.allocation.line"]
        domain = [("state", "=", "done"), ("partner_id", "in", desk.customers)]
        count = Line.search_count(domain)
        if not count:
            return 0
        line = Line.search(domain, order="id", offset=int(pick * count), limit=1)
        if by_hand:
            line.partial_id.unlink()
            return 1
        return len(line._undo())

    count, attempts = desk.request(take_back)
    return Done("removed by hand" if by_hand else "undone", attempts, count)


def check(desk):
    """Look for problems while everybody works: one snapshot of the database must always be sound."""
    with desk.registry.cursor() as cr:
        env = desk.environment(cr)(su=True)
        company = env["res.company"].browse(desk.company_id)
        problems = env["account.credit.allocation.check"]._find_problems(company)
    return Done("violation", count=len(problems)) if problems else Done("checked")


ROLES = {"poster": post, "payer": pay, "allocator": allocate, "bulk": bulk, "undoer": undo, "checker": check}
ROLES["drainer"] = drain
PAUSES = {
    "drainer": 0.3,
    "checker": 5.0,
    "undoer": 0.3,
    "bulk": 0.3,
}  # seconds between two requests; others go on at once
