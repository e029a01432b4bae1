import logging
from collections import Counter
from itertools import product

from odoo import Command
from odoo.exceptions import AccessError
from odoo.models import MAGIC_COLUMNS
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.account_credit_allocation.tests.own_models import get_addon, get_own_addons, get_own_classes

from .common import OrderCreditCase

_logger = logging.getLogger(__name__)

EVERY_RIGHT = (
    "account.group_account_manager,account.group_account_user,sales_team.group_sale_manager,base.group_partner_manager"
)
SENT, OWN = "what was sent", "the dialog itself"
SAMPLES = {"char": "x", "text": "x", "html": "x", "float": 1.0, "monetary": 1.0, "integer": 1, "boolean": True}


@tagged("post_install", "-at_install")
class TestDialogsTellNothing(OrderCreditCase):
    """Who may not read what a dialog is about learns nothing of it, whatever the client sends and asks for.

    The id of what a dialog is about comes from a client, who may have guessed it. Every dialog of these addons is asked
    about two such records that differ in all there is to know of them. An answer that is not the same for both tells
    something. To be refused is an answer, too. The name of a record whose id was sent is what Odoo itself shows for any
    many2one, and is left out.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_addons = get_own_addons(cls.env)
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.third = cls.env["res.company"].create({"name": "Third", "currency_id": cls.euro.id})
        cls.seller = cls.new_user("seller", "sales_team.group_sale_salesman", cls.company)
        cls.foreigners = [
            cls.new_user("other", "sales_team.group_sale_salesman", cls.company),
            cls.new_user("foreigner", EVERY_RIGHT, cls.elsewhere),
            cls.new_user("auditor", "account.group_account_readonly", cls.elsewhere),
        ]
        # somebody with every right, but for a rule of the company about these customers
        cls.foreigners.append(cls.new_user("blinkered", EVERY_RIGHT, cls.company))
        for model, name in (("res.partner", "name"), ("res.partner.bank", "acc_holder_name")):
            cls.env["ir.rule"].create(
                {
                    "model_id": cls.env["ir.model"]._get_id(model),
                    "domain_force": f"[('{name}', 'not in', ('Alpha', 'Omega') if user.login == 'blinkered' else ())]",
                }
            )
        cls.env.user.group_ids |= cls.env.ref("account.group_validate_bank_account")
        cls.twins = [cls.new_world("Alpha", 4711, cls.company, True), cls.new_world("Omega", 815, cls.third, False)]
        cls.env.flush_all()

    @classmethod
    def new_user(cls, login, groups, company):
        return new_test_user(cls.env, login=login, groups=groups, company_id=company.id, company_ids=company.ids)

    @classmethod
    def new_world(cls, name, amount, company, trusted):
        """A customer of the company with all that a dialog may be about: ``{model: record}``."""
        partner = cls.env["res.partner"].create({"name": name, "company_id": cls.company.id})
        bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": f"BANK-{name}",
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "acc_holder_name": name,
                "allow_out_payment": trusted,
            }
        )
        journal = cls.env["account.journal"].sudo()
        journal = journal.create({"name": f"Bank {name}", "code": name, "type": "bank", "company_id": company.id})
        currency = cls.company.currency_id if trusted else cls.euro
        cls.payment(amount, partner, credit_allocation_excluded=True, currency_id=currency.id)
        withdrawal = partner._request_credit_withdrawal(amount / 10, currency, bank, cls.company)
        order = cls.order(amount / 2, partner, user_id=cls.seller.id, currency=None if trusted else currency)
        invoice = cls.invoice(amount, partner)
        cls.payment(amount / 3, partner)
        scope = {"partner_ids": tuple(partner.ids)}
        line = cls.allocate(cls, company_ids=tuple(cls.company.ids), **scope).documents.line_ids
        records = [
            company,
            partner,
            bank,
            journal,
            withdrawal,
            withdrawal.reservation_id,
            order,
            invoice,
            cls.open_items(invoice),
            line[:1],
            line.allocation_id[:1],
            journal.default_account_id,
        ]
        return {record._name: record for record in records}

    # --- what there is to ask -----------------------------------------------------------------------------------------

    def get_dialogs(self):
        """What a user fills in: dialogs that these addons have made or extended, and the other records of these addons
        that somebody may create, each with the fields that these addons brought."""
        for _name, model in sorted(self.env.registry.items()):
            if model._abstract or not (model._transient or model._original_module in self.own_addons):
                continue
            dialog = self.env[model._name]
            own = [name for name, field in dialog._fields.items() if self.is_own(dialog, field)]
            if names := [name for name in own if name not in (*MAGIC_COLUMNS, "id", "display_name")]:
                yield dialog, names

    def as_user(self, model, user, records=None):
        """A model, or records of it, as the user has it who selects no company."""
        return self.env(user=user, context={})[model].browse(records and records.ids)

    def is_own(self, dialog, field):
        if dialog._original_module in self.own_addons:
            return True
        classes = get_own_classes(dialog, self.own_addons)
        return any(get_addon(cls) in self.own_addons and field.name in vars(cls) for cls in classes)

    def get_links(self, dialog, user):
        """``{name: (id of one, id of the other)}``: fields that can name something which the user may not read."""
        links = {}
        for name, field in dialog._fields.items():
            if not field.comodel_name or field.type == "one2many" or name in ("create_uid", "write_uid"):
                continue
            if not field.store or name == "message_main_attachment_id":
                continue
            pair = self.find_unreadable(field.comodel_name, user)
            if len(pair) == 2:
                links[name] = tuple(pair.ids)
        return links

    def find_unreadable(self, model, user):
        """Two records that the user may not read: those of the two worlds, else any."""
        records = self.env[model].sudo()
        if all(model in world for world in self.twins):
            records = records.union(*(world[model] for world in self.twins))
        else:
            records = records.search([], limit=100)
        return (records - self.as_user(model, user, records)._filtered_access("read"))[:2]

    def get_requests(self, dialog, names, links):
        """Yields (what to send, which fields to ask for, in this order): one link at a time and all at once, each field
        alone, after each field that is computed as superuser, and all together. Of a record that is no dialog, what is
        computed alone: its other fields are checked when it is read."""
        computed = [name for name in names if dialog._fields[name].compute]
        sets = [[name] for name in links] + ([list(links)] if len(links) > 1 else [])
        if not dialog._transient:
            yield from product(sets[-1:], ([name] for name in computed))
            return
        own = dialog._fields
        alone = [[name] for name in names if own[name].compute or name in links]
        after = [[first, name] for first in computed if own[first].compute_sudo for name in names if name != first]
        yield from product(sets, [*alone, *after, names, names[::-1]])

    # --- asking -------------------------------------------------------------------------------------------------------

    def get_values(self, dialog, links, chosen, which, user):
        """What a client sends: a foreign record for the chosen fields, one of the user's own for the others without a
        default."""
        values = {}
        for name, field in dialog._fields.items():
            if name in chosen:
                found = links[name][which]
            elif field.default:
                continue
            elif field.required and field.store and field.comodel_name and not field.compute:
                own = self.as_user(field.comodel_name, user)
                found = own.has_access("read") and own.search([], limit=1).id
            elif field.required and field.store and not field.compute and field.type in SAMPLES:
                values[name] = SAMPLES[field.type]
                continue
            else:
                continue
            values[name] = [Command.set([found])] if field.type == "many2many" else found
        return values

    def ask(self, dialog, how, values, chosen, order):
        """One request, as the client makes it; what it changes is taken back."""
        spec = {name: {"fields": {"display_name": {}}} if dialog._fields[name].comodel_name else {} for name in order}
        self.env.invalidate_all()
        self.env.cr.execute("SAVEPOINT asked")
        try:
            if how == "onchange":
                return dialog.onchange(values, chosen, spec)
            if how == "defaults":
                return dialog.onchange({}, [], spec)
            return dialog.web_save(values, spec)
        except AccessError:
            return "AccessError"
        except Exception as error:
            return f"{type(error).__name__}: {error}" if how != "web_save" else type(error).__name__
        finally:
            self.env.invalidate_all(flush=False)
            self.env.transaction.tocompute.clear()
            self.env.cr.execute("ROLLBACK TO SAVEPOINT asked")

    def get_context(self, dialog, how, values, links, chosen, which, companies):
        context = {"allowed_company_ids": companies} if companies else {}
        if how == "defaults":
            name = chosen[0]
            context |= {f"default_{name}": value for name, value in values.items()}
            context |= {
                "active_model": dialog._fields[name].comodel_name,
                "active_id": links[name][which],
                "active_ids": [links[name][which]],
            }
        return context

    def mask(self, value, sent):
        """An answer without what the client knew before: the ids it has sent, and the names that go with them."""
        if isinstance(value, dict):
            if type(value.get("id")) is int and value["id"] in sent and "display_name" in value:
                return SENT
            return {key: OWN if key == "id" else self.mask(item, sent) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [SENT if type(item) is int and item in sent else self.mask(item, sent) for item in value]
        return value

    # --- tests --------------------------------------------------------------------------------------------------------

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.models")
    def test_no_dialog_tells_of_what_the_user_may_not_read(self):
        tried = Counter()
        for user in self.foreigners:
            for dialog, names in self.get_dialogs():
                for companies in (None, self.company.ids) if user.company_ids != self.company else (None,):
                    told = self.find_told(dialog, names, user, companies, tried)
                    with self.subTest(user=user.login, dialog=dialog._name, companies=companies):
                        self.assertFalse(sorted(told)[:5], f"{len(told)} ways to learn of it")
        _logger.info("Dialogs were asked in this many ways, and answered: %s", dict(tried))
        self.assertGreater(len(tried), 8)
        self.assertGreater(tried.total(), 100, "the test itself is refused where it should not be")

    def find_told(self, dialog, names, user, companies, tried):
        """The ways in which the user learns something.

        :param Counter tried: gets what was not refused
        """
        if not self.as_user(dialog._name, user).has_access("create"):
            names = names[:1]  # everything is refused; to ask once shows it
        links = self.get_links(dialog, user)
        told = []
        for chosen, order in self.get_requests(dialog, names, links):
            for how in self.get_ways(dialog, order):
                request = (dialog, how, links, chosen, order, user)
                answer = self.answer(*request, 0, companies)
                if answer == "AccessError":
                    continue
                tried[dialog._name] += 1
                if answer != self.answer(*request, 1, companies):
                    told.append((how, *chosen, "→", *order))
        return told

    def get_ways(self, dialog, order):
        """The three ways run the same computes: all three where a compute comes first, or everything is asked."""
        if not dialog._fields[order[0]].compute:
            return ("onchange", "defaults") if len(order) > 2 else ("onchange",)
        return ("onchange", "web_save") if len(order) == 1 else ("onchange", "defaults", "web_save")

    def answer(self, dialog, how, links, chosen, order, user, which, companies):
        values = self.get_values(dialog, links, chosen, which, user)
        context = self.get_context(dialog, how, values, links, chosen, which, companies)
        as_user = dialog.with_env(self.env(user=user, context=context))
        return self.mask(self.ask(as_user, how, values, chosen, order), {links[name][which] for name in chosen})

    def test_every_compute_of_a_dialog_has_the_rights_of_its_user(self):
        """A stored compute runs as superuser unless told otherwise, and what it has read stays in the cache."""
        for dialog, names in self.get_dialogs():
            if not dialog._transient or dialog._name == "res.config.settings":
                continue  # settings are those of the company that the user works in
            for name in names:
                field = dialog._fields[name]
                with self.subTest(dialog=dialog._name, field=name):
                    self.assertFalse(field.compute and field.compute_sudo)
