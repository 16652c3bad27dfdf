"""When the moving parts of the suite were last seen at work.

The job runner says so itself, by a job (:func:`beat`). Of the others the database tells: scheduled
actions by their last run, drains by the lanes that have work and nobody who does it, the sealer by
entries that wait for it. :func:`look` reads that after each collection, of which it is the sign of
life as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import arming, audit_settings, lanes, settings
from odoo.addons.integration_core.engine.cursors import own_cursor

#: Parts that say themselves that they are at work; the others are told by :func:`look`.
OWN = ("job_runner",)
#: Seconds after which the collector counts as down: more than one run of its action is missing.
ROLLUP = 150
#: The same of lanes with work but without a drain, beyond the grace that a job has to start.
DRAINS = 90
#: An entry of the audit trail is sealed within a minute, as a rule.
SEALER = 300
#: Beyond its interval, a scheduled action may take so many seconds: others may be before it.
CRON_GRACE = 120


@dataclass(frozen=True)
class Part:
    """A moving part, as it is seen now.

    :ivar key: names it for good, as ``cron:<id>``
    :ivar kind: one of ``integration.heartbeat``'s kinds
    :ivar every: seconds after ``beat_at`` when it counts as down
    :ivar beat_at: naive UTC; when it was last seen to be well
    :ivar detail: what people read beside it; never content
    :ivar own: it says itself that it is at work, so that its silence counts from now; of the others
        it counts up to when they were looked at, because who looks may be late himself
    """

    key: str
    kind: str
    name: str
    every: int
    beat_at: datetime
    detail: str | None = None
    own: bool = False


class Down(NamedTuple):
    """A part that is watched and down.

    :ivar since: when it was last seen to be well, naive UTC
    """

    key: str
    kind: str
    name: str
    since: datetime


def down(cr: BaseCursor) -> list[Down]:
    """The parts that are down now, in the order of their names; those not watched are left out."""
    cr.execute(
        """
        SELECT key, kind, name, beat_at FROM integration_heartbeat
         WHERE ignored IS NOT TRUE
           AND coalesce(looked_at, clock_timestamp() AT TIME ZONE 'UTC')
               > beat_at + every * interval '1 second'
         ORDER BY name, key
        """
    )
    return [Down(*row) for row in cr.fetchall()]


def beat(
    registry: Registry, key: str, kind: str, name: str, every: int, detail: str | None = None
) -> None:
    """Say that a part is at work now, whatever becomes of the caller's transaction."""
    with own_cursor(registry) as cr:
        store(cr, [Part(key, kind, name, every, now(cr), detail, own=True)])


def now(cr: BaseCursor) -> datetime:
    """The database's clock, naive UTC."""
    cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
    return cr.fetchone()[0]


def look(registry: Registry) -> None:
    """Bring the rows up to date of the parts that do not speak for themselves."""
    with own_cursor(registry) as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        parts = env["integration.heartbeat"]._parts()
        store(cr, parts)
        # What is not installed any more, or ended in good order, is no part.
        cr.execute(
            "DELETE FROM integration_heartbeat WHERE NOT key = ANY(%s) AND NOT kind = ANY(%s)",
            [[part.key for part in parts], list(OWN)],
        )


