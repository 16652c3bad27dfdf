"""The listener process: its threads, its event loop, its signals, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from configparser import ConfigParser, Error

from odoo.modules.module import get_manifest
from odoo.modules.registry import Registry
from odoo.tools import config

from ..tools.mllp.addresses import bindable
from ..tools.mllp.committer import Committer, Job, Result
from ..tools.mllp.door import Door
from ..tools.mllp.listener import Listener, PortStatus
from ..tools.mllp.tls import ServerCertificate
from .listener_keeper import Keeper
from .listener_report import Refusals, Report
from .listener_storage import Storage
from .listener_waiting import Waiting

_logger = logging.getLogger(__name__)

SECTION = "integration_mllp"
#: Seconds in which connections are to end by themselves when the process is to end.
STOP_SECONDS = 25.0
#: Exit code when Odoo was changed: start it again (EX_TEMPFAIL).
OUTDATED = 75
#: Exit code when nothing could be stored any more (EX_SOFTWARE).
FAILED = 70


def section() -> dict[str, str]:
    """The section of odoo.conf that belongs to listeners; empty when there is none."""
    # No interpolation: a percent sign is only a percent sign.
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(config["config"] or [])
    except Error:
        return {}
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


class Service:
    """One listener process on one database.

    :param bind: addresses to listen on, as ``--bind`` has them; empty: those of odoo.conf, or all
    :raises ValueError: one of them is no address
    """

    def __init__(self, dbname: str, bind: str = "") -> None:
        settings = section()
        self._bind = bindable(bind or settings.get("bind", ""))
        self._certificate = ServerCertificate(
            settings.get("certificate", "").strip(), settings.get("key", "").strip()
        )
        self._registry = Registry(dbname)
        self._code = 0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; the exit code."""
        # What Odoo has loaded stays: looking through it for garbage would hold up answers.
        gc.collect()
        gc.freeze()
        # Two threads share one interpreter: whoever waits for it should not wait for long.
        sys.setswitchinterval(0.001)
        return asyncio.run(self._serve())

    async def _serve(self) -> int:
        loop = self._loop = asyncio.get_running_loop()
        stop = self._stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        # Interfaces and certificates are looked at all the time: there is nothing to reload.
        loop.add_signal_handler(signal.SIGHUP, _logger.info, "Nothing has to be reloaded")
        self._waiting = Waiting(self._registry, self._deliver)
        version = get_manifest("integration_ehr_bridge").get("version", "")
        self._keeper = Keeper(
            self._registry,
            self._waiting,
            Report(version),
            apply=self._apply,
            look=self._look,
            outdated=self._outdated,
        )
        storage = Storage(self._registry, self._keeper.wake)
        committer = Committer(storage, self._deliver, failed=self._failed)
        self._listener = Listener(loop, self._bind, self._certificate, committer.submit, self._wait)
        committer.start()
        self._keeper.start()
        _logger.info("MLLP listener of %s is running", self._registry.db_name)
        await stop.wait()
        _logger.info("MLLP listener is ending: it answers what it has read")
        await self._listener.stop(STOP_SECONDS)
        committer.finish()
        await asyncio.to_thread(committer.join, STOP_SECONDS)
        storage.close()
        self._keeper.finish()
        await asyncio.to_thread(self._keeper.join, STOP_SECONDS)
        _logger.info("MLLP listener has ended")
        return self._code

    # -- called by other threads -------------------------------------------------------------

    def _deliver(self, results: Sequence[tuple[Job, Result]]) -> None:
        self._loop.call_soon_threadsafe(self._listener.deliver, results)

    def _apply(self, doors: Mapping[int, Door]) -> None:
        self._loop.call_soon_threadsafe(self._listener.apply, doors)

    def _look(self) -> tuple[Sequence[PortStatus], Refusals]:
        future = asyncio.run_coroutine_threadsafe(self._looked(), self._loop)
        try:
            return future.result(timeout=10)
        except FutureTimeoutError:
            future.cancel()
            return [], {}

    def _outdated(self) -> None:
        _logger.info("Odoo was changed: the listener ends, to be started again")
        self._code = OUTDATED
        self._loop.call_soon_threadsafe(self._stop.set)

    def _failed(self) -> None:
        """End, to be started again: open ports behind which nothing is stored help nobody."""
        self._code = FAILED
        self._loop.call_soon_threadsafe(self._stop.set)

    # -- in the event loop -------------------------------------------------------------------

    async def _looked(self) -> tuple[Sequence[PortStatus], Refusals]:
        return self._listener.statuses(), self._listener.take_refusals()

    def _wait(self, job: Job, uuid: str) -> None:
        self._waiting.add(job, uuid)
        self._keeper.nudge()
