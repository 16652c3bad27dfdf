"""Notices: what is to be told of an incident, as rows of the transaction that found it.

They are delivered afterwards (:mod:`.notice_delivery`), so nothing is told of what was rolled back,
and nothing is lost with a process that dies. A key names each thing that is told, once for each
channel.
"""

from __future__ import annotations

from odoo.models import BaseModel

from ..tools.severity import Severity
from ..tools.telling import Due, Kind
from .rollup_rows import moment

CRON = "integration_monitoring.ir_cron_incident_notices"


def write(incident: BaseModel, told: Due, severity: Severity, now: int) -> None:
    """Note something that is to be told, for each channel that tells it."""
    env = incident.env
    channels = _channels(incident, told, severity)
    values = {
        "incident_id": incident.id,
        "kind": told.kind.value,
        "key": told.key,
        "severity": str(int(severity)),
        "at": moment(now),
        "due_at": moment(now),
        "audience": [one.value for one in told.audience],
    }
    notices = env["integration.incident.notice"]
    known = notices.search([("incident_id", "=", incident.id), ("key", "=", told.key)])
    missing = channels - known.channel_id
    if missing:
        notices.create([{**values, "channel_id": channel.id} for channel in missing])
        env.ref(CRON)._trigger()
    elif not known and told.kind is not Kind.END:
        # That nobody is told is worth a line, for somebody may have thought so.
        notices.create({**values, "state": "nobody"})
    incident._note(
        "told",
        at=now,
        told=told.kind.value,
        severity=int(severity),
        audience=[one.value for one in told.audience],
        channels=len(channels),
    )


def _channels(incident: BaseModel, told: Due, severity: Severity) -> BaseModel:
    found = incident.env["integration.alert.channel"].search([])
    found = found.filtered(lambda one: one._takes(incident, told.audience, severity))
    if told.kind is Kind.END:
        # Only where something was told, or was to be: an end of nothing puzzles people.
        found &= incident.notice_ids.channel_id
    return found
