"""Polling a FHIR server: pages of a search become messages, and the watermark moves with them.

A drain like all others: it asks for a page while no transaction is open, under the breaker, the
rate and the obstacles of the outbound interface that it reads through, then stores the page's
resources as received messages of the inbound interface, in one transaction with where the reading
stands. A death at any line repeats a page at most, and its resources are known by their versions.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from odoo import SUPERUSER_ID, api
from odoo.models import BaseModel
from odoo.modules.registry import Registry
from odoo.sql_db import BaseCursor

from odoo.addons.integration_core.engine import (
    breakers,
    health,
    intake,
    intake_batch,
    keys,
    lanes,
    ledger,
    obstacles,
    rates,
    wakeup,
)
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.engine.drain import Drain, fault_point
from odoo.addons.integration_core.tools import correlation, data_classes, errors
from odoo.addons.integration_core.tools.backoff import RetryPlan
from odoo.addons.integration_core.tools.http_client import HttpResponse
from odoo.addons.integration_core.tools.keyring import KeyRing
from odoo.addons.integration_core.tools.states import State

from ..tools.fhir import address, arriving, outcome, paging, resource, responses, watermark
from ..tools.fhir.conditional import Exchange
from ..tools.fhir.paging import Page, Walk
from . import fhir_arrival, fhir_polls
from .fhir_polls import Due
from .fhir_server import Server

_logger = logging.getLogger(__name__)

LANE = "fhir_poll"
#: Number of the lane among those of its interface, far above those of messages.
LANE_NUMBER = 1_000_000
#: A search that fails is tried again after this at the latest (seconds), or after its interval.
LONGEST_PAUSE = 900
#: Statuses by which a server says that it does not know a link of its own any more.
_LOST = frozenset({400, 404, 410})


@dataclass(frozen=True)
class _Plan:
    """Everything that reading a page needs; read while a cursor is open."""

    source_id: int
    server: Server
    spec: dict[str, Any]
    ring: KeyRing | None
    retry: RetryPlan
    overlap: int
    interval: int
    count: int
    most: int


@dataclass(frozen=True)
class _Read:
    """A page and what follows it, or why there is none.

    :ivar asked: the address
    :ivar anew: the reading begins again from the watermark
    """

    started: datetime
    duration: float
    status: int | None = None
    page: Page | None = None
    step: paging.Step | None = None
    error: errors.IntegrationError | None = None
    anew: bool = False


class PollDrain(Drain):
    """Reads the searches of one inbound interface that are due."""

    def __init__(self, registry: Registry, lane_id: int) -> None:
        super().__init__(registry, lane_id)
        self._obstacles = obstacles.Watch()
        self._due: datetime | None = None

    def next_due(self) -> datetime | None:
        return self._due

    def work(self) -> int:
        """Read and store one page; how many resources it had, one at least."""
        with own_cursor(self.registry) as cr:
            found = self._next(cr)
        if found is None:
            return 0
        poll, plan, permit = found
        read = self._read(poll, plan)
        fault_point("fhir_page_read")
        self.pace.note(read.duration)
        with own_cursor(self.registry) as cr:
            if not lanes.hold(cr, self.lane_id, self.token):
                return 0  # somebody else reads on from the same place
            stored = self._record(cr, poll, plan, read, permit)
            fault_point("fhir_page_stored")
        fault_point("fhir_page_committed")
        return max(stored, 1)

    # -- what is due -----------------------------------------------------------------------

    def _next(self, cr: BaseCursor) -> tuple[Due, _Plan, breakers.Permit] | None:
        """The search that is to be read now, and leave to ask for one page."""
        self._due = None
        if not lanes.hold(cr, self.lane_id, self.token):
            return None
        env = api.Environment(cr, SUPERUSER_ID, {})
        interface = env["integration.lane"].browse(self.lane_id).interface_id
        source = interface.fhir_poll_interface_id
        if not interface._polls_now():
            return None
        poll = fhir_polls.due(cr, interface.id, keys.optional_ring(cr))
        if poll is None:
            self._due = fhir_polls.next_at(cr, interface.id)
            return None
        if self._obstacles.found(source):
            self._due = self._obstacles.look_again
            return None
        permit = self._permit(cr, source)
        if permit is None:
            return None
        plan = self._plan(cr, interface, source)
        return None if plan is None else (poll, plan, permit)

    def _permit(self, cr: BaseCursor, source: BaseModel) -> breakers.Permit | None:
        """Leave of breaker and rate for one request, as for any other to this partner."""
        policy = source.policy_id
        permit = breakers.permit(cr, source.id, policy, 1)
        if not permit.granted:
            self._due = permit.probe_at or _now() + timedelta(seconds=policy.breaker_open_seconds)
            return None
        limit = rates.permit(cr, source.id, policy, 1)
        if not limit.granted:
            breakers.unused(cr, source.id, policy, permit, 0)
            self._due = _now() + timedelta(seconds=limit.wait)
            return None
        rates.charge(cr, source.id, limit, 1)
        return permit

    def _plan(self, cr: BaseCursor, interface: BaseModel, source: BaseModel) -> _Plan | None:
        try:
            server = source._transport()._server(source)
        except errors.IntegrationError as exc:
            self._obstacles.met(cr, source.id, exc)
            self._due = self._obstacles.look_again
            return None
        spec = interface._inbound_spec()
        strictest = data_classes.strictest((spec["data_class"], source.data_class))
        return _Plan(
            source_id=source.id,
            server=server,
            spec=spec | {"data_class": strictest},
            ring=keys.optional_ring(cr),
            retry=source.policy_id._retry_plan(),
            overlap=interface.fhir_poll_overlap,
            interval=interface.fhir_poll_seconds,
            count=interface.fhir_poll_count,
            most=interface.fhir_poll_pages,
        )

    # -- the page --------------------------------------------------------------------------

    def _read(self, poll: Due, plan: _Plan) -> _Read:
        """Ask for a page. No transaction is open, and nothing is raised."""
        started, clock = _now(), time.monotonic()
        walk = poll.walk or Walk(since=watermark.start(poll.mark, plan.overlap))
        if walk.link and not address.is_at(plan.server.base, walk.link):
            # Another base address was approved meanwhile: its pages are other ones.
            walk = Walk(since=watermark.start(poll.mark, plan.overlap))
        read = _Read(started, 0.0)
        try:
            plan.server.access.make_ready()
            url = self._address(poll, plan, walk)
            trace = {"traceparent": str(correlation.new_traceparent())}
            answer = plan.server.ask("GET", url, trace, limit=paging.MAX_BYTES, as_it_is=True)
            read = self._understood(replace(read, status=answer.status), plan, walk, url, answer)
        except errors.IntegrationError as exc:
            read = replace(read, error=exc, anew=isinstance(exc, address.LinkRefused))
        except Exception as exc:  # whatever it is, the search is to be tried again
            # The type alone: the text of an unknown exception may quote what was read.
            _logger.error("Polling failed unexpectedly with %s", type(exc).__name__)
            read = replace(read, error=errors.classify(exc))
        return replace(read, duration=time.monotonic() - clock)

    def _address(self, poll: Due, plan: _Plan, walk: Walk) -> str:
        if walk.link:
            return walk.link
        name, pairs = address.parse_search(poll.query)
        return address.search(plan.server.base, name, paging.query(pairs, walk, plan.count))

    def _understood(
        self, read: _Read, plan: _Plan, walk: Walk, url: str, answer: HttpResponse
    ) -> _Read:
        if answer.status != 200:
            return self._not_given(read, plan, walk, answer)
        if answer.truncated:
            raise paging.unusable("it is larger than 64 MiB, or broke off")
        page = paging.read(answer.body)
        server = watermark.server_time(answer.headers) or _now()
        try:
            step = paging.step(walk, page, plan.server.base, url, server, plan.most)
        except errors.IntegrationError as exc:
            # The page itself is as good as any; only the way on is lost.
            return replace(read, page=page, error=exc, anew=True)
        return replace(read, page=page, step=step)

    def _not_given(self, read: _Read, plan: _Plan, walk: Walk, answer: HttpResponse) -> _Read:
        asked = Exchange("GET", "", "search", {})
        error = responses.refusal(
            asked, answer, datetime.now(UTC), private=plan.server.private
        ) or errors.TransientError("The server gave no page.", code=f"http_{answer.status}")
        if walk.link and answer.status in _LOST:
            lost = errors.TransientError(
                "The server does not know its own link any more. The search begins anew from the "
                "watermark.",
                code="fhir_link_lost",
            )
            lost.of_message = True
            return replace(read, error=lost, anew=True)
        return replace(read, error=error)

    # -- the record ------------------------------------------------------------------------

    def _record(
        self, cr: BaseCursor, poll: Due, plan: _Plan, read: _Read, permit: breakers.Permit
    ) -> int:
        """Store a page with where the reading stands, or why it does not go on."""
        env = api.Environment(cr, SUPERUSER_ID, {})
        source = env["integration.interface"].browse(plan.source_id)
        stored = self._store(cr, plan, read.page) if read.page else 0
        error, remark = read.error, self._remark(plan, read.page)
        if error is not None:
            self._failed(cr, poll, plan, read, error, source)
        elif read.step and read.step.walk:
            fhir_polls.went_on(cr, poll, read.step, stored, remark, plan.ring)
        elif read.step and read.page:
            fhir_polls.ended(cr, poll, read.step.mark, stored, plan.interval, remark)
        if error is None:
            self._obstacles.passed(cr, plan.source_id)
        self._judge(cr, source, read, permit)
        return stored

    def _judge(
        self, cr: BaseCursor, source: BaseModel, read: _Read, permit: breakers.Permit
    ) -> None:
        """What a request says of the partner; one that did not leave gives its permits back."""
        call = _call(read)
        outage = read.error is not None and health.is_outage(read.error)
        if read.status is None and not outage:
            rates.give_back(cr, source.id, source.policy_id, 1)
            breakers.unused(cr, source.id, source.policy_id, permit, 0)
            return
        breakers.record(cr, source, int(not outage), int(outage), permit.generation)
        health.record(source, [call])

    def _failed(
        self,
        cr: BaseCursor,
        poll: Due,
        plan: _Plan,
        read: _Read,
        error: errors.IntegrationError,
        source: BaseModel,
    ) -> None:
        longest = max(LONGEST_PAUSE, plan.interval)
        asked_for = getattr(error, "retry_after", None)
        delay = plan.retry.next_delay(poll.failures + 1, asked_for)
        delay = longest if delay is None else min(delay, max(longest, asked_for or 0))
        fhir_polls.failed(cr, poll, error.code, ledger.error_text(error), delay, anew=read.anew)
        if error.holds:
            self._obstacles.met(cr, plan.source_id, error)

    def _remark(self, plan: _Plan, page: Page | None) -> str:
        """What people should know of a search that works: remarks, and what is left out."""
        if page is None:
            return ""
        told = outcome.told(page.remarks, "" if plan.server.private else None)
        rules = plan.spec["fhir_rules"]
        others = {
            str(one.value.get("resourceType"))
            for one in page.entries
            if one.error is None and not rules.takes(str(one.value.get("resourceType")))
        }
        if others:
            told = f"Not taken by the routing, and not stored: {', '.join(sorted(others))}. {told}"
        return told.strip()

    def _store(self, cr: BaseCursor, plan: _Plan, page: Page) -> int:
        """Store what a page has; how many of them are new."""
        incoming = _incoming(plan, page)
        if not incoming:
            return 0
        receipts = intake_batch.store(cr, plan.spec, incoming, plan.ring)
        for number in {one.lane for one in receipts if one.lane is not None}:
            wakeup.wake_interface_after_commit(cr, plan.spec["id"], number)
        return sum(one.outcome is not intake.Outcome.DUPLICATE for one in receipts)


def _incoming(plan: _Plan, page: Page) -> list[intake.Incoming]:
    """The messages of a page, as if its resources had been told one by one."""
    entries = page.entries
    cases = correlation.new_ids(len(entries))
    steps = correlation.next_steps(None, len(entries))
    found = []
    for one, case, step in zip(entries, cases, steps, strict=True):
        if one.error is not None:
            found.append(_evidence(one, case, step))
            continue
        with suppress(arriving.Refused):  # of another type; the row of the search tells of it
            known = arriving.arrived(one.value, plan.spec["fhir_rules"])
            found.append(fhir_arrival.incoming(plan.spec, known, plan.ring, case, step))
    return found


def _evidence(entry: paging.Entry, case: str, step: str) -> intake.Incoming:
    """A resource that nobody can handle: stored for whoever asks the partner to mend it."""
    return intake.Incoming(
        external_key=entry.key,
        message_type=None,
        body=resource.body(entry.value),
        content_type=resource.CONTENT_TYPE,
        correlation_id=case,
        trace_parent=step,
        error=entry.error,
    )


def _call(read: _Read) -> ledger.Result:
    """A page as an attempt, for those who judge how well the partner is."""
    state = State.DONE if read.error is None else State.RETRY
    return ledger.Result(
        0, state, 1, read.started, read.duration, error=read.error, http_status=read.status
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def wake_overdue(cr: BaseCursor, grace: float) -> None:
    """Give a drain to every poll that is late: its job was lost, or it was never given one."""
    late = fhir_polls.overdue_lanes(cr, grace)
    if late:
        # No drain is on them, so whoever raised the flag is gone.
        cr.execute("UPDATE integration_lane SET wanted = false WHERE id = ANY(%s)", [late])
        wakeup.wake_lanes(cr, late, cause="watchdog")
