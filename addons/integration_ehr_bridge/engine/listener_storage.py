"""What the listener's committer stores with: one transaction for messages of all interfaces."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import psycopg2

from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import (
    arming,
    intake,
    intake_batch,
    intake_many,
    keys,
    outside,
)
from odoo.addons.integration_core.engine.cursors import commit, own_cursor
from odoo.addons.integration_core.tools.journal import Kind
from odoo.addons.integration_core.tools.keyring import KeyRing, KeyRingError

from ..tools.hl7.errors import Condition, Hl7Error
from ..tools.mllp import answers, reception
from ..tools.mllp.committer import Answered, Dropped, Job, Result, Unavailable
from . import hl7_arrival

_logger = logging.getLogger(__name__)

Lane = tuple[int, int]
#: Seconds between two complaints about the key ring: senders come again and again.
TELL_EVERY = 60.0
#: What says that the database is away, or that another transaction was in the way.
_AWAY = (psycopg2.OperationalError, psycopg2.InterfaceError)


class Storage:
    """Stores jobs. One thread calls it; it keeps its connection.

    :param wake: told lanes with new messages, once they are committed
    """

    def __init__(self, registry: Registry, wake: Callable[[Iterable[Lane]], None]) -> None:
        self._registry = registry
        self._wake = wake
        self._stack = ExitStack()
        self._cursor: BaseCursor | None = None
        self._told_at = float("-inf")

    def __call__(self, jobs: Sequence[Job]) -> list[Result]:
        """Store jobs and commit; a result for each.

        :raises Unavailable: the database is away, or of another version than this program; nothing
            is known to be stored
        """
        threading.current_thread().dbname = self._registry.db_name
        try:
            return self._store(jobs)
        except _AWAY as exc:
            self.close()
            raise Unavailable(type(exc).__name__) from None
        except intake_many.OUTDATED as exc:
            # The addons are being updated, or are still to be: senders keep what they have.
            self.close()
            raise Unavailable(f"the addons are not updated ({type(exc).__name__})") from None
        except Exception as exc:  # one message must not take the others with it
            self.close()
            if len(jobs) > 1:
                return [result for job in jobs for result in self([job])]
            return [self._refused(jobs[0], exc)]

    def close(self) -> None:
        """Give the connection back; what was not committed is gone."""
        self._cursor = None
        stack, self._stack = self._stack, ExitStack()
        with suppress(*_AWAY):
            # As an error: nothing of it is to be committed.
            stack.__exit__(RuntimeError, RuntimeError(), None)

    def _cr(self) -> BaseCursor:
        if self._cursor is None:
            self._cursor = self._stack.enter_context(own_cursor(self._registry))
        return self._cursor

    def _store(self, jobs: Sequence[Job]) -> list[Result]:
        cr = self._cr()
        if arming.was_held(cr):
            cr.rollback()
            return [Dropped()] * len(jobs)
        found: dict[int, Result] = {}
        left: dict[int, list[tuple[int, Job]]] = {}
        for number, job in enumerate(jobs):
            if self._is_reply(job):
                found[number] = Answered(None)
            else:
                left.setdefault(job.door.interface, []).append((number, job))
        ring = keys.optional_ring(cr)
        notes: list[tuple[int, list[outside.Row]]] = []
        lanes: set[Lane] = set()
        for interface, numbered in left.items():
            rows, woken = self._of_interface(cr, numbered, ring, found)
            notes.append((interface, rows))
            lanes |= {(interface, lane) for lane in woken}
        commit(cr)
        for interface, rows in notes:
            outside.note(self._registry.db_name, Kind.ACCEPTED, interface, rows)
        self._wake(lanes)
        return [found[number] for number in range(len(jobs))]

    def _is_reply(self, job: Job) -> bool:
        """Whether it was an answer to a message of ours, which has got it now."""
        try:
            return hl7_arrival.reply_taken(self._registry, job.door.spec, job.part)
        except _AWAY:
            raise
        except Exception as exc:  # it is kept as a message, for a person to look at
            _logger.error("An acknowledgement could not be taken: %s", type(exc).__name__)
            return False

    @staticmethod
    def _of_interface(
        cr: BaseCursor,
        numbered: Sequence[tuple[int, Job]],
        ring: KeyRing | None,
        found: dict[int, Result],
    ) -> tuple[list[outside.Row], set[int]]:
        """Store the jobs of one interface; what the journal is told, and the lanes to wake."""
        # Of the latest settings: a door that was changed meanwhile counts.
        spec = numbered[-1][1].door.spec
        parts = [job.part for _number, job in numbered]
        arrived = [hl7_arrival.incoming(spec, part, ring) for part in parts]
        receipts = intake_batch.store(cr, spec, arrived, ring)
        hl7_arrival.keep_batches(cr, spec, parts, receipts, ring)
        results = hl7_arrival.results(cr, spec, parts, receipts, ring)
        found.update(zip((number for number, _job in numbered), results, strict=True))
        new = [
            (receipt, one)
            for receipt, one in zip(receipts, arrived, strict=True)
            if receipt.lane is not None
        ]
        rows = [
            (receipt.uuid, intake.stored_key(spec, one.external_key, ring), one.message_type, "")
            for receipt, one in new
        ]
        return rows, {receipt.lane for receipt, _one in new}

    def _refused(self, job: Job, exc: Exception) -> Result:
        """The result of a message that cannot be stored."""
        if isinstance(exc, KeyRingError):
            # Our own fault, and of all messages: their senders keep them.
            if time.monotonic() - self._told_at > TELL_EVERY:
                self._told_at = time.monotonic()
                _logger.error("Messages of “%s” cannot be stored: %s", job.door.name, exc)
            return Dropped()
        # The name alone: its text may quote the message.
        _logger.error("A message of “%s” cannot be stored (%s)", job.door.name, type(exc).__name__)
        error = Hl7Error(
            "The message could not be stored. Ask the receiver's administrator, whose log says "
            "more, and send it again then.",
            code="internal_error",
            condition=Condition.INTERNAL,
        )
        content = answers.rejected(
            job.part.body, error, control_id=reception.new_id(), now=datetime.now(UTC)
        )
        return Answered(content, new=False)
