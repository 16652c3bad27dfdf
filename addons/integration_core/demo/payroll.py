"""Outbound: one interface of payroll is paused, another calls a server that is down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from odoo import api
from odoo.models import BaseModel

from ..tools.breaker import Breaker
from .ledger import Ledger, Story, oldest_first

EMPLOYEE = "demo.employee.joined"
UNAVAILABLE = ("transient", "http_503", "The partner answers: service unavailable (HTTP 503).")
REFUSED = ("permanent", "http_422", "The partner refused the message: HTTP 422.")
LOST = ("unknown_outcome", "timeout", "The message left, but no answer came in time.")


def tell(env: api.Environment, ledger: Ledger) -> None:
    event_type = _ref(env, "event_type_employee_created")
    ana, ben, olga, aud = (_ref(env, f"demo_user_{name}") for name in ("ana", "ben", "olga", "aud"))
    down = _ref(env, "interface_payroll_badges")
    for interface, stories in (
        (_ref(env, "interface_payroll_employees"), _paused((ana, ben), (olga, aud))),
        (_ref(env, "interface_payroll_legacy"), [_legacy(ana)]),
        (down, sorted(_badges(ana, ben, olga, aud, ledger.now), key=oldest_first)),
    ):
        for story in stories:
            ledger.tell(interface, story, event_type)
    _force_open(down)


def _ref(env: api.Environment, name: str) -> BaseModel:
    return env.ref(f"integration_core.{name}")


def _story(name: str, state: str, minutes: float, person: BaseModel, **more: Any) -> Story:
    body = {"id": person.id, "name": person.name, "email": person.email}
    return Story(name, state, minutes, EMPLOYEE, body, person, **more)


def _paused(told: tuple[BaseModel, ...], waiting: tuple[BaseModel, ...]) -> Iterator[Story]:
    for number, person in enumerate(told, 1):
        yield _story(
            f"payroll-done-{number}",
            "done",
            4000 + number,
            person,
            status=200,
            response='{"accepted": true}',
            sync="synchronised",
        )
    for number, person in enumerate(waiting, 1):
        yield _story(
            f"payroll-held-{number}",
            "held",
            90 + number,
            person,
            attempts=0,
            values={"held_reason": "paused"},
            sync="pending",
        )


def _legacy(person: BaseModel) -> Story:
    held = {"held_reason": "inactive"}
    return _story("legacy-held", "held", 100000, person, attempts=0, values=held)


def _badges(
    ana: BaseModel, ben: BaseModel, olga: BaseModel, aud: BaseModel, now: datetime
) -> Iterator[Story]:
    down: dict[str, Any] = {"error": UNAVAILABLE, "status": 503}
    yield _story("badge-dead-1", "dead", 2000, ana, attempts=6, sync="failed", **down)
    yield _story(
        "badge-dead-2",
        "dead",
        1900,
        ben,
        error=REFUSED,
        status=422,
        response='{"error": "cost centre missing"}',
        sync="failed",
    )
    yield _story("badge-unknown", "quarantined", 300, olga, error=LOST, sync="failed")
    # The forced breaker keeps it from being sent, so it need not lie in a far future.
    soon = {"available_at": now + timedelta(hours=8)}
    yield _story("badge-retry", "retry", 20, aud, attempts=3, sync="pending", values=soon, **down)
    queued = {"available_at": now}
    yield _story("badge-queued", "queued", 5, aud, attempts=0, sync="pending", values=queued)
    yield _story("badge-waiting", "waiting", 15, ben, status=202)
    yield _story("badge-done", "done", 5000, ana, status=200)


def _force_open(interface: BaseModel) -> None:
    """By an operator, as the runbook says: nothing is sent until it is reset."""
    breaker = Breaker(interface.policy_id._breaker_config()).force_open()
    interface.env.cr.execute(
        "INSERT INTO integration_breaker (interface_id, state, data) VALUES (%s, %s, %s)",
        [interface.id, str(breaker.state), json.dumps(breaker.to_dict())],
    )
