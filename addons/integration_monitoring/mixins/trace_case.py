from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.integration_core.mixins.message_screen import LOOKS

from ..tools import timeline
from .overview_parts import OBSERVER

#: Messages of one case that are told; the button opens the whole list.
TOLD = 200
ODOO = "Odoo"
_BAD = ("dead", "quarantined")


class IntegrationTraceCase(models.AbstractModel):
    """Everything that happened under one correlation id. Part of ``integration.trace``."""

    _name = "integration.trace.case"
    _description = "One Business Case"

    @api.model
    @api.readonly
    def case(self, correlation_id):
        """The timeline of one case, as far as the reader may see it.

        :return: as :func:`..tools.timeline.tell`, with ``correlation_id``, ``count`` of the
            messages and ``open``, the list of them; without messages there are no steps
        :raises odoo.exceptions.AccessError: the reader is no observer
        """
        if not self.env.user.has_group(OBSERVER):
            raise AccessError(self.env._("Traces are for observers. Ask for the role Observer."))
        ledger = self.env["integration.message"]
        domain = [("correlation_id", "=", str(correlation_id or ""))]
        messages = ledger.search(domain, order="id", limit=TOLD) if correlation_id else ledger
        steps = [
            *self._event_steps(messages, correlation_id),
            *self._message_steps(messages),
            *self._attempt_steps(messages),
            *self._act_steps(messages),
        ]
        return {
            "correlation_id": correlation_id,
            "count": ledger.search_count(domain) if correlation_id else 0,
            "open": {
                "model": ledger._name,
                "domain": domain,
                "name": self.env._("Messages of the case"),
                "context": {},
            },
            **timeline.tell(steps),
        }

    @api.model
    def _moment(self, value):
        return fields.Datetime.to_string(value.replace(microsecond=0)) if value else False

    def _event_steps(self, messages, correlation_id):
        """Changes of records that were told of in this case, also those that nobody subscribed."""
        events = self.env["integration.event"]
        ids = set(messages.event_id.ids)
        for model, found in messages.filtered("res_id").grouped("res_model").items():
            # By record, then by case: there is an index of records only.
            ids |= set(
                events.search(
                    [
                        ("res_model", "=", model),
                        ("res_id", "in", found.mapped("res_id")),
                        ("correlation_id", "=", correlation_id),
                    ],
                    limit=TOLD,
                ).ids
            )
        readable = events.search([("id", "in", list(ids))], order="id", limit=TOLD)
        return [
            timeline.Step(
                _seconds(event.occurred_at),
                ODOO,
                data={
                    "kind": "event",
                    "title": event.type_id.sudo().name or event.type_code,  # sudo: a name only
                    "detail": event.document_label or "",
                    "state": "",
                    "bad": False,
                    "open": {"model": event._name, "id": event.id},
                    "record": self._pointer(event.res_model, event.res_id, event.document_name),
                },
            )
            for event in readable
        ]

    def _message_steps(self, messages):
        states = dict(messages._fields["state"]._description_selection(self.env))
        return [
            timeline.Step(
                _seconds(message.created_at),
                message.system_id.display_name,
                _seconds(message.finished_at) if message.finished_at else None,
                {
                    "kind": message.direction,
                    "title": message.kind_name or message.message_type or "",
                    "detail": message.error_message or message.document_label or "",
                    "interface": message.interface_id.display_name,
                    "state": message.state,
                    "state_name": states[message.state],
                    "bad": message.state in _BAD,
                    "open": {"model": message._name, "id": message.id},
                    "record": self._pointer(
                        message.res_model, message.res_id, message.document_name
                    ),
                },
            )
            for message in messages
        ]

    def _attempt_steps(self, messages):
        """What the jobs did: one step for each time that a message was sent or handled."""
        attempts = self.env["integration.attempt"].search(
            [("message_id", "in", messages.ids)], order="started_at, id", limit=5 * TOLD
        )
        states = dict(messages._fields["state"]._description_selection(self.env))
        return [
            timeline.Step(
                _seconds(attempt.started_at),
                attempt.message_id.system_id.display_name
                if attempt.message_id.direction == "outbound"
                else ODOO,
                _seconds(attempt.started_at + timedelta(milliseconds=attempt.duration_ms or 0)),
                {
                    "kind": "attempt",
                    "title": self.env._("Attempt %s", attempt.number),
                    "detail": " · ".join(
                        filter(
                            None,
                            (
                                f"HTTP {attempt.http_status}" if attempt.http_status else "",
                                attempt.error_message or "",
                            ),
                        )
                    ),
                    "state": attempt.outcome or "",
                    "state_name": states.get(attempt.outcome, ""),
                    "bad": attempt.outcome in _BAD,
                    "open": {"model": "integration.message", "id": attempt.message_id.id},
                    "record": False,
                },
            )
            for attempt in attempts
        ]

    def _act_steps(self, messages):
        # sudo: who mended a message is part of its history, as on its own form; why somebody
        # looked at its content is for auditors and left out
        entries = (
            self.env["integration.audit.entry"]
            .sudo()
            .search(
                [
                    ("res_model", "=", messages._name),
                    ("res_id", "in", messages.ids),
                    ("act", "not in", LOOKS),
                ],
                limit=TOLD,
            )
        )
        acts = dict(entries._fields["act"]._description_selection(self.env))
        return [
            timeline.Step(
                _seconds(entry.occurred_at),
                ODOO,
                data={
                    "kind": "act",
                    "title": acts[entry.act],
                    "detail": entry.actor_login or "",
                    "state": "",
                    "bad": False,
                    "open": {"model": messages._name, "id": entry.res_id},
                    "record": False,
                },
            )
            for entry in entries
        ]

    def _pointer(self, model, record_id, name):
        """The document, for those who may read it: they alone know its name."""
        return {"model": model, "id": record_id, "name": name} if name and record_id else False


def _seconds(moment):
    return moment.replace(tzinfo=UTC).timestamp()
