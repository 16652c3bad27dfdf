"""One incident in memory: what the pure side knows of it, of its row and back into it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC
from types import MappingProxyType
from typing import Any

from odoo.models import BaseModel

from ..tools import detector, incidents, telling
from ..tools.causes import Node, Place, Subject
from ..tools.escalation import Audience
from ..tools.findings import Signal
from ..tools.incident_states import State
from ..tools.severity import Severity
from .rollup_rows import moment


def seconds(at: Any) -> int | None:
    """Seconds since 1970 of a moment as Odoo stores it."""
    return int(at.replace(tzinfo=UTC).timestamp()) if at else None


@dataclass
class Case:
    """One incident: its row, and what the pure side knows of it."""

    record: BaseModel
    node: Node
    incident: incidents.Incident
    standing: telling.Standing
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, record: BaseModel) -> Case:
        """What stands in a row."""
        worst = Severity(int(record.severity))
        signals = {Signal(name): end for name, end in (record.signals or {}).items()}
        incident = incidents.Incident(
            seconds(record.started_at) or 0, MappingProxyType(signals), worst
        )
        standing = telling.Standing(
            State(record.state),
            worst,
            bool(incident.lasting),
            seconds(record.told_at),
            Severity(int(record.told_severity)) if record.told_severity else None,
            record.reached,
            seconds(record.acknowledged_at),
            seconds(record.resolved_at),
            tuple(Audience(one) for one in record.told_to or ()),
            record.turn,
        )
        node = Node(Subject(record.subject), record.subject_ref)
        return cls(record, node, incident, standing, dict(record.findings or {}))

    def became(self, incident: incidents.Incident) -> None:
        """Take the next value of the pure side."""
        self.incident = incident
        self.standing = replace(
            self.standing, severity=incident.severity, lasting=bool(incident.lasting)
        )

    def save(self) -> bool:
        """Write back what is different; whether anything was."""
        standing = self.standing
        values = {
            "signals": {signal.value: end for signal, end in self.incident.signals.items()},
            "findings": self.findings,
            "severity": str(int(self.incident.severity)),
            "state": standing.state.value,
            "quiet_since": _stored(self.incident.quiet_since),
            "told_at": _stored(standing.told_at),
            "told_severity": str(int(standing.told_severity)) if standing.told_severity else False,
            "reached": standing.reached,
            "acknowledged_at": _stored(standing.acknowledged_at),
            "resolved_at": _stored(standing.resolved_at),
            "told_to": [one.value for one in standing.told_to],
            "turn": standing.turn,
        }
        changed = {name: new for name, new in values.items() if self.record[name] != new}
        if changed:
            self.record.write(changed)
        return bool(changed)

    def remember(self, change: detector.Change) -> None:
        """Keep the numbers; a signal that comes and goes is counted, not listed again."""
        signal = change.finding.signal
        known = self.findings.get(signal.value, {})
        begun = not known or change.step is detector.Step.STARTED
        # Of an end the numbers are those of health: the ones that spoke for it are kept.
        over = known and change.step is detector.Step.ENDED
        self.findings[signal.value] = {
            "since": change.since,
            "at": change.at,
            "peak": round(change.peak, 3),
            "times": known.get("times", 0) + (1 if begun else 0),
            "level": known.get("level") if over else round(change.finding.level, 3),
            "grade": known.get("grade") if over else int(change.finding.grade),
            "facts": known.get("facts") if over else dict(change.finding.facts),
        }
        if not known:
            self.record._note("signal", at=change.at, signal=signal.value)

    def place(self) -> Place:
        """What the interface of the incident depends on."""
        interface = self.record.interface_id
        return Place(
            interface.id,
            self.record.system_id.id,
            interface.direction,
            self.record.listener_ref or None,
        )


def _stored(at: int | None) -> Any:
    return moment(at) if at is not None else False
