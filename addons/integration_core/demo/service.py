"""Letting traffic happen while the demo data are loaded, by the engine's own ways.

The engine works on connections of its own, which see nothing of an installation that is under
way. So its steps are taken here one after the other, in the transaction of the installation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from odoo import api, fields
from odoo.models import BaseModel

from ..engine import claims, conversion, dispatcher, fetches, inbound, intake, ledger, settings
from ..tools import correlation
from ..tools.states import State


@contextmanager
def in_service(env: api.Environment) -> Iterator[None]:
    """Let what happens be looked at as in a database in service.

    While modules load, changes are no events and nobody's writes are checked against owners: the
    suite asks the registry whether it is ready. Nobody else sees the answer: whoever loads a
    registry holds its lock.
    """
    registry = env.registry
    was = registry.ready
    registry.ready = True
    try:
        yield
        env.flush_all()
        env.cr.flush()  # what happened is written to the outbox before it ends
    finally:
        registry.ready = was
        # What was remembered of a part of the modules only.
        registry.clear_cache()


def receive(env: api.Environment, interface: BaseModel, key: str, body: dict[str, Any]) -> None:
    """Store a message as the door does that verified it."""
    incoming = intake.Incoming(
        key,
        None,
        json.dumps(body, indent=2).encode(),
        "application/json",
        correlation.new_id(),
        str(correlation.new_traceparent()),
    )
    intake.store(env.cr, interface._inbound_spec(), incoming, settings.optional_key_ring())


def work_off(env: api.Environment, interface: BaseModel) -> None:
    """Handle what has arrived, as a drain does."""
    rules = _terms(env, interface)
    token, claimed = claims.claim(env.cr, rules, inbound.BATCH)
    # What claiming sets for its transaction, which is a short one else.
    env.cr.execute("SET LOCAL enable_sort TO DEFAULT; SET LOCAL jit TO DEFAULT")
    plan = conversion.PlanCache().inbound(env, interface.id)
    while claimed:
        batch = inbound.handle(env, plan, claimed, token, frozenset())
        claimed = claimed[batch.taken :]
    env.invalidate_all()


def answer(env: api.Environment, interface: BaseModel, content: dict[str, Any]) -> None:
    """Let what an interface asks for be answered with ``content``, as a drain does."""
    rules = _terms(env, interface)
    token, claimed = claims.claim(env.cr, rules, 1)
    env.cr.execute("SET LOCAL enable_sort TO DEFAULT; SET LOCAL jit TO DEFAULT")
    plan = conversion.PlanCache().outbound(env, interface.id)
    fetched = ledger.Fetched(json.dumps(content, indent=2).encode(), "application/json")
    now = fields.Datetime.now()
    results = [
        ledger.Result(one.id, State.DONE, one.attempts, now, 0.18, http_status=200, fetched=fetched)
        for one in claimed
    ]
    ledger.record(env.cr, fetches.keep(env, plan, results, token), token)
    env.invalidate_all()


def dispatch(env: api.Environment, interface: BaseModel) -> None:
    """Make messages of the events that happened, and hold them if the interface is paused."""
    env.flush_all()
    dispatcher.fan_out(env.cr, conversion.PlanCache())
    claims.sweep(env.cr, _terms(env, interface))
    env.invalidate_all()


def _terms(env: api.Environment, interface: BaseModel) -> claims.Terms:
    """What the interface allows now."""
    lane = env["integration.lane"].search([("interface_id", "=", interface.id)], limit=1)
    env.flush_all()
    found = claims.terms(env.cr, lane.id)
    if found is None:
        raise ValueError(f"{interface.name} has no lane")
    return found
