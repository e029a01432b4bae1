from greenlet import getcurrent, greenlet

from odoo import api, models
from odoo.tools import split_every

# so many documents are tracked side by side
SIDE_BY_SIDE = 100


class Tracking(greenlet):
    """Native tracking of some documents, which pauses whenever it is about to create a message."""

    def create_messages(self, thread, values_list):
        """Called from within: leave the creation to whoever runs the trackings, and go on with the messages."""
        return self.parent.switch(thread, values_list)


class MailThread(models.AbstractModel):
    """Changes of many documents are tracked natively, but the messages about them are created together.

    Native tracking posts one message after the other, and to create them one at a time takes half of the time of a
    reconciliation. The native methods cannot be called for several documents at once; so they run side by side, each up
    to the point where it creates its message, then all messages are created in one call, and each goes on with its own.
    Every native step, and every step of an addon that extends one, happens once for each message, as ever.
    """

    _inherit = "mail.thread"

    @api.model
    def _track_together(self):
        """Write the messages about changes that are due at the end of the transaction: now, and in few calls."""
        self.with_context(credit_allocation_track_together=True)._track_finalize()

    def _message_track(self, fields_iter, initial_values_dict):
        if not self.env.context.get("credit_allocation_track_together") or isinstance(getcurrent(), Tracking):
            return super()._message_track(fields_iter, initial_values_dict)
        self = self.with_context(credit_allocation_track_together=False)
        data, tracked = self.env.cr.precommit.data, {}
        # native tracking takes them from there at its beginning, those of all documents at once
        keys = [f"mail.tracking.{what}.{self._name}" for what in ("message", "author")]
        prepared = {key: data.pop(key, {}) for key in keys}

        def track(records):
            data.update(prepared)
            tracked.update(super()._message_track(fields_iter, initial_values_dict))

        share = -(-len(self) // SIDE_BY_SIDE) or 1
        paused = []
        for ids in split_every(share, self.ids):
            task = Tracking(track)
            paused.append((task, task.switch(self.browse(ids).with_prefetch(self._prefetch_ids))))
        while paused := [(task, request) for task, request in paused if not task.dead]:
            messages = self._create_messages_together([request for _task, request in paused])
            paused = [(task, task.switch(created)) for (task, _request), created in zip(paused, messages, strict=True)]
        return tracked

    @api.model
    def _create_messages_together(self, requests):
        """Create what several trackings wait for, in one call for each environment.

        :param list requests: ``(thread, values_list)``, arguments of :meth:`_message_create`
        :return: list of ``mail.message`` records, one recordset for each request
        """
        created = {}
        by_env = {}
        for place, (thread, values_list) in enumerate(requests):
            by_env.setdefault((thread.env, thread._name), []).append((place, thread, values_list))
        for entries in by_env.values():
            values_list = [dict(values) for _place, _thread, several in entries for values in several]
            tracked = [self._pop_tracking_vals(values) for values in values_list]
            messages = super(MailThread, entries[0][1])._message_create(values_list)
            messages.env["mail.tracking.value"].sudo().create(
                [
                    {**vals, "mail_message_id": message.id}
                    for message, several in zip(messages, tracked, strict=True)
                    for vals in several
                ]
            )
            remaining = iter(messages.ids)
            for place, _thread, several in entries:
                created[place] = messages.browse([next(remaining) for _values in several])
        return [created[place] for place in range(len(requests))]

    @api.model
    def _pop_tracking_vals(self, values):
        """Take the values of new tracked values out of those of a message, unless there are other commands, too."""
        commands = values.get("tracking_value_ids") or []
        if not all(len(command) == 3 and command[0] == 0 for command in commands):
            return []
        values["tracking_value_ids"] = False
        return [vals for _create, _id, vals in commands]

    def _message_create(self, values_list):
        task = getcurrent()
        if isinstance(task, Tracking):
            return task.create_messages(self, values_list)
        return super()._message_create(values_list)
