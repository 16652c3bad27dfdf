"""The HTTP door: who may knock, with what, how often, and what they get.

Every inbound HTTP transport passes here: find the interface, limit the rate, read the body under a
cap, let the transport authenticate, store, answer. Nothing is parsed or handled before the
transaction that stores the bytes is committed, and Odoo sends the answer after that commit.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from odoo import SUPERUSER_ID, fields, http
from odoo.http import request
from odoo.tools import config

from ..engine import intake, settings, wakeup
from ..tools import correlation, keyring, rate
from .problem import Problem, response

MAX_BODY = 1024 * 1024
# One byte more than allowed is read: a chunked body over the cap is cut silently, and only its
# length then tells that there was more.
READ_LIMIT = MAX_BODY + 1
STOPPED_RETRY_AFTER = 120
INACTIVE_RETRY_AFTER = 3600

_limiter = rate.KeyedLimiter()


@dataclass(frozen=True)
class Delivery:
    """What a transport read from an authentic request.

    :param external_key: the sender's id of the message, the same on every retry
    :param message_type: type as far as the transport knows it
    """

    external_key: str
    message_type: str | None = None


# Verifies headers and body against the opened secrets; raises Problem(401) without a reason.
Authenticate = Callable[[Mapping[str, str], bytes, list[str]], Delivery]


def receive(
    token: str, transport: str, content_types: frozenset[str], authenticate: Authenticate
) -> http.Response:
    """Serve one inbound request of ``transport``; the result is the HTTP answer."""
    try:
        spec = _specification(token, transport)
        _limit_rate(spec)
        body = _read_body()
        _check_content_type(content_types)
        delivery = authenticate(request.httprequest.headers, body, _secrets(spec))
        _check_open(spec)
        return _accept(spec, delivery, body)
    except Problem as problem:
        return response(problem)


def _specification(token: str, transport: str) -> dict[str, Any]:
    env = request.env(user=SUPERUSER_ID)
    spec = env["integration.interface"]._inbound_specs().get(sha256(token.encode()).hexdigest())
    if not spec or spec["transport"] != transport:
        raise Problem(404)
    return spec


def _limit_rate(spec: Mapping[str, Any]) -> None:
    """Each worker has its share of the limit: a bucket in the database would cost 40 %."""
    if not spec["rate"]:
        return
    workers = max(1, config["workers"] or 1)
    delay = _limiter.take(
        f"{request.db}/{spec['id']}",
        spec["rate"] / workers,
        max(1, spec["burst"] / workers),
        time.monotonic(),
    )
    if delay:
        raise Problem(429, "Too many requests for this interface.", retry_after=delay)


def _read_body() -> bytes:
    # werkzeug raises 413 by itself when Content-Length is over the limit of the route
    body = request.httprequest.get_data()
    if len(body) > MAX_BODY:
        raise Problem(413, f"The body is larger than {MAX_BODY} bytes.")
    return body


def _check_content_type(allowed: frozenset[str]) -> None:
    if request.httprequest.mimetype not in allowed:
        raise Problem(415, "Send one of: " + ", ".join(sorted(allowed)))


def _secrets(spec: Mapping[str, Any]) -> list[str]:
    now = fields.Datetime.now()  # not the database's: that is a round trip
    try:
        return [sealed.open() for sealed in spec["secrets"] if sealed.valid_at(now)]
    except keyring.KeyRingError as exc:
        # Our own fault: the partner keeps the message and tries again.
        raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from exc


def _check_open(spec: Mapping[str, Any]) -> None:
    if spec["retired"]:
        raise Problem(410, "This interface has been retired.")
    if not spec["open"]:
        raise Problem(503, "This interface is not active.", retry_after=INACTIVE_RETRY_AFTER)
    if spec["stopped"]:
        raise Problem(503, "Receiving is stopped for maintenance.", retry_after=STOPPED_RETRY_AFTER)


def _accept(spec: Mapping[str, Any], delivery: Delivery, body: bytes) -> http.Response:
    headers = request.httprequest.headers
    correlation_id = correlation.accept_correlation_id(headers.get("x-correlation-id"))
    parent = correlation.parse_traceparent(headers.get("traceparent"))
    try:
        receipt = intake.store(
            request.env.cr,
            spec,
            intake.Incoming(
                external_key=delivery.external_key,
                message_type=delivery.message_type,
                body=body,
                content_type=request.httprequest.mimetype,
                correlation_id=correlation_id or correlation.new_id(),
                trace_parent=str(parent.child() if parent else correlation.new_traceparent()),
            ),
            settings.optional_key_ring(),
        )
    except keyring.KeyRingError as exc:
        raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from exc
    if receipt.lane is not None:
        wakeup.wake_interface_after_commit(request.env.cr, spec["id"], receipt.lane)
    return http.Response(
        json.dumps({"status": "accepted", "receipt": receipt.uuid}),
        status=202,
        headers=_accepted_headers(spec),
    )


def _accepted_headers(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if spec["deprecation"]:
        headers.append(("Deprecation", spec["deprecation"]))  # RFC 9745
    if spec["sunset"]:
        headers.append(("Sunset", spec["sunset"]))  # RFC 8594
    return headers
