"""The loop that every drain shares: lease, work, look once more, hand over.

A drain runs inside a queue job, on cursors of its own. It ends within
:data:`DRAIN_SECONDS` and leaves a job behind when work is left or due later.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from datetime import datetime

from odoo.modules.registry import Registry

from ..tools.pace import Pace
from . import arming, lanes, wakeup
from .cursors import own_cursor

_logger = logging.getLogger(__name__)

DRAIN_SECONDS = 20.0
# Batch work waits so long before each of its batches while more urgent work is under way. No
# longer: urgent work that never ends may slow it down, but not stop it.
GIVE_WAY = 0.1
_GIVE_WAY_POLL = 0.02


def fault_point(name: str) -> None:
    """Die here, as a power cut would have it, when a fault test has armed this point.

    Inert unless the environment variable ``INTEGRATION_FAULT`` names a folder, which cannot be
    done from inside Odoo. A file of the point's name in it arms the point, once: before the process
    dies, its number is added to the name, so that whoever takes over survives.
    """
    folder = os.environ.get("INTEGRATION_FAULT")
    if not folder:
        return
    pid = os.getpid()
    try:
        os.rename(os.path.join(folder, name), os.path.join(folder, f"{name}.{pid}"))
    except FileNotFoundError:
        return
    os.kill(pid, signal.SIGKILL)


class Drain:
    """One run over one lane. Subclasses say what a piece of work is."""

    #: whether its work is traffic, which is held in a copy of the database
    is_traffic = True

    def __init__(self, registry: Registry, lane_id: int) -> None:
        self.registry = registry
        self.lane_id = lane_id
        self.token = ""
        self.deadline = 0.0
        #: whether more urgent lanes go first: channels share out workers, but not the processor
        self.gives_way = False
        #: how long others let this drain wait
        self.pace = Pace()

    def work(self) -> int:
        """Do one batch; return how many items it took (0: nothing to do now)."""
        raise NotImplementedError

    def next_due(self) -> datetime | None:
        """When this lane has something to do again, in naive UTC."""
        return None

    @property
    def expired(self) -> bool:
        return time.monotonic() >= self.deadline

    def run(self, *, patient: bool = True) -> int:
        """Drain the lane; return the number of items worked on.

        ``patient`` waits and looks once more before ending, as the wake-up throttle requires.
        Only a caller that knows that no other process wakes the lane may switch it off.
        """
        with own_cursor(self.registry) as cr:
            if self.is_traffic and arming.is_held(cr):
                # Whoever releases traffic wakes the lane; until then nobody need look.
                lanes.clear_wanted(cr, self.lane_id)
                return 0
            self.token = lanes.acquire(cr, self.lane_id) or ""
        if not self.token:
            return 0
        self.deadline = time.monotonic() + DRAIN_SECONDS
        try:
            done, more = self._loop(patient)
        except BaseException:
            # Whatever it was would meet the next drain as well. The flag stays up without a job,
            # so that the watchdog starts the next drain in a minute, not we in a millisecond.
            with own_cursor(self.registry) as cr:
                lanes.release(cr, self.lane_id, self.token, more=True)
            raise
        self._hand_over(more)
        return done

    def _loop(self, patient: bool) -> tuple[int, bool]:
        done = 0
        while not self.expired:
            self._give_way()
            count = self.work()
            if not count and self.expired:
                break  # it waited for something until the time was up
            if not count:
                with own_cursor(self.registry) as cr:
                    lanes.clear_wanted(cr, self.lane_id)
                if patient:
                    time.sleep(lanes.LOOK_AGAIN)
                count = self.work()
                if not count:
                    return done, False
            done += count
        return done, True

    def _give_way(self) -> None:
        end = time.monotonic() + GIVE_WAY
        while self.gives_way and time.monotonic() < end:
            with own_cursor(self.registry) as cr:
                if not lanes.urgent(cr):
                    return
            time.sleep(_GIVE_WAY_POLL)

    def _hand_over(self, more: bool) -> None:
        with own_cursor(self.registry) as cr:
            slow = self.pace.is_slow()
            if lanes.release(cr, self.lane_id, self.token, more=more, slow=slow):
                wakeup.enqueue(cr, [self.lane_id])
            elif (due := self.next_due()) and lanes.schedule(cr, self.lane_id, due):
                wakeup.enqueue(cr, [self.lane_id], eta=due)
