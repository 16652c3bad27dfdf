"""The watch of what is not an interface: the suite as a whole, listeners, partner systems.

Each of them has one small row with the states of its signals, kept in the same transaction as the
incidents that are made of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from odoo.sql_db import BaseCursor

from ..tools import detector, readings
from ..tools.causes import Node, Subject
from ..tools.findings import Finding, Signal
from ..tools.observed import Observed
from .rollup_rows import moment

_States = dict[Signal, detector.State]


def look(
    cr: BaseCursor,
    findings: Mapping[Node, Iterable[Finding]],
    off: frozenset[Signal],
    now: int,
) -> list[Observed]:
    """What the findings of parts change, and what ends because nothing is said of it any more.

    :param findings: of every part that there is.
    :param off: signals that are switched off everywhere.
    """
    known = _read(cr)
    observed: list[Observed] = []
    for node in sorted({*known, *findings}):
        states, facts = known.get(node, ({}, {}))
        changes = []
        said = {one.signal: one for one in findings.get(node, ()) if one.signal not in off}
        for signal in [*states]:
            if signal not in said:
                state = states.pop(signal)
                facts.pop(signal.value, None)
                changes.append(detector.forget(state, now, Finding(signal, 0.0))[1])
        for signal, finding in said.items():
            before = states.get(signal, {})
            if finding.level < 1 and not before:
                continue
            rule = readings.hysteresis(signal)
            states[signal], change = detector.observe(before, now, finding, rule)
            changes.append(change)
            _keep_facts(facts, signal, states[signal], finding)
        observed += [Observed(node, change) for change in changes if change is not None]
        if node in findings:
            _store(cr, node, states, facts, now)
        else:
            _forget(cr, node)  # such as a listener on a host that is gone
    return observed


def _keep_facts(
    facts: dict[str, Any], signal: Signal, state: detector.State, finding: Finding
) -> None:
    if not detector.is_open(state):
        facts.pop(signal.value, None)
    elif finding.facts:
        facts[signal.value] = dict(finding.facts)


def _read(cr: BaseCursor) -> dict[Node, tuple[_States, dict[str, Any]]]:
    cr.execute("SELECT subject, subject_ref, state, facts FROM integration_watch_part")
    return {
        Node(Subject(subject), ref): (
            {Signal(key): value for key, value in (state or {}).items()},
            facts or {},
        )
        for subject, ref, state, facts in cr.fetchall()
    }


def _forget(cr: BaseCursor, node: Node) -> None:
    cr.execute(
        "DELETE FROM integration_watch_part WHERE subject = %s AND subject_ref = %s",
        [node.kind.value, node.id],
    )


def _store(cr: BaseCursor, node: Node, states: _States, facts: Mapping[str, Any], now: int) -> None:
    kept = {signal.value: dict(state) for signal, state in states.items() if state}
    opened = sum(detector.is_open(state) for state in states.values())
    cr.execute(
        """
        INSERT INTO integration_watch_part AS p
               (subject, subject_ref, system_id, state, facts, open_count, updated_at)
        VALUES (%(subject)s, %(ref)s,
                (SELECT id FROM integration_system WHERE id = %(ref)s AND %(subject)s = 'system'),
                %(state)s, %(facts)s, %(open)s, %(now)s)
        ON CONFLICT (subject, subject_ref) DO UPDATE
           SET state = EXCLUDED.state, facts = EXCLUDED.facts, open_count = EXCLUDED.open_count,
               updated_at = EXCLUDED.updated_at
        """,
        {
            "subject": node.kind.value,
            "ref": node.id,
            "state": json.dumps(kept),
            "facts": json.dumps(facts),
            "open": opened,
            "now": moment(now),
        },
    )
