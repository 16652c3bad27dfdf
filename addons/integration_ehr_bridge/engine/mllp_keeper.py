"""The connections that this process holds: lent to senders, kept open between drains.

One keeper a process. Senders borrow a connection for one message and give it back; between drains
a thread of the keeper holds it: it renews the lease, hears what the partner says unasked, and gives
up what another worker waits for. Nobody connects or sends under a lease that may have passed to
somebody else. Its holder reckons by its own clock, from before each renewal, and looks at it right
before each message; a second thread, which asks nobody and so waits for nobody, closes what is over
in the middle of whatever goes on.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine.cursors import own_cursor

from . import mllp_holding, mllp_leases
from .mllp_holding import ConnectionBusy, Hear, Holding, Key

_logger = logging.getLogger(__name__)

#: How often the thread looks (seconds): the longest time for which a worker waits for a connection
#: that nobody uses.
LOOK_SECONDS = 0.25
#: A connection in use is given up to another worker after so long, one that was just used is not.
TURN_SECONDS = 2.0
IDLE_SECONDS = 0.2
#: A lease is not relied upon for its last part.
_MARGIN = 0.2
_POLL = 0.1


class Keeper:
    """All connections of a process. Thread safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holdings: list[Holding] = []
        self._coming: dict[Key, int] = defaultdict(int)
        self._threads: dict[str, threading.Thread] = {}
        self._pid = os.getpid()

    @contextmanager
    def lend(
        self, registry: Registry, interface_id: int, slots: int, patience: float, hear: Hear
    ) -> Iterator[Holding]:
        """A connection of an interface, for one message.

        :param slots: how many connections the interface may have, over all workers
        :param patience: seconds to wait for one
        :param hear: gets acknowledgements that come while nobody waits for them
        :raises ConnectionBusy: none became free
        """
        holding = self._borrow(registry, (registry.db_name, interface_id), slots, patience, hear)
        try:
            yield holding
        finally:
            self._give_back(registry, holding)

    def _borrow(
        self, registry: Registry, key: Key, slots: int, patience: float, hear: Hear
    ) -> Holding:
        give_up = mllp_holding.clock() + patience
        while True:
            found, may_ask = self._look_here(key, slots)
            if found:
                return found
            if may_ask:
                found = self._acquire(registry, key, slots, hear)
                if found:
                    return found
                time.sleep(_POLL)
            # Last, for a process that was frozen meanwhile: what it has to send is not its own any
            # more, and may have been sent by another one.
            if mllp_holding.clock() > give_up:
                raise ConnectionBusy(
                    "Another worker uses the connection to the partner. The messages follow as "
                    "soon as it is free."
                )

    def _look_here(self, key: Key, slots: int) -> tuple[Holding | None, bool]:
        """A free holding of this process, and else whether a further lease may be asked for."""
        with self._changed:
            self._after_fork()
            for holding in list(self._holdings):
                if holding.key == key and not holding.busy and not holding.valid:
                    self._forget(holding)
            mine = [one for one in self._holdings if one.key == key]
            for holding in mine:
                if not holding.busy:
                    holding.busy = True
                    return holding, False
            if len(mine) + self._coming[key] < slots:
                self._coming[key] += 1
                return None, True
            self._changed.wait(_POLL)
            return None, False

    def _after_fork(self) -> None:
        """What a parent process holds is not ours, nor are its threads."""
        if self._pid != os.getpid():
            self._pid, self._holdings, self._threads = os.getpid(), [], {}
            self._coming.clear()

    def _acquire(self, registry: Registry, key: Key, slots: int, hear: Hear) -> Holding | None:
        lease = None
        until = _valid_until()
        try:
            with own_cursor(registry) as cr:
                taken = mllp_leases.acquire(cr, key[1], slots)
            lease = taken  # it is committed
        finally:
            with self._changed:
                self._coming[key] -= 1
                found = lease and Holding(key, lease, until, hear, busy=True)
                if found:
                    self._holdings.append(found)
                    self._start()
                self._changed.notify_all()
        return found or None

    def _give_back(self, registry: Registry, holding: Holding) -> None:
        holding.used_at = time.monotonic()
        if holding.wanted and holding.used_at - holding.since > TURN_SECONDS:
            self._release(registry, holding)
            return
        with self._changed:
            holding.busy = False
            self._changed.notify_all()

    def _release(self, registry: Registry, holding: Holding) -> None:
        """Close a connection, and then let others have it; ``holding`` is busy: it is ours."""
        holding.disconnect()
        with self._changed:
            self._forget(holding)
        try:
            with own_cursor(registry) as cr:
                mllp_leases.release(cr, holding.shown())
        except Exception as exc:  # what was just sent was sent; the lease ends by itself
            _logger.warning("A lease was not given back: %s", type(exc).__name__)

    def _forget(self, holding: Holding) -> None:
        # In this order: a connection that is opened just now is closed by who opens it.
        holding.over = True
        holding.disconnect()
        if holding in self._holdings:
            self._holdings.remove(holding)
        self._changed.notify_all()

    # -- the threads -----------------------------------------------------------------------

    def _start(self) -> None:
        for name, task in (("keeper", self._keep), ("watch", self._drop_lost)):
            if name not in self._threads or not self._threads[name].is_alive():
                thread = threading.Thread(
                    target=self._repeat,
                    args=(name, task),
                    name=f"integration.mllp.{name}",
                    daemon=True,
                )
                self._threads[name] = thread
                thread.start()

    def _repeat(self, name: str, task: Callable[[Sequence[Holding]], None]) -> None:
        """Do something for the holdings again and again, until there are none."""
        while True:
            time.sleep(LOOK_SECONDS)
            with self._changed:
                holdings = list(self._holdings)
                if not holdings:
                    self._threads.pop(name, None)
                    return
            task(holdings)

    def _keep(self, holdings: Sequence[Holding]) -> None:
        """Renew and attend to holdings. The database may let this wait for any time."""
        by_name: dict[str, list[Holding]] = defaultdict(list)
        for holding in holdings:
            by_name[holding.key[0]].append(holding)
        for dbname, some in by_name.items():
            try:
                self._look_after(Registry(dbname), some)
            except Exception as exc:  # the database is away, say: what is over is closed elsewhere
                _logger.warning("Connections of %s: %s", dbname, type(exc).__name__)

    def _look_after(self, registry: Registry, holdings: Sequence[Holding]) -> None:
        until = _valid_until()
        now = time.monotonic()
        due = mllp_leases.lease_seconds() / 3
        renewed = [one for one in holdings if now - one.renewed_at >= due]
        with own_cursor(registry) as cr:
            told = mllp_leases.look(cr, [one.lease.token for one in holdings])
            held = [one for one in renewed if one.lease.token in told]
            kept = mllp_leases.renew(cr, [one.shown() for one in held])
        # All of them first: what follows may take its time.
        for holding in holdings:
            token = holding.lease.token
            if token in kept:
                holding.renewed_at, holding.valid_until = now, until
            elif token not in told or holding in held:
                holding.over = True
        self._drop_lost(holdings)
        for holding in holdings:
            terms = told.get(holding.lease.token)
            if terms is None or holding.over:
                continue
            holding.wanted = terms.wanted
            over = not terms.open or (holding.connection is not None and terms.url != holding.url)
            self._attend(registry, holding, over)

    def _attend(self, registry: Registry, holding: Holding, over: bool) -> None:
        """Hear an idle connection, and give up what is over or wanted elsewhere."""
        with self._changed:
            if holding.busy or holding not in self._holdings:
                return
            holding.busy = True
        idle = time.monotonic() - holding.used_at
        if over or (holding.wanted and idle > IDLE_SECONDS):
            self._release(registry, holding)
            return
        try:
            holding.listen()
        finally:
            with self._changed:
                holding.busy = False
                self._changed.notify_all()

    def _drop_lost(self, holdings: Sequence[Holding]) -> None:
        """Close what somebody else may hold by now, also in the middle of a message."""
        with self._changed:
            for holding in holdings:
                if not holding.valid and holding in self._holdings:
                    _logger.warning("The lease of an MLLP connection was lost; it is closed")
                    self._forget(holding)

    # -- the end of the process --------------------------------------------------------------

    def close(self) -> None:
        """Close everything and give the leases back, as far as the database is there."""
        with self._changed:
            self._after_fork()
            holdings, self._holdings = list(self._holdings), []
        for holding in holdings:
            holding.over = True  # whoever sends over it connects no more
            holding.disconnect()
        for holding in holdings:
            try:
                with own_cursor(Registry(holding.key[0])) as cr:
                    mllp_leases.release(cr, holding.shown())
            except Exception as exc:  # the lease ends by itself within seconds
                _logger.info("A lease was not given back: %s", type(exc).__name__)


def _valid_until() -> float:
    """Until when a lease can be relied upon that is asked for now."""
    return mllp_holding.clock() + mllp_leases.lease_seconds() * (1 - _MARGIN)


keeper = Keeper()
atexit.register(keeper.close)
