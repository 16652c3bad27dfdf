"""The HTTP door: who may knock, with what, how often, and what they get.

Every inbound HTTP transport passes here: find the interface, limit the rate, read the body under a
cap, let the transport authenticate, store, answer. Nothing is parsed or handled before the
transaction that stores the bytes is committed, and Odoo sends the answer after that commit.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from odoo import SUPERUSER_ID, fields, http
from odoo.http import request
from odoo.tools import config

from ..engine import arming, intake, keys, outside, wakeup
from ..engine.sealed_secrets import SealedSecret, note_use_after_commit
from ..tools import correlation, keyring, rate
from ..tools.journal import Kind
from .problem import Problem, response

MAX_BODY = 1024 * 1024
# One byte more than allowed is read: a chunked body over the cap is cut silently, and only its
# length then tells that there was more.
READ_LIMIT = MAX_BODY + 1
STOPPED_RETRY_AFTER = 120
INACTIVE_RETRY_AFTER = 3600
HELD_RETRY_AFTER = 300

_logger = logging.getLogger(__name__)
_limiter = rate.KeyedLimiter()


@dataclass(frozen=True)
class Delivery:
    """What a transport read from an authentic request.

    :param external_key: the sender's id of the message, the same on every retry
    :param message_type: type as far as the transport knows it
    :param secret_index: which of the secrets proved it
    """

    external_key: str
    message_type: str | None = None
    secret_index: int | None = None


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
        secrets = _open_secrets(spec)
        delivery = _authenticated(authenticate, body, secrets)
        _check_open(spec)
        answer = _accept(spec, delivery, body)
        _note_use(delivery, secrets)
        return answer
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


@dataclass(frozen=True)
class _Secrets:
    """The valid secrets of an interface; ``unread`` is why some of them cannot be opened."""

    opened: tuple[tuple[SealedSecret, str], ...]
    unread: keyring.KeyRingError | None


def _open_secrets(spec: Mapping[str, Any]) -> _Secrets:
    now = fields.Datetime.now()  # not the database's: that is a round trip
    opened, unread = [], None
    for sealed in spec["secrets"]:
        if sealed.valid_at(now):
            try:
                opened.append((sealed, sealed.open()))
            except keyring.KeyRingError as exc:
                unread = exc
    return _Secrets(tuple(opened), unread)


def _authenticated(authenticate: Authenticate, body: bytes, secrets: _Secrets) -> Delivery:
    try:
        clear = [secret for _sealed, secret in secrets.opened]
        return authenticate(request.httprequest.headers, body, clear)
    except Problem as problem:
        if problem.status == 401 and secrets.unread:
            # It may be signed with the secret that we cannot read. Our own fault: the partner
            # keeps the message and tries again.
            _logger.warning("A secret of the HTTP door cannot be read: %s", secrets.unread)
            raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from secrets.unread
        raise


def _note_use(delivery: Delivery, secrets: _Secrets) -> None:
    if delivery.secret_index is not None:
        sealed, _secret = secrets.opened[delivery.secret_index]
        note_use_after_commit(request.env.cr, sealed.span.number)


def _check_open(spec: Mapping[str, Any]) -> None:
    if spec["retired"]:
        raise Problem(410, "This interface has been retired.")
    if spec["held"] or arming.was_held(request.env.cr):
        # A copy or a restored database: the partner keeps what only the original may take.
        raise Problem(503, "Receiving is held.", retry_after=HELD_RETRY_AFTER)
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
            keys.optional_ring(request.env.cr),
        )
    except keyring.KeyRingError as exc:
        raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from exc
    if receipt.lane is not None:
        _note_after_commit(spec["id"], receipt.uuid, delivery)
        wakeup.wake_interface_after_commit(request.env.cr, spec["id"], receipt.lane)
    return http.Response(
        json.dumps({"status": "accepted", "receipt": receipt.uuid}),
        status=202,
        headers=_accepted_headers(spec),
    )


def _note_after_commit(interface_id: int, uuid: str, delivery: Delivery) -> None:
    """Remember outside the database what is acknowledged: a restore would forget it."""
    row = (uuid, delivery.external_key, delivery.message_type or "", "")
    dbname = request.env.cr.dbname
    request.env.cr.postcommit.add(lambda: outside.note(dbname, Kind.ACCEPTED, interface_id, [row]))


def _accepted_headers(spec: Mapping[str, Any]) -> list[tuple[str, str]]:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if spec["deprecation"]:
        headers.append(("Deprecation", spec["deprecation"]))  # RFC 9745
    if spec["sunset"]:
        headers.append(("Sunset", spec["sunset"]))  # RFC 8594
    return headers
