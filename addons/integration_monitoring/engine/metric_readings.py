"""What a scrape tells, read from small tables: rollups, heartbeats, and what is open.

Models of other parts of monitoring may be absent while the registry is being built; a reading that
cannot be made is left out, and never made up.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from odoo.api import Environment
from odoo.sql_db import BaseCursor

from ..tools import counter_ranges
from ..tools.metric_families import Beat, InterfaceReading, Readings
from ..tools.rollup import EMPTY, Rollup, Step, combine
from . import ledger_counts, rollup_rows
from .watch_readings import MOST


def read(env: Environment, company_ids: Sequence[int] = ()) -> Readings:
    """All readings of this moment.

    :param company_ids: only interfaces of these; empty: of all
    """
    now = time.time()
    cr = env.cr
    ledger_counts.without_jit(cr)
    described = _described(cr, company_ids)
    keys = list(described)
    counted, latest = _counted(cr, keys, now), _latest(cr, keys, now)
    attention, open_breakers = _attention(cr, keys), _open_breakers(cr, keys)
    lights, budgets = _lights(env, keys), _budgets(env, keys)
    interfaces = [
        InterfaceReading(
            key,
            **described[key],
            counted=counted.get(key, EMPTY),
            depth=latest.get(key, EMPTY).depth,
            oldest=latest.get(key, EMPTY).oldest,
            attention=attention.get(key, {}),
            light=lights.get(key),
            breaker_open=key in open_breakers,
            budgets=budgets.get(key, {}),
        )
        for key in keys
    ]
    return Readings(
        since=counter_ranges.since(now),
        measured=_measured(cr),
        interfaces=interfaces,
        beats=_beats(cr),
        incidents=_incidents(cr, company_ids),
        breaches=env["integration.metrics.token"]._breaches(company_ids),
        probes=env["integration.metrics.token"]._probes(keys),
    )


def _described(cr: BaseCursor, company_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    cr.execute(
        """
        SELECT i.id, i.name, s.code, c.name, i.direction, coalesce(i.criticality, '')
          FROM integration_interface i
          JOIN integration_system s ON s.id = i.system_id
          JOIN res_company c ON c.id = i.company_id
         WHERE i.active AND i.state IN ('active', 'deprecated')
           AND (%(all)s OR i.company_id = ANY(%(companies)s))
         ORDER BY i.id
        """,
        {"all": not company_ids, "companies": list(company_ids)},
    )
    names = ("name", "system", "company", "direction", "criticality")
    return {key: dict(zip(names, values, strict=True)) for key, *values in cr.fetchall()}


def _counted(cr: BaseCursor, keys: Sequence[int], now: float) -> dict[int, Rollup]:
    parts: dict[int, list[Rollup]] = {}
    for step, begin, end in counter_ranges.ranges(now):
        for key, windows in rollup_rows.read(cr, keys, step, begin, end).items():
            parts.setdefault(key, []).extend(windows.values())
    return {key: combine(found) for key, found in parts.items()}


def _latest(cr: BaseCursor, keys: Sequence[int], now: float) -> dict[int, Rollup]:
    """Of each interface its reading of the last whole minute, if it has one.

    Without a row nothing happened and nothing waited.
    """
    cr.execute("SELECT max(begin_at) FROM integration_rollup WHERE step = %s", [int(Step.MINUTE)])
    last = cr.fetchone()[0]
    if last is None:
        return {}
    begin = rollup_rows.seconds(last)
    found = rollup_rows.read(cr, keys, Step.MINUTE, begin, begin + Step.MINUTE)
    return {key: windows[begin] for key, windows in found.items()}


def _measured(cr: BaseCursor) -> float | None:
    cr.execute(
        "SELECT extract(epoch FROM max(beat_at)) FROM integration_heartbeat WHERE kind = 'rollup'"
    )
    found = cr.fetchone()[0]
    return None if found is None else float(found)


def _attention(cr: BaseCursor, keys: Sequence[int]) -> dict[int, dict[str, int]]:
    """Messages that wait for a person, of each state :data:`MOST` at most: a scrape comes often."""
    cr.execute(
        """
        SELECT i.id, q.n, d.n
          FROM unnest(%(ids)s::int[]) AS i(id)
         CROSS JOIN LATERAL (
               SELECT count(*) AS n FROM (
                      SELECT FROM integration_message
                       WHERE interface_id = i.id AND state = 'quarantined'
                       ORDER BY id LIMIT %(most)s) m) q
         CROSS JOIN LATERAL (
               SELECT count(*) AS n FROM (
                      SELECT FROM integration_message
                       WHERE interface_id = i.id AND state = 'dead'
                       ORDER BY available_at LIMIT %(most)s) m) d
         WHERE q.n > 0 OR d.n > 0
        """,
        {"ids": list(keys), "most": MOST},
    )
    return {
        key: {state: n for state, n in (("quarantined", waits), ("dead", dead)) if n}
        for key, waits, dead in cr.fetchall()
    }


def _open_breakers(cr: BaseCursor, keys: Sequence[int]) -> frozenset[int]:
    cr.execute(
        """
        SELECT interface_id FROM integration_breaker
         WHERE interface_id = ANY(%s) AND state IN ('open', 'forced_open')
        """,
        [list(keys)],
    )
    return frozenset(row[0] for row in cr.fetchall())


def _beats(cr: BaseCursor) -> list[Beat]:
    cr.execute(
        """
        SELECT key, kind, extract(epoch FROM now() AT TIME ZONE 'UTC' - beat_at), every
          FROM integration_heartbeat ORDER BY key
        """
    )
    return [
        Beat(part, kind, max(0.0, float(age)), float(allowed))
        for part, kind, age, allowed in cr.fetchall()
    ]


def _incidents(cr: BaseCursor, company_ids: Sequence[int]) -> Mapping[tuple[str, bool], int]:
    cr.execute(
        """
        SELECT severity, state IN ('acknowledged', 'resolved'), count(*)
          FROM integration_incident
         WHERE state != 'closed'
           AND (%(all)s OR company_id IS NULL OR company_id = ANY(%(companies)s))
         GROUP BY 1, 2
        """,
        {"all": not company_ids, "companies": list(company_ids)},
    )
    return {
        (_SEVERITIES[severity], acknowledged): count
        for severity, acknowledged, count in cr.fetchall()
    }


_SEVERITIES = {"1": "critical", "2": "high", "3": "medium", "4": "low"}


def _lights(env: Environment, keys: Sequence[int]) -> dict[int, str]:
    if "integration.watch" not in env:
        return {}
    env.cr.execute(
        "SELECT interface_id, light FROM integration_watch WHERE interface_id = ANY(%s)",
        [list(keys)],
    )
    return {key: light for key, light in env.cr.fetchall() if light}


def _budgets(env: Environment, keys: Sequence[int]) -> dict[int, dict[str, float]]:
    return env["integration.metrics.token"]._budgets(keys)
