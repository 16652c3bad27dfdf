"""What a request must pass before anybody looks at its content."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from odoo import fields
from odoo.http import request
from odoo.tools import config

from ..engine import arming, backlog
from ..tools import rate, source_address
from ..tools.codecs import MAX_BODY
from . import arrival
from .problem import Problem

# One byte more than allowed is read: a chunked body over the cap is cut silently, and only its
# length then tells that there was more.
READ_LIMIT = MAX_BODY + 1
STOPPED_RETRY_AFTER = 120
INACTIVE_RETRY_AFTER = 3600
HELD_RETRY_AFTER = 300
#: Seconds after which it makes sense to come back when the queue is too old.
BACKLOG_RETRY_AFTER = (10, 300)
#: Questions about receipts, a second and at once, for each interface.
RECEIPT_RATE, RECEIPT_BURST = 20.0, 40.0

_logger = logging.getLogger(__name__)
_limiter = rate.KeyedLimiter()


def admitted(token: str, transport: str) -> dict[str, Any]:
    """The specification of the interface behind an address.

    Whoever may not know of it gets what an address that does not exist gets.

    :raises Problem: 404
    """
    specs = request.env["integration.interface"]._inbound_specs()
    spec = specs.get(sha256(token.encode()).hexdigest())
    if not spec or spec["transport"] != transport or _over(spec):
        raise Problem(404)
    if spec["networks"]:
        address = arrival.source()
        if not source_address.in_networks(address, spec["networks"]):
            _logger.info("Interface %s: a request from %s is not admitted", spec["id"], address)
            raise Problem(404)
    return spec


def _over(spec: Mapping[str, Any]) -> bool:
    """Whether it was asked for at an address whose time is over."""
    until = spec.get("former_until")
    return until is not None and fields.Datetime.now() >= until


def limit_rate(spec: Mapping[str, Any]) -> None:
    """Each worker has its share of the limit: a bucket in the database would cost 40 %."""
    if spec["rate"]:
        _limit(str(spec["id"]), spec["rate"], spec["burst"])


def charge_items(spec: Mapping[str, Any], count: int) -> None:
    """Let a request with many messages count as many: whoever comes next may have to wait."""
    if spec["rate"] and count > 1:
        _limiter.charge(f"{request.db}/{spec['id']}", count - 1, time.monotonic())


def limit_receipts(spec: Mapping[str, Any]) -> None:
    """Who asks again and again is no load on what delivers."""
    _limit(f"{spec['id']}/receipts", RECEIPT_RATE, RECEIPT_BURST)


def _limit(key: str, per_second: float, burst: float) -> None:
    workers = max(1, config["workers"] or 1)
    delay = _limiter.take(
        f"{request.db}/{key}", per_second / workers, max(1, burst / workers), time.monotonic()
    )
    if delay:
        raise Problem(429, "Too many requests for this interface.", retry_after=delay)


def read_body(spec: Mapping[str, Any]) -> bytes:
    """The raw bytes; no more than the interface accepts are ever in memory."""
    limit = spec["body_limit"]
    http = request.httprequest
    if (http.content_length or 0) <= limit:
        http.max_content_length = limit + 1
        body = http.get_data()
        if len(body) <= limit:
            return body
    raise Problem(413, f"The body is larger than {limit} bytes.")


def check_content_type(spec: Mapping[str, Any]) -> None:
    """Refuse what the interface could not make anything of."""
    if not spec["codec"].accepts(request.httprequest.mimetype):
        raise Problem(415, "Send one of: " + ", ".join(spec["codec"].content_types))


def check_open(spec: Mapping[str, Any]) -> None:
    """Refuse what this interface does not take now; its sender is known."""
    if spec["retired"]:
        raise Problem(410, "This interface has been retired.")
    if spec["held"] or arming.was_held(request.env.cr):
        # A copy or a restored database: the partner keeps what only the original may take.
        raise Problem(503, "Receiving is held.", retry_after=HELD_RETRY_AFTER)
    if not spec["open"]:
        raise Problem(503, "This interface is not active.", retry_after=INACTIVE_RETRY_AFTER)
    if spec["stopped"]:
        raise Problem(503, "Receiving is stopped for maintenance.", retry_after=STOPPED_RETRY_AFTER)


def check_backlog(spec: Mapping[str, Any]) -> None:
    """Leave messages with their sender while what we have is not worked off."""
    limit = spec["backlog_limit"]
    if not limit:
        return
    excess = backlog.age(request.env.cr, spec["id"]) - limit
    if excess > 0:
        least, most = BACKLOG_RETRY_AFTER
        raise Problem(
            503,
            "Earlier messages are still waiting to be handled.",
            retry_after=min(max(excess, least), most),
        )
