"""Knows that the job runner died, between two rounds of scheduled actions.

Odoo lets its scheduled actions rest for 60 to 70 seconds after each round. One that waited for the
next sign of life instead would keep the others of its server waiting, those of other databases as
well, and would still come too late when it had just seen one. So the action of each minute leaves a
thread behind in its process, whether that is a worker or the one process of a server with threads.
It sleeps until the last sign of life is too old and asks then whether there is a later one: one
small query, twice in a minute at most. If there is none, it has everything looked at and delivers
what is to be told, by itself: the one worker of scheduled actions may be at something long.

Nobody depends on it. It ends with its process, or a while after the action was switched off, and
the next run of the action starts it again. Several of them, and of several servers, are harmless:
collecting, incidents and notices are each done by one process at a time, and once.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final, NamedTuple

import psycopg2
import psycopg2.errors

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine.cursors import own_cursor

from . import fast_loop, notice_delivery

_logger = logging.getLogger(__name__)

#: Seconds for which a run of the action keeps it going.
LEASE: Final = 900.0
#: Who looks counts whole seconds: only so much later is it sure that a look finds it.
SURE: Final = fast_loop.ALLOWED + 2.0
#: Seconds after which it tries again what did not succeed, as when another process was at it.
AGAIN: Final = 3.0
#: As often; afterwards it is left to the action of each minute.
TRIES: Final = 5
#: Seconds between two looks at a job runner that is known to be down.
DOWN: Final = 15.0


class _Seen(NamedTuple):
    """What the database says.

    :param age: seconds since the last sign of life; ``None``: nobody waits for one.
    :param known: whether there is a signal of it already.
    :param upgrading: addons are being installed or upgraded: nothing of them may run.
    """

    age: float | None
    known: bool
    upgrading: bool


class RunnerWatch(threading.Thread):
    """Watches over the job runner of one database.

    :param db_name: of the database.
    """

    def __init__(self, db_name: str) -> None:
        super().__init__(name=f"integration.runner_watch.{db_name}", daemon=True)
        self._db_name = db_name
        self._until = 0.0
        self._tries = 0
        self._away = False
        self.extend()

    def extend(self) -> None:
        """Go on for :data:`LEASE` from now."""
        self._until = time.monotonic() + LEASE

    def run(self) -> None:
        """Look again and again."""
        threading.current_thread().dbname = self._db_name
        while time.monotonic() < self._until:
            time.sleep(self._safely())

    def look(self, registry: Registry) -> float:
        """Look once; return the seconds until it has to be looked again."""
        seen = _read(registry)
        if seen.age is None or seen.age <= SURE:
            self._tries = 0
            return SURE if seen.age is None else min(SURE - seen.age + 0.5, SURE)
        if seen.known or seen.upgrading or self._tries >= TRIES:
            return DOWN
        self._tries += 1
        _logger.warning("The job runner has given no sign of life for %d seconds.", seen.age)
        _tell(registry)
        return AGAIN

    def _safely(self) -> float:
        try:
            pause = self.look(Registry(self._db_name))
        except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
            self._until = 0.0  # the addon is not installed any more
            return 0.0
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as exc:
            if not self._away:
                _logger.warning("Nobody watches the job runner for now: %s", type(exc).__name__)
            self._away = True
            return AGAIN
        except Exception:  # the next look may go better
            _logger.exception("The job runner could not be looked after; it is tried again")
            return DOWN
        self._away = False
        return pause


_watches: dict[str, RunnerWatch] = {}
_lock = threading.Lock()


def ensure(registry: Registry) -> None:
    """Have the job runner watched in this process for the time to come."""
    with _lock:
        known = _watches.get(registry.db_name)
        if known is not None and known.is_alive():
            known.extend()
            return
        started = _watches[registry.db_name] = RunnerWatch(registry.db_name)
        started.start()


def _read(registry: Registry) -> _Seen:
    with own_cursor(registry) as cr:
        cr.execute(
            """
            SELECT (SELECT extract(epoch FROM clock_timestamp() AT TIME ZONE 'UTC' - beat_at)
                      FROM integration_heartbeat WHERE key = %s AND ignored IS NOT TRUE)::float8,
                   EXISTS (SELECT 1 FROM integration_watch_part
                            WHERE subject = 'suite' AND subject_ref = 0
                              AND jsonb_exists(facts, 'runner_down')),
                   EXISTS (SELECT 1 FROM ir_module_module WHERE state LIKE 'to %%')
            """,
            [fast_loop.KEY],
            log_exceptions=False,
        )
        return _Seen(*cr.fetchone())


def _tell(registry: Registry) -> None:
    """Look at everything, make an incident of it, and tell whom it concerns."""
    present = registry.check_signaling()
    with own_cursor(present) as cr:
        # The past can wait: it is counted by others.
        api.Environment(cr, SUPERUSER_ID, {})["integration.rollup"]._collect(0.0)
    notice_delivery.run(present)
