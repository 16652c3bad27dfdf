"""Asking a partner's server for a subscription, and looking at one. A person waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from odoo.addons.integration_core.tools import canonical_json, errors

from ..tools.fhir import address, resource, responses, subscribing
from ..tools.fhir.conditional import Exchange
from ..tools.fhir.subscribing import Said
from .fhir_server import Server


def create(server: Server, wanted: Mapping[str, Any]) -> Said:
    """Have a subscription created.

    :raises errors.IntegrationError: the server refuses it, or cannot be reached
    """
    return _exchange(server, "POST", ("Subscription",), wanted)


def replace(server: Server, name: str, wanted: Mapping[str, Any]) -> Said:
    """Have a subscription changed: requested anew, or ended.

    :param name: such as ``Subscription/17``
    :raises errors.IntegrationError: as :func:`create`
    """
    return _exchange(server, "PUT", tuple(name.split("/")), wanted)


def look(server: Server, name: str) -> Said:
    """What the server says of a subscription now.

    :raises errors.IntegrationError: as :func:`create`
    """
    return _exchange(server, "GET", tuple(name.split("/")), None)


def _exchange(
    server: Server, method: str, parts: tuple[str, ...], body: Mapping[str, Any] | None
) -> Said:
    server.access.make_ready()
    url = address.below(server.base, *parts)
    raw = resource.body(body) if body is not None else b""
    answer = server.ask(method, url, body=raw)
    exchange = Exchange(method, "/".join(parts), "Subscription", body or {})
    error = responses.refusal(exchange, answer, datetime.now(UTC), private=True)
    if error is not None:
        raise error
    try:
        found = canonical_json.loads(answer.body) if answer.body else None
    except ValueError:
        found = None
    fallback = "/".join(parts) if method != "POST" else ""
    told = subscribing.said(found, answer.headers.get("location") or fallback)
    if told is None:
        raise errors.UnknownOutcomeError(
            "The server took the subscription and does not say which one it is. Look for it there; "
            "it appears here as soon as it tells something.",
            code="subscription_unnamed",
        )
    return told
