"""Incidents as business events: a subscriber gets them signed, as it gets all others.

They carry names of the configuration, states and moments. Nobody is told of what becomes of their
own delivery by another such event (:mod:`odoo.addons.integration_core.engine.own_events`), and an
incident of an interface that carries them is not told through them at all.
"""

from __future__ import annotations

from typing import Final

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel

from odoo.addons.integration_core.engine import outbox, own_events, triggers
from odoo.addons.integration_core.engine.snapshots import Snapshot

#: Codes of the event types, by kind of notice, and of the contracts of the same names.
CODES: Final = {
    "start": "integration.incident.started",
    "worse": "integration.incident.worsened",
    "step": "integration.incident.escalated",
    "again": "integration.incident.reopened",
    "end": "integration.incident.ended",
}
own_events.register(*CODES.values())


def subscribers(env: api.Environment) -> BaseModel:
    """Interfaces that carry events of incidents, of all kinds and companies, as the reader may
    see them."""
    return env["integration.interface"].search(
        [
            ("event_type_ids.code", "in", sorted(CODES.values())),
            ("activated_at", "!=", False),
            ("state", "!=", "retired"),
        ]
    )


def write(notice: BaseModel) -> BaseModel:
    """Write the event of a notice, in its transaction; return who gets it."""
    env, incident = notice.env, notice.incident_id
    trigger = triggers.subscribed(env, CODES[notice.kind])
    if trigger is None:
        return env["integration.interface"]
    taking = subscribers(env).filtered(
        lambda one: (
            trigger.type_id in one.event_type_ids.ids
            and incident.company_id.id in (False, one.company_id.id)
        )
    )
    if not taking:
        return taking
    # Its content is that of the notice: what the incident became since is told by the next one.
    data = {**incident._told_data(), "severity": int(notice.severity), "told": notice.kind}
    snapshot = Snapshot(data, incident.company_id.id or None, incident.name)
    entry = outbox.Entry(None, snapshot=snapshot)
    outbox.write(env, trigger, {incident.id: entry}, {}, SUPERUSER_ID)
    return taking
