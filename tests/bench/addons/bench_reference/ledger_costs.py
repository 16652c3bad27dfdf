"""What the engine's own statements on the ledger cost, on connections of the engine's own."""

import time
from datetime import UTC, datetime

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from odoo.addons.integration_core.engine import (
    claims,
    dispatcher,
    intake,
    lanes,
    ledger,
    payloads,
    sync,
)
from odoo.addons.integration_core.engine.cursors import own_cursor
from odoo.addons.integration_core.tools import correlation
from odoo.addons.integration_core.tools.states import State

# Messages a claim, as the drains have them: engine.inbound.BATCH, ten for each of four connections.
BATCH = {"inbound": 50, "outbound": 40}


def insert_received(registry: Registry, interface_id: int, bodies: dict[str, str]) -> float:
    """Store messages as the door does, a transaction each; return the seconds."""
    spec, ring = _door(registry, interface_id)
    incoming = [_incoming(key, body) for key, body in bodies.items()]
    start = time.perf_counter()
    for one in incoming:
        with registry.cursor() as cr:
            intake.store(cr, spec, one, ring)
    return time.perf_counter() - start


def _door(registry, interface_id):
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        interface = env["integration.interface"].browse(interface_id)
        return interface._inbound_spec(), env["integration.credential"]._key_ring()


def _incoming(key, body):
    return intake.Incoming(
        external_key=key,
        message_type=None,
        body=body.encode(),
        content_type="application/json",
        correlation_id=correlation.new_id(),
        trace_parent=str(correlation.new_traceparent()),
    )


def dispatch(registry: Registry) -> float:
    """Turn all events of the outbox into messages; return the seconds."""
    with own_cursor(registry) as cr:
        cr.execute("SELECT id FROM integration_lane WHERE kind = 'dispatch'")
        lane_id = cr.fetchone()[0]
        token = lanes.acquire(cr, lane_id)
    drain = dispatcher.DispatchDrain(registry, lane_id)
    drain.token = token
    start = time.perf_counter()
    while drain.work():
        pass
    seconds = time.perf_counter() - start
    with own_cursor(registry) as cr:
        lanes.release(cr, lane_id, token, more=False)
        cr.execute("UPDATE integration_lane SET wanted = false")
        cr.execute("DELETE FROM queue_job")
    return seconds


def write_events(registry: Registry, type_id: int, bodies: dict[int, str]) -> None:
    """Put events of documents into the outbox; bodies by number of the document."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        code = env["integration.event.type"].browse(type_id).code
        for number, body in bodies.items():
            cr.execute(
                """
                INSERT INTO integration_event (
                    uuid, tx, type_id, type_code, res_model, res_id, subject, occurred_at,
                    company_id, data, correlation_id, trace_parent, depth, user_id)
                VALUES (%s, %s, %s, %s, 'purchase.order', %s, %s, now() AT TIME ZONE 'UTC',
                        %s, %s, %s, %s, 0, %s)
                """,
                [
                    ledger.new_uuid(),
                    f"{number}@bench",
                    type_id,
                    code,
                    number,
                    f"P{number}",
                    env.company.id,
                    body,
                    correlation.new_id(),
                    str(correlation.new_traceparent()),
                    SUPERUSER_ID,
                ],
            )


def claim_and_record(registry: Registry, interface_id: int, direction: str) -> dict[str, float]:
    """Claim all that is due, batch after batch, and record each message as done.

    :return: ``messages``, and the seconds of ``claim`` and ``record``
    """
    with own_cursor(registry) as cr:
        cr.execute("SELECT id FROM integration_lane WHERE interface_id = %s", [interface_id])
        lane_id = cr.fetchone()[0]
        lane_token = lanes.acquire(cr, lane_id)
    spent = {"claim": 0.0, "record": 0.0}
    messages = 0
    while True:
        start = time.perf_counter()
        token, claimed = _claim(registry, lane_id, lane_token, BATCH[direction])
        spent["claim"] += time.perf_counter() - start
        if not claimed:
            break
        messages += len(claimed)
        results = [_result(message, direction) for message in claimed]
        start = time.perf_counter()
        _record(registry, results, token)
        spent["record"] += time.perf_counter() - start
    with own_cursor(registry) as cr:
        lanes.release(cr, lane_id, lane_token, more=False)
    return {"messages": messages, **spent}


def _claim(registry, lane_id, lane_token, limit):
    with own_cursor(registry) as cr:
        rules = claims.terms(cr, lane_id)
        if not lanes.hold(cr, lane_id, lane_token):
            raise RuntimeError("another drain runs on the lane")
        claims.sweep(cr, rules)
        return claims.claim(cr, rules, limit)


def _result(message, direction):
    result = ledger.Result(
        message.id,
        State.DONE,
        message.attempts,
        datetime.now(UTC).replace(tzinfo=None),
        0.04,
        http_status=202 if direction == "outbound" else None,
    )
    if direction == "outbound":
        body = b'{"sent": "%s"}' % (message.uuid.encode() * 30)
        for kind, content in (("sent", body), ("response", b'{"accepted": true}')):
            result.payloads.append(
                payloads.seal(content, message.uuid, kind, None, False, "application/json")
            )
    return result


def _record(registry, results, token):
    with own_cursor(registry) as cr:
        written = ledger.record(cr, results, token)
        sync.of_results(cr, [(message_id, "done", None) for message_id in written])
    if len(written) != len(results):
        raise RuntimeError("not every result was recorded")
