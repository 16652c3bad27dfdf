"""The incidents that are not over, in memory while changes are taken in, and back into their rows.

The pure side is in :mod:`..tools` (incidents, causes, severity, telling, maintenance). One process
at a time works on them: whoever opens the book holds an advisory lock until its transaction ends,
so that one subject gets one incident and a person's act is not overwritten.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from odoo import api, fields
from odoo.models import BaseModel

from ..tools import causes, detector, incidents, severity, subjects, telling
from ..tools.causes import Cause, Node, Place, Subject
from ..tools.findings import Finding, Grade, Signal
from ..tools.incident_states import State
from ..tools.observed import Observed
from ..tools.severity import Severity
from . import incident_notices
from .incident_case import Case, seconds
from .incident_windows import Windows
from .rollup_rows import moment

_logger = logging.getLogger(__name__)

#: Seconds for which a cause that has ended still explains what had begun before, and after which
#: what it explained becomes an incident of its own if it lasts.
GRACE = causes.BEFORE
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('integration_incident'))"


class Book:
    """All incidents that are not over.

    :param env: of a superuser; READ COMMITTED, or else the caller is repeated when it was too late.
    :param now: seconds since 1970.
    """

    def __init__(self, env: api.Environment, now: int) -> None:
        env.cr.execute(_LOCK)
        env.invalidate_all()
        self.env = env
        self.now = now
        self.windows = Windows(env, now)
        found = env["integration.incident"].search([("state", "!=", State.CLOSED.value)])
        cases = [Case.of(record) for record in found]
        self.cases = {case.node: case for case in cases}
        effects = env["integration.incident.effect"].search(
            [("incident_id", "in", found.ids), ("ended_at", "=", False)]
        )
        self._to_tell: list[Case] = []
        self.effects = {(one.interface_id.id, Signal(one.signal)): one for one in effects}

    def case_of(self, record: BaseModel) -> Case:
        """The case of an incident that is not over."""
        return self.cases[Node(Subject(record.subject), record.subject_ref)]

    def save(self) -> None:
        """Write back everything; screens that are open load anew."""
        changed = [case.save() for case in self.cases.values()]
        if any(changed):
            self.env["integration.incident"]._show_changes()

    # -- changes ---------------------------------------------------------------------------

    def take(self, observed: Iterable[Observed]) -> None:
        """Take in changes. What may be a cause goes before what may be its effects."""
        for one in sorted(observed, key=lambda one: one.node.kind is Subject.INTERFACE):
            self._take(one)
        # Once all is known: what one look finds is told as severe as it is, and not step by step.
        told, self._to_tell = self._to_tell, []
        for case in told:
            self.tell(case)

    def _take(self, one: Observed) -> None:
        signal = one.change.finding.signal
        one = one._replace(node=subjects.subject_of_incident(one.node, signal))
        case = self.cases.get(one.node)
        if case is not None and signal in case.incident.lasting:
            self.own(one.node, one.change, one.place)
            return
        effect = self.effects.get((one.node.id, signal))
        if effect is not None and one.node.kind is Subject.INTERFACE:
            self._effect_changed(effect, one)
            return
        if one.change.step is detector.Step.ENDED:
            return
        cause = self._cause_of(one) if one.node.kind is Subject.INTERFACE else None
        if cause is None:
            self.own(one.node, one.change, one.place)
        else:
            self._effect_began(cause, one)

    def own(self, node: Node, change: detector.Change, place: Place | None = None) -> None:
        """A change of a signal of a subject itself."""
        case = self.cases.get(node)
        grade = severity.of(self.criticality(node), change.finding.signal, change.finding.grade)
        incident, _notice = incidents.take(case.incident if case else None, change, grade)
        if incident is None:
            return
        if case is None:
            case = self._open(node, change, incident, place)
            if case is None:
                return
        elif change.step is detector.Step.ENDED and case in self._to_tell:
            self.tell(case)  # what is over already is told as well
        case.became(incident)
        case.remember(change)
        if change.step is not detector.Step.ENDED:
            self._stand_alone(case, change)
            if case.standing.state is State.RESOLVED:
                self.reopen(case, "signal")
            if node.kind is not Subject.INTERFACE:
                self._explain(node)
        self._to_tell.append(case)

    def _open(
        self,
        node: Node,
        change: detector.Change,
        incident: incidents.Incident,
        place: Place | None,
    ) -> Case | None:
        owner = self._owner(node)
        if owner is None:
            _logger.warning("A signal is about a %s that is gone; it makes no incident", node.kind)
            return None
        values = {
            "subject": node.kind.value,
            "subject_ref": node.id,
            "listener_ref": place.listener if place and place.listener else 0,
            "severity": str(int(incident.severity)),
            "started_at": moment(incident.started),
            "detected_at": moment(self.now),
            **owner,
        }
        # The timeline tells that it began; its chatter need not.
        quietly = self.env["integration.incident"].with_context(mail_create_nolog=True)
        record = self.env["integration.incident"].browse(quietly.create(values).id)
        case = Case.of(record)
        self.cases[node] = case
        record._note("opened", at=change.since)
        return case

    def _owner(self, node: Node) -> dict[str, Any] | None:
        """Whose it is; ``None``: the subject is gone."""
        if node.kind in (Subject.SUITE, Subject.LISTENER):
            return {}
        model = "integration.interface" if node.kind is Subject.INTERFACE else "integration.system"
        one = self.env[model].browse(node.id).exists()
        if not one:
            return None
        interface = one if node.kind is Subject.INTERFACE else one.interface_ids.browse()
        system = interface.system_id or one
        return {
            "interface_id": interface.id,
            "system_id": system.id,
            "company_id": system.company_id.id,
        }

    def criticality(self, node: Node) -> str:
        """Of an interface; of what is behind several the worst of theirs."""
        interfaces = self.env["integration.interface"]
        if node.kind is Subject.INTERFACE:
            return interfaces.browse(node.id).exists().criticality or "medium"
        domain = [("state", "in", ("active", "deprecated"))]
        if node.kind is Subject.SYSTEM:
            domain.append(("system_id", "=", node.id))
        elif node.kind is Subject.LISTENER:
            domain.append(("direction", "=", "inbound"))
        found = {level for (level,) in interfaces._read_group(domain, ["criticality"])}
        return next((level for level in severity.MATRIX if level in found), "medium")

    # -- causes ----------------------------------------------------------------------------

    def _causes(self) -> Iterable[tuple[Cause, int]]:
        """What may explain others, each with its end, 0 while it lasts."""
        for case in self.cases.values():
            if case.node.kind is Subject.INTERFACE:
                continue
            for signal, end in case.incident.signals.items():
                known = case.findings.get(signal.value)
                if known and signal in causes.EXPLAINS and (not end or self.now - end < GRACE):
                    yield Cause(case.node, signal, known["since"]), end

    def _cause_of(self, one: Observed) -> Case | None:
        if one.place is None:
            return None
        return self._explained(one.change.finding.signal, one.place, one.change.since)

    def _explained(self, signal: Signal, place: Place, began: int) -> Case | None:
        present = [cause for cause, end in self._causes() if not end or began < end]
        node = causes.explained_by(signal, place, began, present)
        return self.cases.get(node) if node else None

    def _explain(self, node: Node) -> None:
        """A cause was found: incidents that it explains altogether are put behind it."""
        behind = self.cases[node].record
        for case in self.cases.values():
            if (
                case.node.kind is not Subject.INTERFACE
                or case.record.cause_id
                or (not case.incident.lasting)
            ):
                continue
            place = case.place()
            found = {
                explained.node if explained else None
                for signal in case.incident.lasting
                for explained in [
                    self._explained(signal, place, case.findings[signal.value]["since"])
                ]
            }
            if found == {node}:
                case.record.cause_id = behind
                case.record._note("behind", at=self.now)

    def _stand_alone(self, case: Case, change: detector.Change) -> None:
        """What is behind a cause comes forward when there is more than the cause explains."""
        if case.record.cause_id and not self._explained(
            change.finding.signal, case.place(), change.since
        ):
            case.record.cause_id = False

    def over(self, case: Case) -> bool:
        """Whether nothing of a case explains anything any more."""
        return all(
            signal not in causes.EXPLAINS or (end and self.now - end >= GRACE)
            for signal, end in case.incident.signals.items()
        )

    def _effect_began(self, cause: Case, one: Observed) -> None:
        change = one.change
        grade = severity.of(self.criticality(one.node), change.finding.signal, change.finding.grade)
        effects = self.env["integration.incident.effect"]
        key = (one.node.id, change.finding.signal)
        known = effects.search(
            [
                ("incident_id", "=", cause.record.id),
                ("interface_id", "=", one.node.id),
                ("signal", "=", change.finding.signal.value),
            ]
        )
        values = {
            "severity": str(int(grade)),
            "since": moment(change.since),
            "ended_at": False,
            "finding": {**change.finding.to_dict(), "peak": round(change.peak, 3)},
        }
        if known:
            known.write(values)
        else:
            known = effects.create(
                {
                    "incident_id": cause.record.id,
                    "interface_id": one.node.id,
                    "signal": change.finding.signal.value,
                    **values,
                }
            )
        self.effects[key] = known
        self._widen(cause, grade)

    def _effect_changed(self, effect: BaseModel, one: Observed) -> None:
        change = one.change
        if change.step is detector.Step.ENDED:
            effect.ended_at = moment(change.at)
            del self.effects[(one.node.id, change.finding.signal)]
            return
        grade = severity.of(self.criticality(one.node), change.finding.signal, change.finding.grade)
        effect.severity = str(int(min(grade, Severity(int(effect.severity)))))
        effect.finding = {**change.finding.to_dict(), "peak": round(change.peak, 3)}
        self._widen(self.case_of(effect.incident_id), grade)

    def _widen(self, cause: Case, grade: Severity) -> None:
        """An incident is as severe as the worst of what it does."""
        if grade < cause.incident.severity:
            cause.became(replace(cause.incident, severity=grade))
            self._to_tell.append(cause)

    def promote(self, effect: BaseModel) -> None:
        """What a cause does not explain any more, for it is over, is an incident of its own."""
        signal = Signal(effect.signal)
        kept = effect.finding
        finding = Finding(signal, kept["level"], Grade(kept["grade"]), kept["facts"])
        since = seconds(effect.since) or self.now
        effect.ended_at = moment(self.now)
        self.effects.pop((effect.interface_id.id, signal), None)
        change = detector.Change(
            detector.Step.STARTED, self.now, since, finding, kept.get("peak", finding.level)
        )
        interface = effect.interface_id
        place = Place(interface.id, interface.system_id.id, interface.direction)
        self.take([Observed(Node(Subject.INTERFACE, interface.id), change, place)])

    # -- telling ---------------------------------------------------------------------------

    def tell(self, case: Case) -> None:
        """Note everything that is to be told of a case now."""
        muted = self._muted(case)
        while told := telling.due(case.standing, self.now, muted):
            self.noted(case, told)

    def _muted(self, case: Case) -> bool:
        """Whether nobody is to be woken for it: maintenance, or a cause that has an incident."""
        window = self.windows.over(case.record)
        case.record._mute(window, self.now)
        record = case.record.cause_id
        cause = record and self.cases.get(Node(Subject(record.subject), record.subject_ref))
        explained = cause and cause.record == record and not self.over(cause)
        return bool(window or explained)

    def noted(self, case: Case, told: telling.Due) -> None:
        """Note one thing that is to be told, in this transaction."""
        case.standing = told.following
        incident_notices.write(case.record, told, case.incident.severity, self.now)

    def reopen(self, case: Case, why: str) -> None:
        """It goes on although somebody said that it is dealt with."""
        if why != "person" and self._muted(case):
            case.standing = telling.silently_again(case.standing)
        else:
            self.noted(case, telling.again(case.standing, self.now))
        case.record._note("reopened", at=self.now, why=why)


def now() -> int:
    """The present, in seconds."""
    return seconds(fields.Datetime.now()) or 0
