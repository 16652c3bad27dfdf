"""Storing what is authentic, and telling the sender so."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from odoo import http
from odoo.http import request

from ..engine import (
    batches,
    intake,
    intake_batch,
    intake_many,
    keys,
    outside,
    payloads,
    receipts,
    wakeup,
)
from ..tools import correlation, keyring
from ..tools.journal import Kind
from .arrival import Arrival, Delivery, Item
from .door_checks import STOPPED_RETRY_AFTER
from .problem import Problem

_logger = logging.getLogger(__name__)

_BEARER = "bearer "


@contextmanager
def storing() -> Iterator[None]:
    """Tell the sender to come again where messages cannot be stored by a fault of ours.

    :raises Problem: 503
    """
    try:
        yield
    except keyring.KeyRingError as exc:
        raise Problem(503, retry_after=STOPPED_RETRY_AFTER) from exc
    except intake_many.OUTDATED as exc:
        request.env.cr.rollback()  # it takes no further statement
        _logger.error("Nothing can be stored before the addons are updated: %s", type(exc).__name__)
        raise Problem(
            503, "The receiver is being updated.", retry_after=STOPPED_RETRY_AFTER
        ) from None


def accept(spec: Mapping[str, Any], delivery: Delivery, arrival: Arrival) -> http.Response:
    """Store a delivery and answer with its receipt, or with one for each of its messages."""
    ring = keys.optional_ring(request.env.cr)
    with storing():
        incoming = _incoming(spec, delivery, arrival, ring)
        stored = (
            intake_batch.store(request.env.cr, spec, incoming, ring)
            if delivery.many
            else [intake.store(request.env.cr, spec, incoming[0], ring)]
        )
        if delivery.many:
            _keep_batch(spec, delivery, arrival, stored, ring)
    after_commit(spec, incoming, stored, ring)
    tickets = _tickets(ring, spec["id"], stored)
    if not delivery.many:
        return _accepted(spec, {"status": "accepted", **tickets[0]})
    named = [
        {"id": one.external_key, **ticket} for one, ticket in zip(incoming, tickets, strict=True)
    ]
    return _accepted(spec, {"status": "accepted", "receipts": named})


def _keep_batch(
    spec: Mapping[str, Any],
    delivery: Delivery,
    arrival: Arrival,
    stored: Sequence[intake.Receipt],
    ring: keyring.KeyRing | None,
) -> None:
    """Remember which messages came together; a request of one item is none, unless more of them
    were announced."""
    if len(stored) < 2 and (delivery.declared or 0) <= len(stored):
        return
    batches.keep(
        request.env.cr,
        spec,
        batches.REQUEST,
        payloads.digest(arrival.body, spec["data_class"], ring),
        {number: one.uuid for number, one in enumerate(stored, 1)},
        delivery.declared,
    )


def _incoming(
    spec: Mapping[str, Any], delivery: Delivery, arrival: Arrival, ring: keyring.KeyRing | None
) -> list[intake.Incoming]:
    headers = arrival.headers
    given = correlation.accept_correlation_id(headers.get("x-correlation-id"))
    parent = correlation.parse_traceparent(headers.get("traceparent"))
    items = delivery.items
    if items is None:
        items = [Item(arrival.body, delivery.external_key, delivery.message_type)]
    cases = [given] * len(items) if given else correlation.new_ids(len(items))
    steps = correlation.next_steps(parent, len(items))
    return [
        intake.Incoming(
            item.external_key or intake.content_key(spec, item.body, ring),
            item.message_type or delivery.message_type,
            item.body,
            item.content_type or arrival.content_type,
            case,
            step,
            value=item.value,
        )
        for item, case, step in zip(items, cases, steps, strict=True)
    ]


def _tickets(
    ring: keyring.KeyRing | None, interface_id: int, stored: Sequence[intake.Receipt]
) -> list[dict[str, str]]:
    """What the sender may keep of each message; without a key ring there is no token."""
    uuids = [one.uuid for one in stored]
    tokens = receipts.tokens(ring, interface_id, uuids)
    return [
        {"receipt": uuid, "receipt_token": token} if token else {"receipt": uuid}
        for uuid, token in zip(uuids, tokens, strict=True)
    ]


def after_commit(
    spec: Mapping[str, Any],
    incoming: Sequence[intake.Incoming],
    stored: Sequence[intake.Receipt],
    ring: keyring.KeyRing | None,
) -> None:
    """Wake the lanes, and remember outside the database what is acknowledged: a restore would
    forget it. The ids of clinical messages are remembered as pseudonyms, as they are stored."""
    new = [
        (receipt, one)
        for receipt, one in zip(stored, incoming, strict=True)
        if receipt.lane is not None
    ]
    if not new:
        return
    cr = request.env.cr
    dbname = cr.dbname
    rows = [
        (receipt.uuid, intake.stored_key(spec, one.external_key, ring), one.message_type or "", "")
        for receipt, one in new
    ]
    cr.postcommit.add(lambda: outside.note(dbname, Kind.ACCEPTED, spec["id"], rows))
    for lane in {receipt.lane for receipt, _one in new}:
        wakeup.wake_interface_after_commit(cr, spec["id"], lane)


def _accepted(spec: Mapping[str, Any], body: Mapping[str, Any]) -> http.Response:
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    if spec["deprecation"]:
        headers.append(("Deprecation", spec["deprecation"]))  # RFC 9745
    if spec["sunset"]:
        headers.append(("Sunset", spec["sunset"]))  # RFC 8594
    return http.Response(json.dumps(body), status=202, headers=headers)


def progress(spec: Mapping[str, Any], uuid: str) -> http.Response:
    """How far a message is, for whoever has the token of its receipt.

    The token comes as ``Authorization: Bearer``: logs and proxies keep that header to themselves,
    which they do not do with addresses.

    :raises Problem: 401 without looking whether there is such a message, 404 when it is gone
    """
    given = request.httprequest.headers.get("authorization", "")
    token = given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""
    ring = keys.optional_ring(request.env.cr)
    if not receipts.proven(ring, spec["id"], uuid, token):
        raise Problem(401, headers=(("WWW-Authenticate", "Bearer"),))
    found = receipts.progress(request.env.cr, spec["id"], uuid)
    if found is None:
        raise Problem(404, "This message is no longer kept.")
    body = {
        "receipt": uuid,
        "status": found.status,
        "received_at": found.received_at.replace(tzinfo=UTC).isoformat(timespec="seconds"),
    }
    if found.finished_at:
        body["finished_at"] = found.finished_at.replace(tzinfo=UTC).isoformat(timespec="seconds")
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return http.Response(json.dumps(body), headers=headers)
