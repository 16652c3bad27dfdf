"""The second thread of the listener: looks at the database every second, stores nothing received.

It notices changed interfaces, held copies, queues that are too old and a changed Odoo; wakes the
drains; answers what was handled; and reports.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import arming, backlog, wakeup
from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools.mllp.door import Door
from ..tools.mllp.listener import PortStatus
from .listener_report import EVERY, SOON, Refusals, Report, sharers
from .listener_storage import Lane
from .listener_waiting import Waiting

_logger = logging.getLogger(__name__)

#: Seconds between two looks, and between two that bring something that somebody waits for.
TICK, HURRY = 1.0, 0.1
#: Seconds after which interfaces are read anew although nothing was signalled: waivers end by
#: themselves.
READ_AGAIN = 30.0

Apply = Callable[[Mapping[int, Door]], None]
Look = Callable[[], tuple[Sequence[PortStatus], Refusals]]


class Keeper(threading.Thread):
    """:param apply: is told the doors of now
    :param look: asks the listener how it is doing
    :param outdated: called when Odoo itself changed, so that this process must end
    """

    def __init__(
        self,
        registry: Registry,
        waiting: Waiting,
        report: Report,
        *,
        apply: Apply,
        look: Look,
        outdated: Callable[[], None],
    ) -> None:
        super().__init__(name="mllp-keeper", daemon=True)
        self._registry = registry
        self._waiting = waiting
        self._report = report
        self._apply = apply
        self._look = look
        self._outdated = outdated
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._lanes: set[Lane] = set()
        self._ending = False
        self._read_at = self._reported_at = self._looked_at = float("-inf")
        self._doors: dict[int, Door] = {}
        self._errors: dict[int, str] = {}
        self._shared: dict[int, int] = {}
        self._unreported: Refusals = {}
        self._away = False

    def wake(self, lanes: Iterable[Lane]) -> None:
        """Have lanes drained. Any thread may call it, after a commit."""
        with self._lock:
            self._lanes.update(lanes)
        self._event.set()

    def nudge(self) -> None:
        """Look soon: somebody waits for an answer."""
        self._event.set()

    def finish(self) -> None:
        """End after a last report."""
        self._ending = True
        self._event.set()

    def run(self) -> None:
        """Look again and again until :meth:`finish`."""
        threading.current_thread().dbname = self._registry.db_name
        while not self._ending:
            self._tick()
            hurry = self._waiting or self._lanes
            if self._event.wait(HURRY if hurry else TICK):
                self._event.clear()
                # What comes within a moment is done together.
                time.sleep(HURRY)
        self._tick(last=True)

    def _tick(self, *, last: bool = False) -> None:
        try:
            self._wake_lanes()
            self._waiting.look()
            now = time.monotonic()
            if last or now - self._looked_at >= TICK:
                self._looked_at = now
                self._look_around(now, last)
            if self._away:
                _logger.info("The database is there again")
            self._away = False
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            if not self._away:
                _logger.warning("The database is away: %s", type(exc).__name__)
            self._away = True
            time.sleep(HURRY)
        except Exception:  # the next look may go better; what receives goes on
            _logger.exception("The listener could not look at the database")
            time.sleep(TICK)

    def _wake_lanes(self) -> None:
        with self._lock:
            lanes, self._lanes = self._lanes, set()
        if not lanes:
            return
        try:
            with own_cursor(self._registry) as cr:
                # As wakeup does: a hint, which the watchdog makes up for.
                cr.execute("SET LOCAL synchronous_commit TO off")
                cr.execute(
                    "SELECT id FROM integration_lane WHERE (interface_id, number) IN %s",
                    [tuple(sorted(lanes))],
                )
                wakeup.wake_lanes(cr, [row[0] for row in cr.fetchall()])
        except Exception:
            with self._lock:
                self._lanes |= lanes
            raise

    def _look_around(self, now: float, last: bool) -> None:
        with own_cursor(self._registry) as cr:
            if not last and self._changed(cr):
                return
            if not last:
                self._read_doors(cr, now)
        ports, refusals = self._look()
        for interface, found in refusals.items():
            self._merge(interface, found)
        errors = {port.interface: port.error for port in ports}
        news = errors != self._errors or self._unreported
        if last or now - self._reported_at >= (SOON if news else EVERY):
            with own_cursor(self._registry) as cr:
                self._report.save(cr, ports, self._unreported, ended=last)
                self._shared = sharers(cr)
            self._reported_at, self._errors, self._unreported = now, errors, {}

    def _changed(self, cr: BaseCursor) -> bool:
        """Whether Odoo was changed, by an upgrade say; caches are renewed."""
        registry_sequence, _caches = self._registry.get_sequences(cr)
        if registry_sequence != self._registry.registry_sequence:
            self._outdated()
            return True
        before = dict(self._registry.cache_sequences)
        self._registry.check_signaling(cr)
        if before != self._registry.cache_sequences:
            self._read_at = float("-inf")
            arming.forget(cr.dbname)
        return False

    def _read_doors(self, cr: BaseCursor, now: float) -> None:
        held = arming.was_held(cr)
        if held or now - self._read_at >= READ_AGAIN:
            self._read_at = float("-inf") if held else now
            env: Any = api.Environment(cr, SUPERUSER_ID, {})
            self._doors = {} if held else env["integration.interface"]._mllp_doors()
            env.invalidate_all()
        doors = {
            interface: self._shares(door)
            for interface, door in self._doors.items()
            if not self._too_old(cr, door)
        }
        self._apply(doors)

    def _shares(self, door: Door) -> Door:
        """A rate is that of an interface: each of several listeners has its share."""
        count = self._shared.get(door.interface, 1)
        if count < 2 or not door.rate:
            return door
        return replace(door, rate=door.rate / count, burst=max(1.0, door.burst / count))

    @staticmethod
    def _too_old(cr: BaseCursor, door: Door) -> bool:
        """Whether partners are to keep their messages until earlier ones are worked off."""
        limit = door.spec.get("backlog_limit")
        return bool(limit) and backlog.age(cr, door.interface) > limit

    def _merge(self, interface: int, found: Mapping[Any, Any]) -> None:
        """Add refusals to those that could not be reported yet."""
        known = self._unreported.setdefault(interface, {})
        for reason, refusal in found.items():
            if reason in known:
                refusal.count += known[reason].count
            known[reason] = refusal
