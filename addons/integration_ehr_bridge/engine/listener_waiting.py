"""Answers that wait until their message was handled, or until its time is over."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import acknowledgements, keys
from odoo.addons.integration_core.engine.acknowledgements import Acknowledgement
from odoo.addons.integration_core.engine.cursors import own_cursor

from ..tools.hl7 import paths
from ..tools.hl7.acknowledgement import ANSWERS, Content, Detail, Outcome, outcome_of
from ..tools.hl7.errors import MESSAGE, Condition, PathFault
from ..tools.mllp import answers, reception
from ..tools.mllp.committer import Answered, Deliver, Dropped, Job, Result
from . import listener_rows
from .hl7_arrival import CONTENT_TYPE
from .listener_rows import DONE, FAILED

_logger = logging.getLogger(__name__)

#: What an ERR segment calls our codes; everything else is an internal error to the partner.
CONDITIONS = {
    "no_handler": Condition.UNSUPPORTED_TYPE,
    "unmapped_value": Condition.TABLE_VALUE,
    "key_reused": Condition.DUPLICATE_KEY,
    "unknown_account": Condition.UNKNOWN_KEY,
    "unknown_cost_centre": Condition.UNKNOWN_KEY,
    "unknown_item": Condition.UNKNOWN_KEY,
    "unknown_location": Condition.UNKNOWN_KEY,
    "unknown_order": Condition.UNKNOWN_KEY,
    "unknown_staff": Condition.UNKNOWN_KEY,
    "unknown_visit": Condition.UNKNOWN_KEY,
    "missing_required": Condition.REQUIRED_FIELD,
}


#: Of the time of the thread that answers all senders, a file whose rows are under way gets one part
#: in so many: it may have tens of thousands of rows to be looked at.
SHARE = 20


class Waiting:
    """Messages whose answers wait. Threads share it."""

    def __init__(self, registry: Registry, deliver: Deliver) -> None:
        self._registry = registry
        self._deliver = deliver
        self._lock = threading.Lock()
        self._jobs: list[tuple[str, Job, float]] = []
        #: When the rows of a file are looked at again, by the id of the message that brought it.
        self._rest: dict[str, float] = {}

    def add(self, job: Job, uuid: str) -> None:
        """Answer a stored message when it was handled."""
        with self._lock:
            self._jobs.append((uuid, job, time.monotonic() + job.door.deadline))

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def look(self) -> None:
        """Answer what was handled meanwhile, and what has waited too long."""
        with self._lock:
            jobs = list(self._jobs)
        if not jobs:
            return
        with own_cursor(self._registry) as cr:
            states = self._states(cr, [uuid for uuid, _job, _end in jobs])
            now = time.monotonic()
            self._rest = {uuid: at for uuid, at in self._rest.items() if at > now}
            found = [(entry, self._settled(cr, entry, states, now)) for entry in jobs]
        # Committed: from here on a repetition gets the same answer.
        over = {id(entry) for entry, result in found if result is not None}
        with self._lock:
            self._jobs = [entry for entry in self._jobs if id(entry) not in over]
        results = [(entry[1], result) for entry, result in found if result is not None]
        if results:
            self._deliver(results)

    def _settled(
        self,
        cr: BaseCursor,
        entry: tuple[str, Job, float],
        states: dict[str, tuple[str, str, str]],
        now: float,
    ) -> Result | None:
        """What to tell the sender of a message; None if it has to wait."""
        uuid, job, end = entry
        found = states.get(uuid, ("cancelled", "", ""))
        if now < min(end, self._rest.get(uuid, now)):
            return None
        rows = self._rows(cr, uuid, job) if found[0] == "done" else None
        if now < end and (found[0] not in (*DONE, *FAILED) or (rows and rows.open)):
            return None
        if not acknowledgements.reserve(cr, uuid):
            return None  # another listener is about to answer it: the next look finds that answer
        try:
            with cr.savepoint(flush=False):
                content = self._answer(cr, uuid, job, found, rows)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            raise
        except Exception as exc:  # others wait as well; this one's sender asks again
            _logger.error("An answer after handling cannot be made: %s", type(exc).__name__)
            return Dropped()
        return Answered(content)

    def _rows(self, cr: BaseCursor, uuid: str, job: Job) -> listener_rows.Rows | None:
        started = time.monotonic()
        rows = listener_rows.of_file(cr, uuid, job.part.waiting)
        self._rest.pop(uuid, None)
        if rows and rows.open:
            ended = time.monotonic()
            self._rest[uuid] = ended + (ended - started) * SHARE
        return rows

    @staticmethod
    def _states(cr: BaseCursor, uuids: list[str]) -> dict[str, tuple[str, str, str]]:
        cr.execute(
            "SELECT uuid, state, coalesce(error_code, ''), coalesce(error_message, '') "
            "FROM integration_message WHERE uuid = ANY(%s)",
            [uuids],
        )
        return {row[0]: row[1:] for row in cr.fetchall()}

    @staticmethod
    def _says(cr: BaseCursor, uuid: str, type_: str, interface_id: int) -> Content | None:
        """What the answer to an order says of it."""
        if type_ not in ANSWERS:
            return None
        answers_ = api.Environment(cr, SUPERUSER_ID, {})["integration.hl7.answer"]
        document = answers_._document(uuid, type_, interface_id)
        return Content(ANSWERS[type_], document) if document else None

    @staticmethod
    def _answer(
        cr: BaseCursor,
        uuid: str,
        job: Job,
        found: tuple[str, str, str],
        rows: listener_rows.Rows | None,
    ) -> bytes | None:
        """The answer of a message that is over, or late; None if it wants none."""
        state = found[0]
        if rows and rows.open:
            # Its rows are late, whatever became of the message that brought them.
            state, found = "processing", ("processing", "", "")
        outcome, details = _told(found, job)
        # Who repeats a file hears of its rows once they are over, and who repeats an order what
        # became of its lines.
        tells = (job.part.type or "") in ANSWERS or (rows and rows.open)
        final = state in (*DONE, *FAILED) or not (details or tells)
        ring, spec = keys.optional_ring(cr), job.door.spec
        known = acknowledgements.stored(cr, spec["id"], [uuid], ring)
        if known:
            # Somebody else who waited for it was answered first, perhaps by another listener: this
            # is a repetition.
            return known[uuid].body
        message, part = job.part.waiting, job.part
        now = datetime.now(UTC)
        if rows and not rows.open:
            told = rows.answer(message, now, _detail)
        else:
            says = None
            if outcome is Outcome.ACCEPTED and state in DONE:
                says = Waiting._says(cr, uuid, part.type or "", spec["id"])
            told = reception.outcome_answer(message, outcome, now, details, says)
        content = answers.joined(part.early, told)
        if content and final:
            kept = Acknowledgement(content, CONTENT_TYPE)
            acknowledgements.keep(cr, uuid, kept, spec["data_class"], ring)
        return content


def _told(found: tuple[str, str, str], job: Job) -> tuple[Outcome, list[Detail]]:
    """What became of a message, and why.

    What a person corrects is an error of its content. What was given up, or is late, is a reason
    of ours: the same message may pass when it comes again.
    """
    state, code, text = found
    if state in DONE:
        return Outcome.ACCEPTED, []
    if state not in FAILED:
        if job.door.late:
            return Outcome.REJECTED, [_late(job.door.deadline)]
        return Outcome.ACCEPTED, []
    detail = _detail(code, text)
    if state != "quarantined":
        return Outcome.REJECTED, [detail]
    if detail.condition is Condition.INTERNAL:
        return Outcome.ERROR, [detail]  # kept for a person, whatever our codes call it
    return outcome_of(detail.condition), [detail]


def _detail(code: str, text: str) -> Detail:
    """What an error of the ledger says, with its place if its text begins with one."""
    place = MESSAGE
    with suppress(PathFault):
        place = paths.parse(text.partition(": ")[0]).place
    condition = CONDITIONS.get(code, Condition.DATA_TYPE if place.segment else Condition.INTERNAL)
    return Detail(condition, text or "The message was not handled.", place, code)


def _late(seconds: float) -> Detail:
    return Detail(
        Condition.RECORD_LOCKED,
        f"The message is stored and was not handled within {seconds:g} seconds. Send it again to "
        "hear what became of it.",
        code="late",
    )