def store(cr: BaseCursor, parts: list[Part]) -> None:
    """Replace the rows of parts, in the order of their keys so that two writers do not deadlock."""
    if not parts:
        return
    rows = [
        (one.key, one.kind, one.name, one.beat_at, one.every, one.detail, one.own)
        for _key, one in sorted({one.key: one for one in parts}.items())
    ]
    # One statement for all of them: it is made four times a minute, in a slot of the job runner.
    cr.execute(
        """
        INSERT INTO integration_heartbeat (key, kind, name, beat_at, every, detail, looked_at)
        SELECT key, kind, name, beat_at, every, detail,
               CASE WHEN NOT own THEN clock_timestamp() AT TIME ZONE 'UTC' END
          FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::timestamp[], %s::int[],
                      %s::varchar[], %s::bool[])
               WITH ORDINALITY AS part (key, kind, name, beat_at, every, detail, own, place)
         ORDER BY place
            ON CONFLICT (key) DO UPDATE
           SET beat_at = EXCLUDED.beat_at, every = EXCLUDED.every, name = EXCLUDED.name,
               kind = EXCLUDED.kind, detail = EXCLUDED.detail, looked_at = EXCLUDED.looked_at
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )


def core_parts(env: api.Environment) -> list[Part]:
    """The collector, and what every addon of the suite has: actions, drains, the sealer."""
    at = now(env.cr)
    return [
        Part("rollup", "rollup", env._("Traffic figures"), ROLLUP, at, own=True),
        _drains(env, at),
        *_crons(env, at),
        *_sealer(env, at),
    ]


def _drains(env: api.Environment, at: datetime) -> Part:
    """At work while no lane has work and nobody who does it; at rest while traffic is held."""
    name = env._("Drains")
    if arming.is_held(env.cr):
        return Part("drains", "drain", name, DRAINS, at, env._("Traffic is held."))
    waiting = lanes.stale(env.cr, settings.watchdog_grace())
    if not waiting:
        return Part("drains", "drain", name, DRAINS, at)
    env.cr.execute("SELECT min(woken_at) FROM integration_lane WHERE id = ANY(%s)", [waiting])
    since = env.cr.fetchone()[0] or at
    detail = env._("%s queues have work and nobody who does it.", len(waiting))
    return Part("drains", "drain", name, DRAINS, min(since, at), detail)


def _crons(env: api.Environment, at: datetime) -> list[Part]:
    """Scheduled actions of the suite: those whose model is one of its own."""
    crons = env["ir.cron"].with_context(active_test=False).search([], order="id")
    watchdog = env.ref("integration_core.ir_cron_watchdog", raise_if_not_found=False)
    modules = crons.get_external_id()
    return [
        _cron(env, cron, at, "watchdog" if cron == watchdog else "cron")
        for cron in crons
        if modules[cron.id].startswith("integration_") and (cron.active or cron.lastcall)
    ]


def _cron(env: api.Environment, cron: BaseModel, at: datetime, kind: str) -> Part:
    interval = _interval(cron, at)
    # Of one that never ran: it is due, and that it is not done shows from then on.
    last = cron.lastcall or max(cron.create_date, cron.nextcall - interval)
    detail = None
    if cron.failure_count:
        last = min(last, cron.first_failure_date or last)
        detail = env._("It failed %s times in a row.", cron.failure_count)
    elif not cron.active:
        detail = env._("It is switched off.")
    every = int(interval.total_seconds() * 2) + CRON_GRACE
    # A long interval may be waited for; a day more is not what anybody would want to wait.
    every = min(every, int(interval.total_seconds()) + 6 * 3600)
    return Part(f"cron:{cron.id}", kind, cron.name, every, min(last, at), detail)


def _interval(cron: BaseModel, at: datetime) -> timedelta:
    """How long the interval of a scheduled action is, from now."""
    return at + relativedelta(**{cron.interval_type: cron.interval_number}) - at


def _sealer(env: api.Environment, at: datetime) -> list[Part]:
    """At work while no entry waits for long; without an audit key there is none."""
    # A key that cannot be read seals nothing: that shows below.
    if not audit_settings.key_problem() and audit_settings.keys() is None:
        return []
    env.cr.execute(
        """
        SELECT e.occurred_at FROM integration_audit_unsealed u
          JOIN integration_audit_entry e ON e.id = u.id ORDER BY u.id LIMIT 1
        """
    )
    row = env.cr.fetchone()
    return [Part("sealer", "sealer", env._("Audit sealer"), SEALER, min(row[0], at) if row else at)]
